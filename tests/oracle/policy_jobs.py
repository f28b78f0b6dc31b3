"""Two jobs over one real store, in any kind of run, with undos, approvals and backups in between: whom either policy removes.

Each job has a policy of its own; whoever a record of either job matched was seen, whatever became of the record. Nobody is deleted whose
record is refused, and nobody removed of whom either job holds a change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from runner.errors import RunnerError
from runner.job.load import load_job
from runner.job.model import Job
from runner.run.approve import approve_run
from runner.run.progress import NoProgress
from runner.run.saved import apply_saved, save_plan
from runner.run.undo import undo_run
from tests.oracle.policy import Borrower, Leavers
from tests.oracle.policy_real import District, Removed, decided_on, otherwise_removed, same, student_of
from tests.run.small_district import COLUMNS, JOB
from tests.stories.desk import put_back

Document = Mapping[str, Any]
_THEIRS = {"students": range(1, 11), "others": range(6, 16)}
_WIDE = (*COLUMNS, "Status", "Born", "Out")
_RULES = "  skip_when: {column: Out, equals: skip}\n  fields:"
_GRADES = "    grade_level: Grade\n    graduation_year: GradYear\n    username: User\n"
_MORE = "    status: {column: Status, when_blank: keep}\n    birth_date: Born\noptions: {allow_delete_with_transactions: true}\n"
_REFUSED = ("undo-refused", "approval-refused")


class SharedDistrict(District):
    """A small district with two jobs, and what a person would remember of it."""

    def __init__(self, seed: int, folder: Path) -> None:
        super().__init__(seed, folder)
        self.folder, self.policies = folder, {"students": self.settings, "others": self._others()}
        for name in _THEIRS:
            (self.real.folder / f"{name}.yaml").write_text(self._text(name), encoding="utf-8")
        district = self.real.folder / "district.yaml"
        with_staff = district.read_text(encoding="utf-8").replace("persona: student}]", "persona: student}, {name: Staff, persona: staff}]")
        district.write_text(with_staff, encoding="utf-8")
        self.people = {name: [student_of(self.random, number) for number in numbers] for name, numbers in _THEIRS.items()}
        self.runs: list[tuple[str, str]] = []
        self.held: list[tuple[str, str, datetime]] = []
        self.waiting: dict[str, tuple[str, datetime, set[str]]] = {}  # by job: its last run, when, and of whom that holds a change
        self.backup: tuple[Path, dict[str, datetime]] | None = None

    def tonight(self) -> Iterator[str]:
        """The differences of one night of either job, or of both one after the other."""
        for name in self.random.choice((("students",), ("students",), ("others",), ("students", "others"), ("others", "students"))):
            yield from self._night_of(name)
        self.now += timedelta(days=self.random.choice((0, 1, 1, 2, 7, 8, 29, 30, 31)), hours=self.random.choice((-5, 0, 0, 5)))

    def meanwhile(self) -> Iterator[str]:
        """The differences of one thing between two nights."""
        chance = self.random.random()
        if chance < 0.5 or not self.runs:
            self.staff()
        elif chance < 0.65:
            self._undo()
        elif chance < 0.8 and self.held:
            yield from self._approve()
        elif chance < 0.9 or self.backup is None:
            self.backup = (self.folder / "backup.db", dict(self.seen))
            self.backup[0].unlink(missing_ok=True)
            self.real.edit(f"VACUUM INTO '{self.backup[0]}'")
        else:
            self.restore(*self.backup)

    def may_delete(self, _at: datetime) -> bool:
        """Whether the circulation tables are good: this district has none."""
        return True

    def _others(self) -> Leavers:
        settings = Leavers(self.settings.zone, self.settings.year_starts_in)
        settings.everyone, settings.scope_personas = False, ("staff",)
        settings.not_updated_in_days = self.random.choice((0, 1, 7, 30))
        settings.inactive_days = self.random.choice((0, 1, 7, 30))
        return settings

    def _text(self, name: str) -> str:
        """A job's file."""
        policy = self.policies[name]
        text = JOB.replace("name: students", f"name: {name}").replace("students.csv}", f"{name}.csv, min_rows_percent: 1}}")
        text = text.replace("  fields:", _RULES)
        text = text + _MORE if name == "students" else text.replace(_GRADES, "    patron_type: {value: Staff}\n")
        text += "removal:\n  when_records_read_over: 0\n"
        text += "  scope: everyone\n" if policy.everyone else "  scope: {personas: [staff]}\n"
        login = ", disable_login: true" if policy.disable_login else ""
        text += f"  inactivate: {{not_updated_in_days: {policy.not_updated_in_days}{login}}}\n  delete:\n"
        text += "    graduated_seniors: true\n" if policy.graduated_seniors else ""
        text += f"    inactive: {{days: {policy.inactive_days}, only_if: no_checkouts_no_fines}}\n"
        text += f"    with_transactions: {{{policy.debtors[0]}: {policy.debtors[1]}}}\n" if policy.debtors else ""
        number, updates = self.random.choice((1000, 1000, 0)), self.random.choice((1000, 1000, 2))
        return text + f"guards: {{update: {{number: {updates}}}, delete: {{number: {number}}}, inactivate: {{number: {number}}}}}\n"

    def _night_of(self, name: str) -> Iterator[str]:
        rows = [self._tonights(row) for row in self.people[name] if self.random.random() < 0.6] or [dict(self.people[name][0])]
        self.real.export(rows, _WIDE, name=name)
        kind, before, at = self.random.choice(("full", "full", "full", "incremental")), self._borrowers(), self.now
        shown, done = self._done(name, kind)
        self.now += timedelta(seconds=61)
        yield from same(shown, done)
        self._remember(name, rows, before, done, at)
        judged = kind == "full" and done["counts"]["records_read"] > 0 and not _guarded(done)
        mine = self._decided(name, before, done, at) if judged else {}
        yield from otherwise_removed(mine, done, f"{self.now} {name} {kind}", self.policies[name])

    def _tonights(self, row: dict[str, str]) -> dict[str, str]:
        """A row as tonight's file has it: now and then left out by a rule, or at a school that is none."""
        odd: dict[str, str] = self.random.choice(({}, {}, {}, {}, {"Out": "skip"}, {"School": "nowhere"}, {"HR": "777"}))
        return row | odd

    def _done(self, name: str, kind: str) -> tuple[Document, Document]:
        """What plan shows and what was done, by a run or by applying the plan."""
        planned = self.real.plan(kind, now=self.now, name=name)
        if self.random.random() < 0.7:
            return planned.document(None), self.real.run(kind, now=self.now, name=name).document(None)
        path = self.folder / "night.plan"
        path.unlink(missing_ok=True)
        save_plan(planned, path)
        return planned.document(None), apply_saved(path, self.real.places, now=self.now, progress=NoProgress()).document(None)

    def _remember(self, name: str, rows: list[dict[str, str]], before: list[Borrower], done: Document, at: datetime) -> None:
        self.runs.append((name, done["run"]))
        self.held += [(name, done["run"], at)] if done["status"] == "held" else []
        self.waiting[name] = (done["run"], at, _with_held_changes(done))
        known = {str(one.values["district_id"]) for one in before} | {each["patron"] for each in done["changes"] if each["action"] == "add"}
        here = {row["ID"] for row in rows if row.get("Out") != "skip"} & known
        self.seen |= {who: max(at, self.seen.get(who, at)) for who in here}  # a clock may have gone back

    def _decided(self, name: str, before: list[Borrower], done: Document, at: datetime) -> Removed:
        free = [each for each in done["changes"] if not each["held"]]
        decided = decided_on(before, free, self.policies[name], self.seen, at, deletions=self.may_delete(at))
        refused = {each["patron"] for each in done["messages"] if each["severity"] == "refused"}
        held = _with_held_changes(done) | self._held_elsewhere(name)
        return {who: each for who, each in decided.items() if who not in held and not (each[0] == "delete" and who in refused)}

    def _held_elsewhere(self, name: str) -> set[str]:
        """Of whom the other job holds a change, until that is decided, expires after a week, or its next run takes its place."""
        runs, found = self.real.places.var / "small" / "runs", set[str]()
        for job, (run, since, who) in self.waiting.items():
            if job != name and self.now - since <= timedelta(days=7) and (runs / run / "held.plan").exists():
                found |= who
        return found

    def _loaded(self, name: str) -> Job:
        return load_job(self.real.places.jobs, f"small/{name}")

    def _undo(self) -> None:
        name, run = self.random.choice(self.runs[-3:])
        self.now += timedelta(seconds=61)
        try:
            undo_run(self._loaded(name), self.real.places, run, patron=None, now=self.now, progress=NoProgress())
        except RunnerError as refused:
            if refused.code not in _REFUSED:
                raise

    def _approve(self) -> Iterator[str]:
        name, run, held_at = self.held.pop()
        self.now += timedelta(seconds=61)
        try:
            outcome = approve_run(self._loaded(name), self.real.places, run, by="us", now=self.now, progress=NoProgress())
        except RunnerError as refused:
            if refused.code not in _REFUSED:
                raise
            return
        for each in outcome.document(None)["changes"]:
            seen = self.seen.get(each["patron"])
            if each["action"] == "inactivate" and seen is not None and seen > held_at:
                yield f"{self.now}: {each['patron']} is inactivated by an approval of {run}, and was seen {seen}"

    def restore(self, copy: Path, seen: dict[str, datetime]) -> None:
        """Puts a backup back, and forgets what came after it."""
        put_back(self.real.store_file, copy, over=True)
        self.seen, self.runs, self.held, self.waiting = dict(seen), [], [], {}


def differences(seed: int, folder: Path, nights: int = 6, *, kind: type[SharedDistrict] = SharedDistrict) -> list[str]:
    """The differences of the first night, or of what follows it, that has any, in such a `kind` of district."""
    district = kind(seed, folder)
    for _ in range(nights):
        if found := list(district.tonight()):
            return found
        for _ in range(district.random.choice((1, 2, 3))):
            if found := list(district.meanwhile()):
                return found
    return []


def _guarded(done: Document) -> bool:
    """Whether a guard held changes of the file, which closes the removal gate."""
    return any(each["guard"].startswith("update ") for each in done["held"])


def _with_held_changes(done: Document) -> set[str]:
    return {each["patron"] for each in done["changes"] if each["held"] and each["cause"] == "file"}
