"""Guards: how many changes of one kind may go through without a person's word. (docs/domain.md section 7.)"""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl
import pytest

from runner.frames import empty_messages
from runner.job.model import Guards, Job, Limit
from runner.plan.guards import guarded_plan, hold_removals
from runner.plan.model import Plan
from tests.plan.fake_store import FakeStore
from tests.plan.workbench import NOW, district, job, records

FIELDS = ("district_id", "site", "barcode", "last_name", "homeroom", "status", "email_1")


def school(count: int, *, site: str = "NORTH", first: int = 0, **values: Any) -> list[dict[str, Any]]:
    """The rows of `count` pupils of one site."""
    numbers = range(first, first + count)
    return [
        {"district_id": f"{number:05}", "site": site, "barcode": f"P {number}", "last_name": "Ash", "homeroom": "101", "status": "Active"}
        | {"email_1": f"p{number}@example.org", **values}
        for number in numbers
    ]


def store_of(rows: list[dict[str, Any]], *, seen: bool = True) -> FakeStore:
    store = FakeStore()
    for row in rows:
        store.add_person(**row)
    store.seen_ids = [person["id"] for person in store.people] if seen else []
    return store


def guards(**actions: Limit) -> Guards:
    return Guards(actions=actions)


def planned(store: FakeStore, rows: list[dict[str, Any]], with_job: Job | None = None) -> Plan:
    return guarded_plan(with_job or job(FIELDS), records(rows, FIELDS), store, kind="full", now=NOW)


def held(plan: Plan) -> dict[str, int]:
    return dict(Counter(plan.changes.filter("held")["guard"]))


def test_the_default_holds_updates_of_more_than_three_quarters() -> None:
    plan = planned(store_of(school(200)), school(160, homeroom="204") + school(40, first=160))
    assert held(plan) == {"update 75%": 160}
    assert (plan.counts["held"], plan.counts["updated"], plan.counts["unchanged"]) == (160, 0, 40)


def test_three_quarters_exactly_go_through() -> None:
    assert held(planned(store_of(school(200)), school(150, homeroom="204") + school(50, first=150))) == {}


def test_a_percentage_does_not_trip_at_or_under_its_floor() -> None:
    spread = [row for number, site in enumerate(("NORTH", "SOUTH", "EAST")) for row in school(10, site=site, first=10 * number)]
    assert held(planned(store_of(spread), [{**row, "homeroom": "204"} for row in spread])) == {}


def test_a_site_has_its_own_percentage_and_a_floor_of_ten() -> None:
    rows = school(300) + school(12, site="SOUTH", first=300)
    changed = school(300) + school(12, site="SOUTH", first=300, homeroom="204")
    assert held(planned(store_of(rows), changed)) == {"update 75% at SOUTH": 12}


def test_a_written_floor_holds_for_job_and_site() -> None:
    rows = school(300) + school(12, site="SOUTH", first=300)
    changed = school(300) + school(12, site="SOUTH", first=300, homeroom="204")
    lenient = job(FIELDS, guards=guards(update=Limit(percent=75, floor=12)))
    assert held(planned(store_of(rows), changed, lenient)) == {}


def test_the_jobs_guard_stands_for_the_default() -> None:
    lenient = job(FIELDS, guards=guards(update=Limit(percent=100)))
    assert held(planned(store_of(school(200)), school(200, homeroom="204"), lenient)) == {}


def test_where_job_and_district_have_one_either_trips() -> None:
    strict_district = district(guards=guards(update=Limit(number=20)))
    lenient = job(FIELDS, guards=guards(update=Limit(percent=100)), in_district=strict_district)
    assert held(planned(store_of(school(200)), school(21, homeroom="204") + school(179, first=21), lenient)) == {"update 20": 21}


def test_a_number_trips_only_above_it() -> None:
    counted = job(FIELDS, guards=guards(create=Limit(number=3)))
    assert held(planned(store_of([]), school(3), counted)) == {}
    assert held(planned(store_of([]), school(4), counted)) == {"create 3": 4}


def test_the_first_load_is_not_guarded() -> None:
    assert held(planned(store_of([]), school(500))) == {}
    counted = job(FIELDS, guards=guards(create=Limit(percent=5)))
    assert held(planned(store_of([]), school(500), counted)) == {}


def test_deletes_by_the_file_are_held_at_five_percent() -> None:
    rows = [{**row, "delete": True} for row in school(101)] + school(1000, first=101)
    assert held(planned(store_of(school(1101)), rows)) == {"delete 5%": 101}


def test_a_job_that_saw_nobody_yet_deletes_nobody_over_the_floor() -> None:
    rows = [{**row, "delete": True} for row in school(11)]
    assert held(planned(store_of(school(11), seen=False), rows)) == {"delete 5% at NORTH": 11}


def test_a_status_change_by_the_file_is_guarded_as_inactivation_and_counted_as_update() -> None:
    rows = school(120, status="Inactive") + school(880, first=120)
    plan = planned(store_of(school(1000)), rows)
    assert held(plan) == {"inactivate 10%": 120}
    open_plan = planned(store_of(school(1000)), rows, job(FIELDS, guards=guards(inactivate=Limit(percent=50))))
    assert open_plan.counts["updated"] == 120


def test_a_transfer_is_counted_at_the_site_that_it_leaves() -> None:
    rows = school(50) + school(1000, site="SOUTH", first=50)
    moving = school(50, site="SOUTH") + school(1000, site="SOUTH", first=50)
    watched = job(FIELDS, guards=guards(transfer=Limit(percent=20)))
    assert held(planned(store_of(rows), moving, watched)) == {"transfer 20% at NORTH": 50}


def test_a_field_has_a_guard_of_its_own() -> None:
    rows = school(150, email_1="x@example.org") + school(350, first=150)
    watched = job(FIELDS, guards=Guards(fields={"email_1": Limit(percent=20)}))
    assert held(planned(store_of(school(500)), rows, watched)) == {"email_1 20%": 150}


def test_a_held_record_keeps_its_barcode_and_refuses_who_wanted_it() -> None:
    rows = school(20)
    moved = [{**row, "barcode": f"Q {number}"} for number, row in enumerate(rows)]
    newcomer = school(1, first=900, barcode="P 3")
    watched = job(FIELDS, guards=guards(update=Limit(number=5)))
    plan = planned(store_of(rows), moved + newcomer, watched)
    assert held(plan) == {"update 5": 20}
    assert plan.messages.filter(pl.col("patron") == "00900")["code"].to_list() == ["barcode-in-use"]


def named(**guarded: Limit) -> Job:
    """A job that feeds usernames and lets no homeroom change by itself."""
    return job((*FIELDS, "username"), guards=Guards(actions=guarded, fields={"homeroom": Limit(number=0)}))


def planned_names(rows: list[dict[str, Any]], watched: Job) -> tuple[dict[str, str | None], list[tuple[str, str]]]:
    """The usernames after of what is held, and (patron, code) of the messages; the store has `ann`, `bo` and `cy`."""
    store = store_of([{**row, "username": name} for row, name in zip(school(3), ("ann", "bo", "cy"), strict=True)])
    plan = guarded_plan(watched, records(rows, (*FIELDS, "username")), store, kind="full", now=NOW)
    waiting = plan.changes.filter("held").select("ref", "patron")
    values = plan.values.filter(pl.col("field") == "username").select("ref", username="after")
    names = pl.concat([values, plan.adds.select("ref", "username")])
    told = plan.messages.select("patron", "code").rows()
    return dict(waiting.join(names, on="ref", how="left").select("patron", "username").rows()), told


def test_what_is_held_goes_without_a_username_that_is_taken() -> None:
    update, add = school(1, first=1, homeroom="9", username="ANN"), school(1, first=9, username="Cy")
    names, told = planned_names(update + add, named(create=Limit(number=0)))
    assert names == {"00001": None, "00009": None}
    assert told == [("00001", "username-in-use"), ("00009", "username-in-use")]


def test_held_records_may_pass_a_username_on_to_each_other() -> None:
    changed = school(1, homeroom="9", username="new") + school(1, first=1, homeroom="9", username="ann")
    assert planned_names(changed, named()) == ({"00000": "new", "00001": "ann"}, [])


def test_of_held_records_that_claim_one_username_none_keeps_it() -> None:
    names, told = planned_names(school(2, first=8, username="dee"), named(create=Limit(number=0)))
    assert (names, [code for _, code in told]) == ({"00008": None, "00009": None}, ["username-in-use"] * 2)


def test_a_held_record_goes_without_a_username_that_its_run_gives_to_another() -> None:
    """Nothing held claims a name while it waits; the others' names are then as taken as those of the store."""
    rows = school(1, homeroom="9", username="dee") + school(1, first=9, username="DEE")
    names, told = planned_names(rows, named())
    assert (names, told) == ({"00000": None}, [("00000", "username-in-use")])


def test_a_held_record_may_have_a_username_that_its_run_sets_free() -> None:
    rows = school(1, username="dee") + school(1, first=1, homeroom="9", username="ann")
    assert planned_names(rows, named()) == ({"00001": "ann"}, [])


def test_held_and_refused_rows_are_tried_again() -> None:
    rows = school(20)
    plan = planned(store_of(rows), [{**row, "homeroom": "9"} for row in rows], job(FIELDS, guards=guards(update=Limit(number=5))))
    assert plan.applied_hashes.is_empty()


def test_what_an_undo_took_back_is_held() -> None:
    store = store_of(school(2))
    store.taken_back = [{"patron": "00000", "field": "homeroom", "after": "204", "action": "update"}]
    assert held(planned(store, school(2, homeroom="204"))) == {"undone before": 1}


@pytest.mark.parametrize(("removed", "guard"), [(6, None), (51, None), (101, "delete 5%")])
def test_removals_are_measured_by_those_in_scope(removed: int, guard: str | None) -> None:
    plan = _removing(removed)
    scope = pl.DataFrame({"site": ["NORTH", "SOUTH"], "patrons": [1500, 500]})
    after = hold_removals(plan, job(FIELDS), scope, store_of([]).undone(""))
    assert held(after) == ({guard: removed} if guard else {})


def _removing(count: int) -> Plan:
    """A plan in which the policy deletes `count` patrons of NORTH."""
    plan = planned(store_of([]), [])
    rows = pl.DataFrame({"ref": range(count)}, schema={"ref": pl.UInt32}).with_columns(
        site=pl.lit("NORTH"),
        patron_id=pl.col("ref").cast(pl.Int64),
        action=pl.lit("delete").cast(plan.changes.schema["action"]),
        cause=pl.lit("removal").cast(plan.changes.schema["cause"]),
        held=pl.lit(False),
    )
    changes = pl.concat([plan.changes, rows], how="diagonal")
    return Plan(**{name: getattr(plan, name) for name in Plan.__struct_fields__} | {"changes": changes, "messages": empty_messages()})
