"""A password is no part of the row's hash on disk, and a changed one is seen by an incremental all the same."""

from __future__ import annotations

from typing import Any

from runner.plan.make import make_plan
from runner.plan.model import Plan
from tests.plan.fake_store import FakeStore
from tests.plan.workbench import NOW, job, password_mac, records

FIELDS = ("district_id", "site", "barcode", "last_name", "username")
ROWS: list[dict[str, Any]] = [
    {"district_id": key, "site": "NORTH", "barcode": f"A{key}", "last_name": "Ash", "username": f"u{key}", "password": "secret"}
    for key in ("100", "200")
]


def planned(store: FakeStore, rows: list[dict[str, Any]], kind: Any, **settings: Any) -> Plan:
    with_password = job([*FIELDS, "password"], **settings)
    return make_plan(with_password, records(rows, FIELDS), store, kind=kind, now=NOW, password_mac=password_mac)


def after_one_run(**settings: Any) -> FakeStore:
    store = FakeStore()
    store.apply(planned(store, ROWS, "full", **settings), fingerprint="mapping 1")
    return store


def test_an_incremental_of_the_same_file_changes_nothing() -> None:
    again = planned(after_one_run(), ROWS, "incremental")
    assert (again.counts["unchanged"], again.changes.height, again.passwords.height) == (2, 0, 0)


def test_an_incremental_sees_a_row_of_which_the_password_alone_changed() -> None:
    plan = planned(after_one_run(), [ROWS[0], {**ROWS[1], "password": "other"}], "incremental")
    assert plan.passwords["line"].to_list() == [3]
    assert plan.values.select("field", "before", "after").rows() == [("password", "***", "***")]


def test_a_password_that_staff_reset_stays_in_an_incremental_until_its_row_changes() -> None:
    store = after_one_run()
    store.people[0]["password_mac"] = "mac of a reset one"
    assert planned(store, ROWS, "incremental").passwords.is_empty()
    assert planned(store, ROWS, "full").passwords["line"].to_list() == [2]


def test_the_base_of_a_password_is_its_fingerprint() -> None:
    store = after_one_run(write={"password": "if_source_changed"})
    assert {base["value"] for base in store.bases} == {"mac of secret"}
    store.people[0]["password_mac"] = "mac of a reset one"
    assert planned(store, ROWS, "full", write={"password": "if_source_changed"}).passwords.is_empty()


def test_an_equal_password_sets_the_base() -> None:
    plan = planned(after_one_run(), ROWS, "full", write={"password": "if_source_changed"})
    assert (plan.changes.height, plan.sent["value"].to_list()) == (0, ["mac of secret", "mac of secret"])


def test_without_a_base_another_password_is_staffs_and_kept() -> None:
    store = after_one_run()
    store.people[0]["password_mac"] = "mac of a reset one"
    plan = planned(store, ROWS, "full", write={"password": "if_source_changed"})
    assert plan.passwords.is_empty()
    assert plan.messages.select("code", "field", "value").rows() == [("staff-edit-kept", "password", "***")]


def test_no_clear_password_is_in_a_plan() -> None:
    plan = planned(FakeStore(), ROWS, "full")
    frames = (plan.changes, plan.values, plan.adds, plan.updates, plan.messages, plan.outcomes, plan.sent)
    assert all("secret" not in frame.select(frame.columns).write_csv() for frame in frames)


def test_a_password_goes_with_the_username_and_does_not_wait_for_the_next_one() -> None:
    nameless = [{**ROWS[0], "username": "", "password": None}, ROWS[1]]
    store = after_one_run()
    plan = planned(store, nameless, "full")
    assert plan.values.select("field", "before", "after").rows() == [("username", "u100", None), ("password", "***", None)]
    assert plan.password_clears.height == 1
    store.apply(plan)
    assert store.people[0]["password_mac"] is None


def test_the_base_of_a_password_goes_with_it_so_that_the_files_comes_back_with_a_username() -> None:
    owned = {"password": "if_source_changed"}
    store = after_one_run(write=owned)
    store.apply(planned(store, [{**ROWS[0], "username": "", "password": None}, ROWS[1]], "full", write=owned))
    assert planned(store, ROWS, "full", write=owned).passwords["line"].to_list() == [2]
