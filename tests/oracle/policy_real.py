"""A few nights on a real store, with staff at work in between: whom the rules page removes, and whom the program did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.policy import Borrower, Leavers, decisions
from tests.oracle.policy_stories import DAYS, ZONES, instant
from tests.run.small_district import COLUMNS, DISTRICT, JOB, SmallDistrict, student

_WAITS = (1, 2, 7, 8, 29, 30, 31, 300)
_READ = ("id", "district_id", "site", "status", "grade_level", "graduation_year", "birth_date", "patron_type", "access_level", "username")
_TIMES = ("added_at", "edited_at", "status_at")
Removed = dict[str, tuple[str, str]]  # action and rule by district id
_FIELD_OF = {"Grade": "grade_level", "GradYear": "graduation_year"}


class District:
    """A small district on a disk, its policy, and what a person would remember of it."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.random = Random(seed)
        self.settings = _settings(self.random)
        self.now = instant(self.random, self.random.choice(DAYS), self.settings.zone)
        self.real = SmallDistrict(folder).write(job=_job(self.settings), district=_district(self.settings))
        self.rows = [student_of(self.random, number) for number in range(1, 13)]
        self.seen: dict[str, datetime] = {}

    def tonight(self) -> Iterator[str]:
        """The differences of one night, which is then over."""
        rows = [row for row in self.rows if self.random.random() < 0.7] or self.rows[:1]
        self.real.export(rows, (*COLUMNS, "Status", "Born"))
        before = self._borrowers()
        shown, done = self.real.plan(now=self.now).document(None), self.real.run(now=self.now).document(None)
        yield from same(shown, done)
        self.seen |= dict.fromkeys((row["ID"] for row in rows), self.now)
        mine = decided_on(before, done["changes"], self.settings, self.seen, self.now)
        yield from otherwise_removed(mine, done, f"{self.now}", self.settings)
        self.now += timedelta(days=self.random.choice(_WAITS), hours=self.random.choice((-5, 0, 0, 5)))

    def staff(self) -> None:
        """Somebody at a desk borrows, pays, edits; the clock of the database is the machine's own, so that its edits are dated here."""
        today = self.now.astimezone(ZoneInfo(self.settings.zone)).date()
        at = instant(self.random, today, self.settings.zone).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        kept = f"version = version + 1, edited_at = '{at}'"
        left = f"status = 'Inactive', status_at = '{at}', status_cause = 'staff'"
        which = self.random.randint(1001, 1012)
        owner = f"(SELECT id FROM patron WHERE district_id = '{which}')"
        exists = f"EXISTS (SELECT 1 FROM patron WHERE district_id = '{which}')"
        self.real.edit(
            self.random.choice(
                (
                    f"INSERT INTO checkout (patron_id, site) SELECT {owner}, 'NORTH' WHERE {exists}",
                    f"INSERT INTO fine (patron_id, amount_cents) SELECT {owner}, {self.random.choice((0, 499, 500, -500))} WHERE {exists}",
                    f"INSERT INTO hold (patron_id, site) SELECT {owner}, 'NORTH' WHERE {exists}",
                    f"UPDATE patron SET nickname = 'Bo', {kept} WHERE district_id = '{which}'",
                    f"UPDATE patron SET {left}, {kept} WHERE district_id = '{which}' AND status <> 'Inactive'",
                )
            )
        )

    def _borrowers(self) -> list[Borrower]:
        if not self.real.store_file.exists():
            return []
        times = "added_at, edited_at, coalesce(status_at, added_at)"
        found = self.real.rows(f"SELECT {', '.join(_READ)}, {times} FROM patron")
        everybody = {row[0]: Borrower(row[0], dict(zip(_READ[1:], row[1:], strict=False))) for row in found}
        for row in found:
            moments = [datetime.fromisoformat(text) if text else None for text in row[len(_READ) :]]
            everybody[row[0]].added_at, everybody[row[0]].edited_at, everybody[row[0]].status_at = moments
        for table, value in (("checkout", "site"), ("fine", "amount_cents"), ("hold", "1")):
            for number, entry in self.real.rows(f"SELECT patron_id, {value} FROM {table}"):
                one = everybody[number]
                one.holds += table == "hold"
                entries: dict[str, list[Any]] = {"checkout": one.checkouts, "fine": one.fines, "hold": []}
                entries[table].append(entry)
        return list(everybody.values())


def differences(seed: int, folder: Path, nights: int = 4) -> list[str]:
    """The differences of the first night that has any."""
    district = District(seed, folder)
    for night in range(nights):
        if night:
            for _ in range(3):
                district.staff()
        found = list(district.tonight())
        if found:
            return found
    return []


def same(shown: Mapping[str, Any], done: Mapping[str, Any]) -> Iterator[str]:
    """Promise A2: what plan shows is what run does, removals included."""
    for part in ("changes", "counts", "held", "removal"):
        if shown[part] != done[part]:
            yield f"plan shows {part} {shown[part]}, run does {done[part]}"


def decided_on(
    before: list[Borrower],
    changes: list[Mapping[str, Any]],
    policy: Leavers,
    seen: Mapping[str, datetime],
    now: datetime,
    *,
    deletions: bool = True,
) -> Removed:
    """Whom the rules page removes after these changes of the file. `deletions`: whether the circulation tables are good."""
    after = list(_after(before, changes, seen, now))
    found = decisions(after, policy, now.astimezone(ZoneInfo(policy.zone)).date(), deletions=deletions)
    return {str(one.values["district_id"]): (each.action, each.rule) for one in after if (each := found.get(one.id))}


def otherwise_removed(mine: Removed, done: Mapping[str, Any], when: str, policy: Leavers) -> Iterator[str]:
    """Where the program removed others than the rules page (`mine`)."""
    removed = {each["patron"]: (each["action"], each["rule"]) for each in done["changes"] if each["cause"] == "removal"}
    if mine != removed:
        changed = {name: (mine.get(name), removed.get(name)) for name in {*mine, *removed} if mine.get(name) != removed.get(name)}
        yield f"{when}: (rules page, program) {changed}; {policy}"


def _after(before: list[Borrower], changes: list[Mapping[str, Any]], seen: Mapping[str, datetime], now: datetime) -> Iterator[Borrower]:
    """Everybody after the file's changes."""
    mine = {each["patron"]: each for each in changes if each["cause"] == "file"}
    known = {str(one.values["district_id"]): one for one in before}
    for number, (key, change) in enumerate(mine.items(), start=-len(mine)):
        if change["action"] == "add":
            values = {name: after for name, (_, after) in change["fields"].items()}
            known[key] = Borrower(number, {"district_id": key, **values}, now, now, now, status_moved=True)
    for key, one in known.items():
        update = mine.get(key)
        if update and update["action"] != "add":
            one.values |= {name: after for name, (_, after) in update["fields"].items()}
            one.edited_at = now
            if "status" in update["fields"]:
                one.status_at, one.status_moved = now, True
        one.seen_at = seen.get(key)
        yield one


def _settings(random: Random) -> Leavers:
    settings = Leavers(random.choice(ZONES), random.choice((1, 8)))
    settings.not_updated_in_days = random.choice((0, 1, 7, 30))
    settings.graduated_seniors, settings.disable_login = True, True
    settings.inactive_days = random.choice((0, 1, 7, 30))
    settings.debtors = random.choice((("age", 18), ("inactive_days", 30), ("graduated_years", 1)))
    return settings


def _district(settings: Leavers) -> str:
    month = {1: "January", 8: "August"}[settings.year_starts_in]
    return DISTRICT.replace("America/Chicago", settings.zone) + f"statistical_year_starts_in: {month}\n"


def _job(settings: Leavers) -> str:
    assert settings.debtors is not None
    kind, number = settings.debtors
    return (
        JOB.replace("students.csv}", "students.csv, min_rows_percent: 1}")
        + f"""\
    status: {{column: Status, when_blank: keep}}
    birth_date: Born
options: {{allow_delete_with_transactions: true}}
removal:
  when_records_read_over: 0
  scope: everyone
  inactivate: {{not_updated_in_days: {settings.not_updated_in_days}, disable_login: true}}
  delete:
    graduated_seniors: true
    inactive: {{days: {settings.inactive_days}, only_if: no_checkouts_no_fines}}
    with_transactions: {{{kind}: {number}}}
guards: {{update: {{number: 1000}}, delete: {{number: 1000}}, inactivate: {{number: 1000}}}}
"""
    )


def student_of(random: Random, number: int) -> dict[str, str]:
    year = random.choice((2026, 2027, 2028, 2029))
    born = random.choice(("2008-02-29", "2010-03-01", "2010-12-31", ""))
    status = random.choice(("", "", "", "Inactive", "Restricted"))
    return student(number, Grade=random.choice(("12", "11")), GradYear=str(year), Born=born, Status=status)
