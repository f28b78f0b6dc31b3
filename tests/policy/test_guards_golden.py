"""Guards and marks worked by hand, on a store of plain dicts. (docs/domain.md sections 6 and 7, docs/decisions/1600 and 1602.)"""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from runner.job.model import DeleteInactive, District, Guards, Job, Limit, Removal, Scope
from runner.plan.guards import guarded_plan
from runner.plan.model import Plan
from runner.run.removal import Removals, with_policy
from tests.oracle.policy_reader import PolicyStore
from tests.plan.looking import looked_at
from tests.plan.workbench import NOW, district, job, record_mac, records

pytestmark = pytest.mark.usefixtures("fast_paths")
FIELDS = ("site", "barcode", "district_id", "last_name", "homeroom", "status", "graduation_year")
SENIORS = Removal(0, Scope(everyone=True), None, True, None, None)
NO_TABLES = {"checkouts": "none", "fines": "none", "holds": "none"}


def place(*, removal: Removal = SENIORS, mine: Guards | None = None, districts: Guards | None = None, **changes: Any) -> Job:
    """A job of a district without circulation, unless `circulation` says otherwise."""
    here: District = district(guards=districts or Guards(), **{"circulation": NO_TABLES, **changes})
    return job(FIELDS, in_district=here, guards=mine, removal=removal)


def store(people: int, **given: Any) -> PolicyStore:
    """A store of tenth graders at NORTH whom the job saw last time."""
    made = PolicyStore([], {}, {}, set())
    for number in range(1, people + 1):
        usual = {"district_id": str(number), "site": "NORTH", "barcode": f"P{number}", "last_name": "Lee", "homeroom": "101"}
        made.add_person(**{**usual, "grade_level": "10", "graduation_year": "2029", "added_at": NOW, "status_at": NOW, **given})
    made.seen_ids = list(range(1, people + 1))
    return made


def rows(made: PolicyStore, **changed: Any) -> list[dict[str, Any]]:
    return [{name: person.get(name) for name in FIELDS} | changed for person in made.people]


def limits(**actions: Limit) -> Guards:
    return Guards(actions=actions)


def planned(there: Job, made: PolicyStore, file: list[dict[str, Any]]) -> tuple[Plan, Removals]:
    """The file's plan after its guards, and what the policy adds to it."""
    given = records(file, FIELDS)
    among = looked_at(there, given, made)
    plan = guarded_plan(there, given, made, kind="full", now=NOW, record_mac=record_mac, among=among)
    return plan, with_policy(there, plan, made, given, now=NOW, as_of=None, modified=NOW, record_mac=record_mac)


def held(made: PolicyStore, there: Job, file: list[dict[str, Any]]) -> list[tuple[str, int, str]]:
    return [(each.action, each.count, each.guard) for each in planned(there, made, file)[1].plan.held]


@pytest.mark.parametrize(("changed", "expected"), [(3, []), (4, [("update", 4, "update 3")])])
def test_a_number_trips_above_itself(changed: int, expected: list) -> None:
    made = store(20)
    file = rows(made)
    for row in file[:changed]:
        row["homeroom"] = "9"
    assert held(made, place(mine=limits(update=Limit(number=3))), file) == expected


@pytest.mark.parametrize(
    ("people", "changed", "expected"),
    [
        (400, 100, []),  # 25% of 400, but no more than the floor of 100
        (400, 101, [("update", 101, "update 25%")]),
        (404, 101, []),  # exactly 25%
    ],
)
def test_a_percentage_needs_more_than_the_floor_and_more_than_the_percentage(people: int, changed: int, expected: list) -> None:
    made = store(people)
    for number, person in enumerate(made.people):
        person["site"] = ("NORTH", "SOUTH", "EAST")[number % 3]
    file = rows(made)
    for row in file[:changed]:
        row["homeroom"] = "9"
    written = Limit(percent=25)
    mine = place(mine=limits(update=written))
    whole_job = [each for each in held(made, mine, file) if " at " not in each[2]]
    assert whole_job == expected


def test_a_site_of_its_own_is_held_where_ten_are_not_enough_and_eleven_are() -> None:
    made = store(40)
    for person in made.people[:12]:
        person["site"] = "SOUTH"
    for changed, expected in ((10, []), (11, [("update", 11, "update 75% at SOUTH")])):
        file = rows(made)
        for row in file[:changed]:
            row["homeroom"] = "9"
        assert held(made, place(), file) == expected


def test_a_written_floor_holds_for_the_job_and_for_its_sites() -> None:
    made = store(4)
    assert held(made, place(mine=limits(update=Limit(percent=50, floor=4))), rows(made, homeroom="9")) == []
    assert held(made, place(mine=limits(update=Limit(percent=50, floor=3))), rows(made, homeroom="9")) == [("update", 4, "update 50%")]


def test_exactly_the_percentage_does_not_trip_even_where_floating_point_has_dust() -> None:
    """1.15 times 2,000 is a little less than 2,300 for a computer."""
    made = store(2000)
    file = rows(made)
    for row in file[:23]:
        row["homeroom"] = "9"
    assert held(made, place(mine=limits(update=Limit(percent=1.15, floor=0))), file) == []


def test_a_guarded_field_is_counted_whatever_else_changes() -> None:
    made = store(10)
    file = rows(made)
    for row in file[:3]:
        row["homeroom"] = "9"
    guards = Guards(fields={"homeroom": Limit(percent=20, floor=0)})
    plan, done = planned(place(mine=guards), made, file)
    assert [each.guard for each in plan.held] == ["homeroom 20%"]
    assert done.gate is not None
    assert done.gate["open"] is False


def test_a_change_of_status_by_the_file_is_no_update_for_guards() -> None:
    made = store(10)
    file = rows(made, status="Inactive")
    assert held(made, place(mine=limits(update=Limit(number=0))), file) == []
    assert held(made, place(mine=limits(inactivate=Limit(number=0))), file) == [("update", 10, "inactivate 0")]


def test_held_inactivations_of_the_file_leave_the_removal_gate_open_and_held_updates_close_it() -> None:
    made = store(10)
    for action, changed, is_open in (("inactivate", {"status": "Inactive"}, True), ("update", {"homeroom": "9"}, False)):
        _, done = planned(place(mine=limits(**{action: Limit(number=0)})), made, rows(made, **changed))
        assert done.gate is not None
        assert done.gate["open"] is is_open


def test_what_an_undo_took_back_does_not_hide_that_the_update_guard_tripped() -> None:
    made = store(5)
    made.taken_back = [{"patron": str(number), "field": "homeroom", "after": "9", "action": "update"} for number in range(1, 6)]
    file = rows(made, homeroom="9")
    assert held(made, place(), file) == [("update", 5, "undone before")]
    _, done = planned(place(mine=limits(update=Limit(number=4))), made, file)
    assert done.gate is not None
    assert done.gate["open"] is False


def test_removals_are_counted_at_the_site_where_their_patrons_were_before_the_run() -> None:
    made = store(12)
    for person in made.people:
        person.update(grade_level="12", graduation_year="2027")
    file = rows(made)
    for row in file:
        row.update(graduation_year="2020", site="SOUTH")
    there = place(mine=limits(delete=Limit(percent=50, floor=0), update=Limit(number=99), transfer=Limit(number=99)))
    _, done = planned(there, made, file)
    assert [(each.count, each.guard) for each in done.plan.held] == [(12, "delete 50%")]
    alone = replace(there, guards=limits(delete=Limit(percent=100, floor=0), transfer=Limit(number=99)))
    assert planned(alone, made, file)[1].plan.held == ()  # 12 of 12 who were at NORTH; at SOUTH it would be 12 of nobody


def test_a_senior_whose_record_is_held_is_marked_all_the_same() -> None:
    """Else the record would be an add tomorrow, and be removed, and added again, night after night."""
    made = store(1, grade_level="12", graduation_year="2020")
    made.taken_back = [{"patron": "1", "field": "homeroom", "after": "9", "action": "update"}]
    plan, done = planned(place(), made, rows(made, homeroom="9"))
    assert plan.changes["held"].to_list() == [True]
    assert done.plan.deletes["record_mac"].null_count() == 0


def test_while_a_circulation_table_is_missing_nobody_is_said_to_be_kept_for_debts() -> None:
    old = Removal(0, Scope(everyone=True), None, False, DeleteInactive(0, "no_checkouts_no_fines"), None)
    made = store(1, status="Inactive")
    made.debts = [{"patron_id": 1, "checkouts": 1, "fines": 0, "refunds": 0, "holds": 0, "balance_cents": 0, "checkout_sites": None}]
    kept = planned(place(removal=old), made, rows(made))[1]
    unknown = planned(place(removal=old, circulation={"fines": "none", "holds": "none"}), made, rows(made))[1]
    assert (kept.blocked.height, unknown.blocked.height) == (1, 0)
    assert unknown.gate == {
        "open": True,
        "reason": "checkouts were never loaded, so nobody is deleted; load them, or write `circulation: {checkouts: none}`",
    }
