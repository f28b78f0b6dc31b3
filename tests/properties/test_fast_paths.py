"""Fast paths cost no correctness: the same nights told twice, with every fast path forced on and with every one forced off.

RUNNER_FAST_SEEDS says how many districts are told.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings

from runner.errors import RunnerError, StoreError
from runner.plan.narrow import concerned, narrow
from runner.report.spreadsheet import changes_csv
from runner.store.reader import StoreReader
from runner.store.store import open_store
from tests.plan.looking import switch
from tests.properties.test_plan_properties import World, essence, worlds
from tests.run.small_district import DISTRICT, JOB, NIGHT, SmallDistrict, student

SEEDS = int(os.environ.get("RUNNER_FAST_SEEDS", "4"))
NIGHTS = 6
COLUMNS = ("ID", "School", "Card", "Last", "First", "HR", "Grade", "GradYear", "User", "Nick", "Status", "Pin", "Mark")
# What the two tellings cannot have in common: names of runs and what hangs on them, the machine's own clock.
_OWN = {"run", "id", "run_id", "edited_at", "status_at", "salt", "password_hash", "password_mac", "record_mac", "locked_at", "done_at"}
_TABLES = (
    "patron",
    "association",
    "absence",
    "sent_value",
    "removed_mark",
    "undone",
    "patron_before",
    "change",
    "change_value",
    "field_lock",
)
_RUN = re.compile(r"\d{8}T\d{6}Z-small-students-\w+")
_POLICY = """
removal:
  when_records_read_over: 3
  scope: everyone
  inactivate: {not_updated_in_days: 2, clear_homeroom: true, disable_login: true}
  delete: {graduated_seniors: true, inactive: {days: 5, only_if: no_checkouts_no_fines}}
"""


def _job(chance: random.Random) -> str:
    job = JOB.replace("    username: User\n", _fields(chance))
    if chance.random() < 0.25:
        job = job.replace("match_by: district_id", "match_by: site_and_barcode")
    rules = ["  skip_when: {any: [{column: Mark, in: [skip]}]}", "  associate_when: {any: [{column: Mark, in: [also]}]}"]
    if chance.random() < 0.5:
        rules.append("  delete_when: {any: [{column: Mark, in: [gone]}]}")
    if chance.random() < 0.3:
        rules.append("  on_barcode_conflict: autoassign")
    if chance.random() < 0.3:
        rules.append("  on_possible_duplicate: hold")
    guards = chance.choice(["", "guards: {update: {percent: 30, floor: 2}, fields: {homeroom: {number: 4}}}\n"])
    loose = "guards: {delete: {percent: 100}, inactivate: {percent: 100}, update: {percent: 100}}\n"
    listed = chance.choice(["", "options: {summary: all}\n"])
    return job + "\n".join(rules) + "\n" + (guards or loose) + (_POLICY if chance.random() < 0.7 else "") + listed


def _fields(chance: random.Random) -> str:
    def ways() -> str:
        return chance.choice(["always", "on_create", "if_empty", "if_source_changed"])

    secret = "    password: Pin\n" if chance.random() < 0.3 else ""
    return (
        f"    username: {{column: User, write: {chance.choice(['always', 'always', 'if_source_changed'])}}}\n"
        f"    nickname: {{column: Nick, write: {ways()}, when_blank: clear}}\n    status: Status\n{secret}"
    )


class _Tale:
    """One district over some nights. Every choice comes from the seed, so that two tales of one seed differ in their fast paths alone."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.chance = random.Random(seed)
        self.real = SmallDistrict(folder).write(job=_job(self.chance), district=DISTRICT)
        # The key of fingerprints is random otherwise, and with it the hashes of rows that have a password.
        key = folder / "var" / "small" / "keys" / "fingerprints.key"
        key.parent.mkdir(parents=True, mode=0o700)
        key.touch(mode=0o600)
        key.write_bytes(b"k" * 32)
        self.line_ends = self.chance.choice([["\n"], ["\n"], ["\r\n"], ["\n", "\r\n"]])
        self.people = {number: self._cells(number) for number in range(1, 15)}
        self.now = NIGHT
        self.runs: list[str] = []

    def nights(self) -> Iterator[list[Any]]:
        """What each night said and left."""
        for night in range(NIGHTS):
            self._export()
            kind = self.chance.choice(["full", "full", "incremental"])
            told = [self._essence(self.real.plan(kind, now=self.now))] if self.chance.random() < 0.3 else []
            done = self.real.run(kind, now=self.now)
            self.runs.append(done.report.run)
            yield [night, *told, self._essence(done), self._store()]
            self._meanwhile()
            self.now += timedelta(days=self.chance.choice([1, 1, 3]))

    def _cells(self, number: int) -> dict[str, str]:
        chance = self.chance
        school = chance.choice(["NORTH", "SOUTH", "017"])
        changed = {"School": school, "Nick": chance.choice(["", "Bo", "Jo"]), "Pin": chance.choice(["", "pin"])}
        if chance.random() < 0.2:
            changed |= {"Grade": "12", "GradYear": chance.choice(["2024", "2026", "soon"])}
        return student(number, **changed)

    def _export(self) -> None:
        chance = self.chance
        file = self.real.folder / "exports" / "students.csv"
        if self.runs and chance.random() < 0.3:
            return  # the file of the night before
        for number in chance.sample(sorted(self.people), 2):
            self._change(self.people[number])
        rows = [row for row in self.people.values() if chance.random() < 0.93]
        for row in chance.sample(rows, chance.randrange(3)):
            rows.append(dict(row) if chance.random() < 0.5 else {**row, "School": "SOUTH", "Card": f"S{row['ID']}", "Mark": "also"})
        if chance.random() < 0.5:
            chance.shuffle(rows)
        lines = [",".join(COLUMNS), *(",".join(f'"{row.get(name, "")}"' for name in COLUMNS) for row in rows)]
        for odd in ('"cut', "a,b", "", '"9","x",,"two\nlines",,,,,,,,,', lines[0]):
            if chance.random() < 0.1:
                lines.insert(chance.randrange(1, len(lines) + 1), odd if odd != '"cut' else "1,NORTH,cut")
        file.write_bytes("".join(line + chance.choice(self.line_ends) for line in lines).encode())

    def _change(self, row: dict[str, str]) -> None:
        chance = self.chance
        name = chance.choice([*COLUMNS, "HR", "HR", "Card", "User"])
        other = chance.choice(list(self.people.values()))
        new = {"ID": row["ID"], "School": chance.choice(["NORTH", "SOUTH", "nowhere"]), "Mark": chance.choice(["", "skip", "gone", "also"])}
        new |= {"Status": chance.choice(["", "Inactive", "Active", "?"]), "Pin": chance.choice(["", "pin", "pin2"])}
        new |= {each: chance.choice([row[each], other[each], ""]) for each in ("Card", "User", "Last", "First")}
        row[name] = new.get(name) if name in new else str(chance.randrange(100, 103))  # type: ignore[assignment]

    def _meanwhile(self) -> None:
        """What people do in between: edit, lock, undo, approve, touch the job file, lose what the last run kept."""
        chance = self.chance
        which = f"id = {chance.randrange(1, 15)}"
        edits = (
            f"UPDATE patron SET homeroom = 'desk' WHERE {which}",
            f"UPDATE patron SET nickname = NULL, username = NULL WHERE {which}",
            f"UPDATE patron SET status = 'Inactive' WHERE {which}",
            f"DELETE FROM patron WHERE {which}",
            f"INSERT INTO checkout (patron_id, site) SELECT id, site FROM patron WHERE {which}",
        )
        with open_store(self.real.store_file, create=False, now=self.now).session() as session:
            for edit in chance.sample(edits, chance.randrange(3)):
                with suppress(StoreError):  # nobody deletes a patron who has a book
                    session.run(edit)
        deed = chance.random()
        if deed < 0.12:
            with suppress(RunnerError):  # a run that was undone, or held everything, cannot be
                self.real.undo(chance.choice(self.runs), now=self.now)
        elif deed < 0.3 and self.real.status(self.runs[-1]) == "held":
            self.real.approve(self.runs[-1], now=self.now)
        elif deed < 0.36:
            path = self.real.folder / "students.yaml"
            path.write_text(path.read_text(encoding="utf-8") + "# touched\n", encoding="utf-8")
        elif deed < 0.42:
            spoilt = b"X" * chance.randrange(9)
            for path in (self.real.root / "var" / "small" / "lines").glob("*"):
                path.write_bytes(path.read_bytes()[:-9] + spoilt)

    @staticmethod
    def _essence(outcome: Any) -> Any:
        document = json.loads(_RUN.sub("(run)", json.dumps(outcome.document(None), default=str)))
        document["messages"] = sorted(json.dumps(each, sort_keys=True) for each in document["messages"] if each["code"] != "read-in-full")
        outcomes = outcome.report.outcomes.select("line", "patron_id", pl.col("outcome").cast(pl.String)).sort("line").rows()
        changes = _RUN.sub("(run)", b"".join(changes_csv(outcome.report)).decode())
        return {name: value for name, value in document.items() if name not in ("run", "files")}, outcomes, changes

    def _store(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        with open_store(self.real.store_file, create=False, now=self.now).session() as session:
            for table in _TABLES:
                names = session.rows(f"SELECT name FROM pragma_table_info('{table}')", {"name": pl.String})["name"]
                kept = [name for name in names if name not in _OWN or (name == "id" and table == "patron")]
                row = " || '|' || ".join(f"coalesce(CAST({name} AS TEXT), '-')" for name in kept)
                found[table] = sorted(session.rows(f"SELECT {row} FROM {table}", {"row": pl.String})["row"])
        with open_store(self.real.store_file, create=False, now=self.now).reader() as reader:
            baseline, history = reader.baseline("small/students"), reader.input_history("small/students")
            self._check_lines(reader)
            found["seen"] = [str(reader.seen_by("small/students").to_list())]
            found["baseline"] = [
                str(baseline and baseline.row_hashes.to_list()),
                str(history and (history.rows, history.key_shapes, history.sites)),
            ]
        return found

    def _check_lines(self, reader: StoreReader) -> None:
        """Where the store says that the baseline has the remembered lines, it has each of them; where its others are noted, no more."""
        note, baseline = reader.lines_note("small/students"), reader.baseline("small/students")
        if note is None or baseline is None or not reader.baseline_has_lines("small/students"):
            return
        lines = pl.read_ipc(self.real.root / "var" / "small" / "lines" / json.loads(note)["file"])
        assert set(lines["row_hash"]) <= set(baseline.row_hashes)
        if (others := json.loads(note)["others"]) is not None:
            assert {*lines["row_hash"], *others} == set(baseline.row_hashes)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_nights_are_the_same_with_every_fast_path_on_and_off(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, fast = _Tale(seed, tmp_path / "off"), _Tale(seed, tmp_path / "on")
    for one, other in _both(slow, fast, monkeypatch):
        assert one == other


@given(worlds(least=4))
@settings(max_examples=int(os.environ.get("RUNNER_EXAMPLES", "60")), deadline=None)
def test_a_plan_among_the_few_whom_the_records_concern_is_the_plan_among_everybody(world: World) -> None:
    assume(narrow(world.job, world.file))
    ids = concerned(world.file.frame, world.store, by_district_id=world.job.properties.match_by == "district_id")
    assert essence(world.plan(among=ids)) == essence(world.plan(among=None))


def _both(slow: _Tale, fast: _Tale, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[Any], list[Any]]]:
    off, on = slow.nights(), fast.nights()
    for _ in range(NIGHTS):
        with monkeypatch.context() as patch:
            switch(patch, "off")
            one = next(off)
        with monkeypatch.context() as patch:
            switch(patch, "on")
            other = next(on)
        yield one, other
