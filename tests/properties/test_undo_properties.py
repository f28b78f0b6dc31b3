"""Random nights on a small district: undone they leave nothing, undone twice they stand, and an approval does what the guards held."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from runner.run.approve import approve_run
from runner.run.progress import NoProgress
from runner.store.layout_1 import KEPT_COLUMNS, PERSON_COLUMNS, PLACE_COLUMNS
from runner.store.store import Store, open_store
from tests.run.small_district import COLUMNS, JOB, NIGHT, SmallDistrict, student

pytestmark = pytest.mark.usefixtures("fast_paths")
LATER = NIGHT + timedelta(days=20)
SEEDS = range(int(os.environ.get("RUNNER_EXAMPLES", "6")))
WIDE = (*COLUMNS, "Gone", "Also", "Pin", "Nick")
RULES = """\
  delete_when: {any: [{column: Gone, in: [x]}]}
  associate_when: {any: [{column: Also, in: [x]}]}
  fields:"""
POLICY = """\
    password: Pin
    nickname: {column: Nick, write: if_source_changed}
options: {allow_delete_with_transactions: true}
removal:
  when_records_read_over: 0
  scope: everyone
  inactivate: {not_updated_in_days: 5, clear_homeroom: true, disable_login: true}
  delete: {graduated_seniors: true, with_transactions: {graduated_years: 3}}
"""
WHOLE = JOB.replace("  fields:", RULES) + POLICY
LOOSE = "guards: {create: {number: 99}, update: {number: 99}, transfer: {number: 99}, delete: {number: 99}, inactivate: {number: 99}}\n"
KEPT = ", ".join(name for name in ("id", *PLACE_COLUMNS, *PERSON_COLUMNS, *KEPT_COLUMNS) if name != "version")
TABLES = {
    "patron": KEPT,
    "association": "id, patron_id, " + ", ".join(PLACE_COLUMNS),
    "checkout": "id, patron_id, site, item_barcode, due_date",
    "fine": "id, patron_id, site, amount_cents",
    "hold": "id, patron_id, site, item_barcode",
    "removed_mark": "key, record_mac",
    "sent_value": "job, patron_id, field, value, fingerprint",
}


def store_of(district: SmallDistrict) -> Store:
    return open_store(district.store_file, create=False, now=NIGHT)


def all_rows(district: SmallDistrict, *, less: tuple[str, ...] = (), tables: tuple[str, ...] = tuple(TABLES)) -> dict[str, list[str]]:
    """Every row of the tables that hold patrons, as text, but for the versions, which never go back."""
    found = {}
    with store_of(district).session() as session:
        for table in tables:
            kept = [name for name in TABLES[table].split(", ") if name not in less]
            row = " || '|' || ".join(f"coalesce(CAST({name} AS TEXT), '-')" for name in kept)
            found[table] = sorted(session.rows(f"SELECT {row} FROM {table}", {"row": pl.String})["row"])
    return found


def borrow(district: SmallDistrict, chance: random.Random) -> None:
    with store_of(district).session() as session, session.writing():
        for number in chance.sample(range(1, 11), 3):
            session.run(
                "INSERT INTO checkout (patron_id, site, item_barcode) SELECT id, site, $1 FROM patron WHERE id = $2", f"T{number}", number
            )
            session.run("INSERT INTO fine (patron_id, site, amount_cents) SELECT id, site, 250 FROM patron WHERE id = $1", number)


def first_file(chance: random.Random) -> list[dict[str, str]]:
    rows = [student(number, Pin="pin" if number == 1 else "") for number in range(1, 13)]
    for row in chance.sample(rows, 3):
        row |= {"Grade": "12", "GradYear": chance.choice(["2023", "2026", "2027"])}
    return rows


def second_file(rows: list[dict[str, str]], chance: random.Random) -> list[dict[str, str]]:
    """Names, homerooms, moves, swapped barcodes and usernames, links, leavers, newcomers (a graduate among them)."""
    after = [dict(row) for row in rows]
    for row in chance.sample(after, 4):
        row |= {"HR": chance.choice(["", "777"]), "Last": "New", "Nick": chance.choice(["", "Bo"])}
    for row in chance.sample(after, 2):
        row |= {"School": "SOUTH"}
    one, other = chance.sample(after, 2)
    one["Card"], other["Card"] = other["Card"], one["Card"]
    one, other = chance.sample(after, 2)
    one["User"], other["User"] = other["User"], one["User"]
    chance.choice(after)["Pin"] = "new"
    for row in chance.sample(after, 2):
        row["Gone"] = "x"
    linked = [
        {**row, "School": "SOUTH", "Also": "x", "Card": f"L{row['ID']}"} for row in chance.sample(after, 2) if row["School"] == "NORTH"
    ]
    missing = chance.sample(after, 2)
    fresh = [student(20), student(21, Card=missing[0]["Card"]), student(22, Grade="12", GradYear="2020")]
    return [row for row in after if row not in missing] + fresh + linked


@pytest.mark.parametrize("seed", SEEDS)
def test_a_night_undone_leaves_nothing_and_undone_twice_it_stands(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    district = SmallDistrict(tmp_path).write(job=WHOLE + LOOSE)
    rows = first_file(chance)
    district.export(rows, WIDE)
    district.run()
    borrow(district, chance)
    before = all_rows(district)
    district.export(second_file(rows, chance), WIDE)
    night = district.run(now=LATER)
    assert night.status in ("complete", "incomplete"), night.report.failure
    assert night.report.changes.height > 8
    after = all_rows(district)
    undone = district.undo(night.report.run, now=LATER)
    assert undone.document()["messages"] == []
    assert without_new_bases(all_rows(district), before) == before
    redone = district.undo(undone.report.run, now=LATER)
    assert redone.document()["messages"] == []
    # Whom the night both added and removed leaves no change behind to put a mark beside: the next night judges the record anew.
    both = {patron for patron, rows in night.report.changes.group_by("patron") if {"add", "delete"} <= set(rows["action"])}
    assert without_marks(all_rows(district), both) == without_marks(after, both)
    again = district.undo(redone.report.run, now=LATER)
    assert again.document()["messages"] == []
    assert without_new_bases(all_rows(district), before) == before


def without_marks(rows: dict[str, list[str]], patrons: set[tuple[object, ...]]) -> dict[str, list[str]]:
    return {**rows, "removed_mark": [row for row in rows["removed_mark"] if (row.split("|")[0],) not in patrons]}


def without_new_bases(rows: dict[str, list[str]], before: dict[str, list[str]]) -> dict[str, list[str]]:
    """A base that the night set for the first time stays with the value that it found: bases of patrons who are gone do not matter."""
    known = {row.rsplit("|", 2)[0] for row in before["sent_value"]}
    return {**rows, "sent_value": [row for row in rows["sent_value"] if row.rsplit("|", 2)[0] in known]}


@pytest.mark.parametrize("seed", SEEDS)
def test_an_approval_of_removals_does_what_no_guard_would_have_held(tmp_path: Path, seed: int) -> None:
    tight = LOOSE.replace("delete: {number: 99}", "delete: {number: 0}").replace("inactivate: {number: 99}", "inactivate: {number: 0}")
    ends = []
    for name, guards in (("held", tight), ("free", LOOSE)):
        chance = random.Random(seed)
        job = WHOLE.replace("    password: Pin\n", "")
        district = SmallDistrict(tmp_path / name).write(job=job + LOOSE)
        rows = first_file(chance)
        district.export(rows, WIDE)
        district.run()
        borrow(district, chance)
        district.write(job=job + guards)
        # Only policy takes anybody away here: a deletion by the file that is held would keep keys that others want.
        district.export([{**row, "Gone": ""} for row in second_file(rows, chance) if row["ID"] != "1021"], WIDE)
        night = district.run(now=LATER)
        if name == "held":
            assert night.status == "held"
            held = sum(each["count"] for each in night.document()["held"])
            approved = approve_run(district.job(), district.places, night.report.run, by=None, now=LATER, progress=NoProgress())
            assert (approved.report.changes.height, approved.document()["messages"]) == (held, [])
        ends.append(all_rows(district, less=("id", "patron_id", "added_run"), tables=("patron", "association", "removed_mark")))
    assert ends[0]["patron"] == ends[1]["patron"]
    assert ends[0]["association"] == ends[1]["association"]
