"""What must hold for every file and every store: random small districts, planned and applied."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from runner.job.model import Job, Options, PatronProperties
from runner.mapping.records import Records
from runner.plan.make import Kind, make_plan
from runner.plan.model import Plan
from runner.plan.outcomes import OUTCOME_OF_ACTION
from tests.plan.fake_store import FakeStore
from tests.plan.looking import looked_at
from tests.plan.workbench import NOW, district, job, password_mac, record_mac, records

pytestmark = pytest.mark.usefixtures("fast_paths")
PLACES = ("NORTH", "SOUTH", "EAST", "MEDIA", "FILM")
CODES = ("1", "2", "7", "A1", "A2")
NAMES = ("ann", "Ann", "bob", "straße", "STRASSE")
IDS = ("100", "200", "300", "400", "500")
BYSTANDERS = ("600", "700", "800")  # of the store, and in no file
FIELDS = ("site", "barcode", "district_id", "last_name", "first_name", "patron_type", "status", "birth_date", "homeroom", "username")
often = settings(max_examples=int(os.environ.get("RUNNER_EXAMPLES", "25")), deadline=None)
WRITES = ("always", "always", "always", "on_create", "if_empty", "if_source_changed")


class World:
    """A store, a job and one file, with the rows from which the records were made."""

    def __init__(self, store: FakeStore, planned: Job, rows: list[dict[str, Any]], file: Records) -> None:
        self.store, self.job, self.rows, self.file = store, planned, rows, file

    def __repr__(self) -> str:
        properties = self.job.properties
        assert isinstance(properties, PatronProperties)
        shown = [f"World: {properties.match_by}, {properties.on_barcode_conflict}, {properties.on_possible_duplicate}"]
        shown.append(f"writes {[(each.target, each.write) for each in properties.fields]}")
        shown += [f"patron {_short(each)}" for each in self.store.people] + [f"place {each}" for each in self.store.places]
        shown += [f"lock {each}" for each in self.store.staff_locks] + [f"row {_short(each)}" for each in self.rows]
        return "\n".join(shown)

    def plan(self, store: FakeStore | None = None, file: Records | None = None, *, kind: Kind = "full", **more: Any) -> Plan:
        here, these = store or self.store, file or self.file
        told = {"among": looked_at(self.job, these, here), "password_mac": password_mac, "record_mac": record_mac, **more}
        return make_plan(self.job, these, here, kind=kind, now=NOW, **told)


@st.composite
def stores(draw: st.DrawFn, least: int = 0) -> FakeStore:
    store = FakeStore()
    places, names = set(), set()
    for key in draw(
        st.lists(st.sampled_from([*IDS, *BYSTANDERS, None]), min_size=least, max_size=6, unique_by=lambda each: each or object())
    ):
        place = draw(st.tuples(st.sampled_from(PLACES), st.sampled_from(CODES)))
        name = draw(st.sampled_from([*NAMES, None, None]))
        if place in places or (name and name.casefold() in names):
            continue
        places.add(place)
        names.add(name.casefold() if name else "")
        cause = draw(st.sampled_from(("file", "removal", "staff")))
        status = draw(st.sampled_from(("Active", "Inactive", "Restricted"))) if cause != "removal" else "Inactive"
        person = store.add_person(
            district_id=key, site=place[0], barcode=place[1], last_name=draw(st.sampled_from(("Ash", "Birch"))), username=name,
            first_name=draw(st.sampled_from(("Ann", None))), birth_date=draw(st.sampled_from(("2012-01-05", None))), patron_type="Student",
            homeroom=draw(st.sampled_from(("101", None))), status=status, status_cause=cause,
            password_mac=draw(st.sampled_from(("mac of secret", None))) if name else None,
        )  # fmt: skip
        if cause == "removal":
            person["status_before"] = draw(st.sampled_from(("Active", "Restricted")))
            person["username_before"] = draw(st.sampled_from((None, "ann", "bob")))
        second = draw(st.tuples(st.sampled_from(PLACES[:3]), st.sampled_from(CODES)))
        if draw(st.booleans()) and second not in places and second[0] != place[0]:
            places.add(second)
            store.add_place(person["id"], site=second[0], barcode=second[1], patron_type="Student")
        if draw(st.integers(0, 5)) == 0:
            store.staff_locks.append(
                {"patron_id": person["id"], "field": draw(st.sampled_from(FIELDS)), "reason": "r", "owner": "o", "until": date(2027, 1, 1)}
            )
        if draw(st.integers(0, 4)) == 0:
            entry = {"checkouts": 1, "fines": 0, "refunds": 0, "holds": 0, "balance_cents": 0, "checkout_sites": "NORTH"}
            store.debts.append({"patron_id": person["id"], **entry})
    return store


def rows() -> st.SearchStrategy[dict[str, Any]]:
    state = st.sampled_from
    return st.fixed_dictionaries(
        {
            "site": state(PLACES),
            "barcode": state((*CODES, *CODES, None, "", "autoassign")),
            "district_id": state(IDS),
            "last_name": state(("Ash", "Birch", "Birch", None, "")),
            "first_name": state(("Ann", None, "")),
            "patron_type": state(("Student", "Volunteer", None)),
            "status": state(("Active", "Inactive", "Restricted", None, None, "")),
            "birth_date": state(("2012-01-05", None)),
            "homeroom": state(("101", "204", None, "")),
            "username": state((*NAMES, None, "")),
            "password": state((None, None, "secret", "other")),
            "delete": state((False, False, False, False, True)),
            "associate": state((False, False, True)),
            "too_long": state((False,) * 6 + (True,)),
            "refusal": state((None,) * 8 + ("site-unknown",)),
        }
    )


@st.composite
def worlds(draw: st.DrawFn, *, holds: bool = True, least: int = 0) -> World:
    """A world of any size, or of `least` patrons (less those who have no room) and rows or more."""
    store = draw(stores(least))
    made = draw(st.lists(rows(), min_size=least, max_size=7))
    for row in made:
        if row["too_long"]:
            row["barcode"] = None
        if row["refusal"]:
            row["site"] = None
    match_by = draw(st.sampled_from(("district_id", "district_id", "site_and_barcode")))
    fields = [name for name in FIELDS if name in ("site", "district_id", "barcode", "last_name") or draw(st.integers(0, 3))]
    fields = [name for name in fields if name != "district_id" or match_by == "district_id" or draw(st.booleans())]
    owners = {name: draw(st.sampled_from(WRITES)) for name in draw(st.lists(st.sampled_from(fields), max_size=3))}
    planned = job(
        [*fields, "password"],
        match_by=match_by,
        write=owners,
        in_district=district(require_district_id=draw(st.booleans())),
        options=Options(allow_delete_with_transactions=draw(st.booleans())),
        on_barcode_conflict=draw(st.sampled_from(("refuse", "refuse", "autoassign"))),
        on_possible_duplicate=draw(st.sampled_from(("add", "hold"))) if holds else "add",
    )
    return World(store, planned, made, records(made, fields))


@given(worlds())
@often
def test_the_counts_add_up(world: World) -> None:
    counts = world.plan().counts
    assert counts["rows_read"] == counts["skipped"] + counts["malformed"] + counts["records_read"]
    outcomes = ("added", "updated", "transferred", "associated", "deleted", "unchanged", "duplicate", "refused", "held")
    assert counts["records_read"] == sum(counts[name] for name in outcomes) == len(world.rows)


@given(worlds())
@often
def test_every_change_has_a_record_and_every_applied_record_a_change(world: World) -> None:
    plan = world.plan()
    by_outcome = Counter(OUTCOME_OF_ACTION[action] for action in plan.changes.filter(~pl.col("held"))["action"].cast(pl.String))
    assert by_outcome == {name: plan.counts[name] for name in set(OUTCOME_OF_ACTION.values()) if plan.counts[name]}
    assert plan.changes.filter("held").height == plan.counts["held"]


def _carried(world: World, plan: Plan) -> bool:
    """Whether somebody got a new barcode in place of one that the file does not ask for: a lock, another owner or no value kept it.

    Such a patron does not ask again, so that the next run has one claim fewer and may settle the others: two nights in place of one.
    (docs/decisions/0402-ownership-locks-and-coming-back.md)"""
    assert isinstance(world.job.properties, PatronProperties)
    owned = any(each.target == "barcode" and each.write != "always" for each in world.job.properties.fields)
    locked = {each["patron_id"] for each in world.store.staff_locks if each["field"] == "barcode"}
    lines = plan.messages.filter(pl.col("code") == "barcode-autoassigned").select("line").unique()
    given = plan.outcomes.join(lines, on="line").select("line", "patron_id").rows()
    return any(owned or patron in locked or not world.rows[line - 2]["barcode"] for line, patron in given)


@given(worlds(holds=False))
@often
def test_applying_twice_is_applying_once(world: World) -> None:
    store, first = world.store.copy(), world.plan()
    assume(not _carried(world, first))
    store.apply(first, fingerprint=world.file.fingerprint)
    kinds: tuple[Kind, ...] = ("full", "incremental")
    for kind in kinds:
        again = world.plan(store, kind=kind)
        assert again.changes.is_empty(), again.changes
        assert again.passwords.is_empty()
        assert again.sent.is_empty()


@given(worlds(), st.randoms(use_true_random=False))
@often
def test_the_order_of_the_file_decides_nothing(world: World, random: Any) -> None:
    """Only which of two identical rows counts as the copy goes by the line."""
    order = list(range(len(world.rows)))
    random.shuffle(order)
    shuffled = records([world.rows[position] for position in order], [n for n in world.file.frame.columns if n in FIELDS])
    before, after = world.plan(), world.plan(file=shuffled)
    assert essence(before) == essence(after)
    assert before.counts == after.counts
    assert sorted(before.applied_hashes) == sorted(after.applied_hashes)


@given(worlds())
@often
def test_keys_are_unique_after_the_plan(world: World) -> None:
    store = world.store.copy()
    store.apply(world.plan())
    places = Counter((each["site"], each["barcode"]) for each in (*store.people, *store.places) if each.get("barcode"))
    sites = Counter((person["id"], person["site"]) for person in store.people)
    sites.update((place["patron_id"], place["site"]) for place in store.places)
    names = Counter(person["username_key"] for person in store.people if person["username_key"])
    ids = Counter(person["district_id"] for person in store.people if person["district_id"])
    assert {key: count for key, count in (places | sites | names | ids).items() if count > 1} == {}


@given(worlds())
@often
def test_an_incremental_with_every_row_new_is_a_full(world: World) -> None:
    store = world.store.copy()
    store.last_input = None
    assert essence(world.plan(store, kind="incremental")) == essence(world.plan(store))


@given(worlds(holds=False), st.lists(rows(), max_size=3))
@often
def test_an_incremental_does_what_a_full_does_when_nobody_edited_the_store(world: World, more: list[dict[str, Any]]) -> None:
    """The file of tomorrow has rows of today and new ones; between the two runs only we wrote to the store."""
    fields = [name for name in world.file.frame.columns if name in FIELDS]
    today = world.plan()
    # A row that was applied without its username is not tried again until it changes or a full comes, though the name may be free by then.
    assume(not today.messages["code"].is_in(["username-in-use"]).any())
    store = world.store.copy()
    store.apply(today, fingerprint=world.file.fingerprint)
    clean = [{**row, "refusal": None, "too_long": False} for row in more]
    tomorrow = records([*world.rows[: len(world.rows) // 2 + 1], *clean], fields)
    full, incremental = world.plan(store, tomorrow), world.plan(store, tomorrow, kind="incremental")
    assert essence(full)["changes"] == essence(incremental)["changes"]
    assert set(full.seen) == set(incremental.seen)


@given(worlds(), st.data())
@often
def test_held_records_change_nothing_and_let_nobody_else_in(world: World, data: st.DataObject) -> None:
    """Whatever a guard holds, the rest can still be applied, and nothing stands that did not stand before."""
    first = world.plan()
    lines = [line for line in first.changes["line"] if data.draw(st.booleans())]
    keep = pl.DataFrame({"line": lines, "guard": ["update 75%"] * len(lines)}, schema={"line": pl.UInt32, "guard": pl.String})
    again = world.plan(keep=keep)
    assert set(again.changes["line"]) <= set(first.changes["line"])
    assert set(lines) <= set(again.changes.filter("held")["line"])
    store = world.store.copy()
    store.apply(again)
    places = Counter((each["site"], each["barcode"]) for each in (*store.people, *store.places) if each.get("barcode"))
    names = Counter(person["username_key"] for person in store.people if person["username_key"])
    assert max((places | names).values(), default=1) == 1


def _short(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value not in (None, False)}


def essence(plan: Plan) -> Mapping[str, Any]:
    """A plan without lines, refs and numbers of rows: what it does to whom, and what it says."""
    key = {row["ref"]: (row["patron"], row["site"], str(row["action"])) for row in plan.changes.to_dicts()}
    values = Counter((key[row["ref"]], row["field"], row["before"], row["after"]) for row in plan.values.to_dicts())
    adds = Counter(tuple((name, value) for name, value in row.items() if name != "ref") for row in plan.adds.to_dicts())
    links = Counter((key[row["ref"]], row["op"], row["site"], row["barcode"], row["patron_type"]) for row in plan.associations.to_dicts())
    held = Counter((row["patron"], row["site"], str(row["action"]), row["held"]) for row in plan.changes.to_dicts())
    outcomes = Counter((row["patron"], row["outcome"]) for row in plan.outcomes.to_dicts())
    messages = Counter((row["patron"], row["code"]) for row in plan.messages.to_dicts() if row["code"] != "incremental-made-full")
    secrets = Counter((key[row["ref"]], row["password_mac"]) for row in plan.passwords.to_dicts())
    sent = Counter((row["patron_id"], row["field"], row["value"]) for row in plan.sent.to_dicts())
    return {
        "changes": (values, adds, links, held, secrets),
        "rest": (outcomes, messages, sent, set(plan.seen), plan.new_patron_types),
    }
