"""Taking a run back, on both databases: exact former rows, nobody who changed since."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from runner.errors import NotFound, RunnerError
from runner.plan.model import Plan
from runner.store.commit import RunEnd
from runner.store.store import Store, open_store
from runner.store.undo import Undoing
from tests.store.plans import NOW, Draft, answers, applied, outside, row_of, start

LATER = NOW + timedelta(days=1)
_TABLES = ("patron", "association", "checkout", "fine", "hold")


def undone(store: Store, target: str = "run-1", only: str | None = None) -> Plan:
    run = f"undo of {target} {only or ''}"
    start(store, run)
    return store.undo(Undoing(run_id=run, undoes=target, now=LATER, end=lambda plan: RunEnd("complete", LATER, plan.counts), patron=only))


def skipped(plan: Plan) -> list[tuple[str, str]]:
    return [(key, text.partition(": ")[2]) for key, text in plan.messages.select("patron", "text").rows()]


def live_rows(store: Store) -> dict[str, list[list[Any]]]:
    """All rows of the live tables but for the versions, which never go back."""
    kept = {
        "patron": "id, site, barcode, district_id, last_name, homeroom, status, username, username_key, password_hash, password_mac, "
        "added_at, edited_at, status_at, status_cause, status_before, username_before, added_run",
        "association": "id, patron_id, site, barcode, patron_type",
    }
    return dict(zip(_TABLES, answers(store, *(f"SELECT {kept.get(t, '*')} FROM {t} ORDER BY id" for t in _TABLES)), strict=True))


def people(store: Store, *keys: str) -> None:
    draft = Draft()
    for key in keys:
        ref = draft.add(key, username=f"user{key}", homeroom="1")
        draft.associate("insert", ref, owner_ref=ref, site="WEST", barcode=f"W {key}")
    applied(store, draft, "run-0")
    outside(
        store,
        "INSERT INTO checkout (patron_id, site, item_barcode) SELECT id, 'NORTH', 'T 1' FROM patron",
        "INSERT INTO fine (patron_id, site, amount_cents) SELECT id, 'NORTH', 250 FROM patron",
    )


def test_an_undo_restores_changed_deleted_and_added_patrons(any_store: Store) -> None:
    people(any_store, "1001", "1002", "1003")
    before = live_rows(any_store)
    first, second, third = (row_of(any_store, key) for key in ("1001", "1002", "1003"))
    draft = Draft()
    draft.add("2001", barcode=third["barcode"])
    draft.change(first, barcode=second["barcode"], username=second["username"])
    draft.change(second, barcode=first["barcode"], username=first["username"], homeroom=None)
    draft.change({**first, "homeroom": "1"}, "inactivate", cause="removal", status="Inactive", status_before="Active")
    draft.delete(third, cause="removal", record_mac="mac")
    applied(any_store, draft)
    done = undone(any_store)
    assert skipped(done) == []
    assert sorted(done.changes["action"].cast(str)) == ["add", "delete", "update", "update"]
    assert live_rows(any_store) == before
    assert any_store.run("run-1").status == "undone"
    with any_store.reader() as reader:
        assert reader.removed_marks().is_empty()
        assert reader.baseline("demo/students") is None
        held = {(row["patron"], row["action"], row["field"], row["after"]) for row in reader.undone("demo/students").iter_rows(named=True)}
    assert {("2001", "add", None, None), ("1003", "delete", None, None), ("1002", "update", "homeroom", None)} <= held
    assert ("1001", "inactivate", "status", "Inactive") in held


def test_an_undo_puts_associations_back_under_their_ids(any_store: Store) -> None:
    people(any_store, "1001", "1002")
    before = live_rows(any_store)
    first, second = row_of(any_store, "1001"), row_of(any_store, "1002")
    mine, other = any_store.patron_places(first["id"])["id"][0], any_store.patron_places(second["id"])["id"][0]
    draft = Draft()
    ref = draft.change(first, "transfer", site="WEST", barcode="W 1001")
    draft.associate("delete", ref, patron_id=first["id"], association_id=mine)
    ref = draft.change(second, "associate")
    draft.associate("update", ref, patron_id=second["id"], association_id=other, site="SOUTH", barcode="S")
    draft.associate("insert", ref, patron_id=second["id"], site="EAST", barcode="E")
    applied(any_store, draft)
    assert skipped(undone(any_store)) == []
    assert live_rows(any_store) == before


def test_a_patron_that_changed_since_is_skipped_and_named(any_store: Store) -> None:
    people(any_store, "1001", "1002")
    draft = Draft()
    for key in ("1001", "1002"):
        draft.change(row_of(any_store, key), homeroom="9")
    applied(any_store, draft)
    outside(any_store, "UPDATE patron SET nickname = 'Nan' WHERE district_id = '1001'")
    done = undone(any_store)
    assert skipped(done) == [("1001", "it was changed since")]
    assert (row_of(any_store, "1001")["homeroom"], row_of(any_store, "1002")["homeroom"]) == ("9", "1")


def test_a_patron_whose_transactions_changed_since_is_skipped(any_store: Store) -> None:
    people(any_store, "1001")
    draft = Draft()
    draft.change(row_of(any_store, "1001"), homeroom="9")
    applied(any_store, draft)
    outside(any_store, "UPDATE checkout SET item_barcode = 'T 2'")
    assert skipped(undone(any_store)) == [("1001", "its checkouts, fines or holds changed since")]


def test_an_added_patron_with_transactions_stays(any_store: Store) -> None:
    draft = Draft()
    draft.add("1001")
    draft.add("1002")
    applied(any_store, draft)
    outside(any_store, "INSERT INTO hold (patron_id, site, item_barcode) SELECT id, 'NORTH', 'T' FROM patron WHERE district_id = '1001'")
    done = undone(any_store)
    assert skipped(done) == [("1001", "it has checkouts, fines or holds now")]
    with pytest.raises(NotFound):
        row_of(any_store, "1002")


def test_a_patron_whose_barcode_was_given_away_since_is_skipped(any_store: Store) -> None:
    people(any_store, "1001")
    gone = row_of(any_store, "1001")
    draft = Draft()
    draft.delete(gone)
    applied(any_store, draft)
    draft = Draft()
    draft.add("3001", barcode=gone["barcode"])
    applied(any_store, draft, "run-2")
    assert skipped(undone(any_store)) == [("1001", "its barcode is another patron's now at that site")]


def test_one_patron_alone_can_be_taken_back(any_store: Store) -> None:
    people(any_store, "1001", "1002")
    draft = Draft()
    for key in ("1001", "1002"):
        draft.change(row_of(any_store, key), homeroom="9")
    applied(any_store, draft)
    undone(any_store, only="1001")
    assert (row_of(any_store, "1001")["homeroom"], row_of(any_store, "1002")["homeroom"]) == ("1", "9")
    assert any_store.run("run-1").status == "complete"


def test_an_undo_can_be_undone_and_the_run_undone_again(any_store: Store) -> None:
    people(any_store, "1001", "1002")
    before = live_rows(any_store)
    draft = Draft()
    draft.change(row_of(any_store, "1001"), homeroom="9", username=None)
    draft.delete(row_of(any_store, "1002"), cause="removal", record_mac="mac")
    draft.add("2001")
    applied(any_store, draft)
    after = live_rows(any_store)
    undone(any_store)
    assert skipped(undone(any_store, "undo of run-1 ")) == []
    assert live_rows(any_store) == after
    assert any_store.run("run-1").status == "complete"
    with any_store.reader() as reader:
        assert reader.removed_marks().rows() == [("1002", "mac")]
        assert reader.undone("demo/students").is_empty()
    start(any_store, "again")
    again = any_store.undo(Undoing(run_id="again", undoes="run-1", now=LATER, end=lambda plan: RunEnd("complete", LATER, plan.counts)))
    assert skipped(again) == []
    assert live_rows(any_store) == before


def test_two_runs_can_be_undone_one_after_the_other(any_store: Store) -> None:
    people(any_store, "1001")
    before = live_rows(any_store)
    for night, homeroom in (("run-1", "8"), ("run-2", "9")):
        draft = Draft()
        draft.change(row_of(any_store, "1001"), homeroom=homeroom)
        applied(any_store, draft, night)
    assert skipped(undone(any_store, "run-1")) == [("1001", "it was changed since")]
    assert skipped(undone(any_store, "run-2")) == []
    start(any_store, "now the first")
    rest = any_store.undo(
        Undoing(run_id="now the first", undoes="run-1", now=LATER, end=lambda plan: RunEnd("complete", LATER, plan.counts))
    )
    assert skipped(rest) == []
    assert live_rows(any_store) == before


def test_a_pruned_run_cannot_be_undone(any_store: Store) -> None:
    people(any_store, "1001", "1002")
    draft = Draft()
    draft.change(row_of(any_store, "1001"), homeroom="9")
    draft.delete(row_of(any_store, "1002"))
    applied(any_store, draft)
    removed = any_store.prune_history(LATER)
    assert (removed["change"], removed["patron_archive"], removed["checkout_archive"]) == (4, 1, 1)
    with pytest.raises(RunnerError, match="purged"):
        undone(any_store)
    assert any_store.changes("run-1")[0].is_empty()


@pytest.mark.parametrize("seed", range(12))
def test_undo_restores_whatever_a_run_did(store_location: str, seed: int) -> None:
    """Random plans over eight patrons: barcodes and logins change hands, patrons come, go and move."""
    if store_location.startswith("postgresql") and seed > 2:
        return
    store = open_store(store_location, create=True, now=NOW)
    keys = [f"{number}" for number in range(1001, 1009)]
    people(store, *keys)
    chance = random.Random(seed)
    before = live_rows(store)
    patrons = [row_of(store, key) for key in keys]
    chance.shuffle(patrons)
    leaving, staying = patrons[: chance.randint(1, 3)], patrons[3:]
    draft = Draft()
    for patron in leaving:
        draft.delete(patron, cause=chance.choice(["file", "removal"]), record_mac="mac")
    free = [patron["barcode"] for patron in leaving]
    hands = staying[: chance.randint(0, 5)]
    turned = hands[1:] + hands[:1]
    for patron, other in zip(hands, turned, strict=True):
        site = chance.choice(["NORTH", "SOUTH"])
        after: dict[str, Any] = {"barcode": other["barcode"], "username": chance.choice([other["username"], None])}
        after |= {"site": site} if site != patron["site"] else {}
        after |= {"status": "Inactive"} if chance.random() < 0.3 else {}
        ref = draft.change(patron, "transfer" if "site" in after else "update", **after)
        if chance.random() < 0.5:
            place = store.patron_places(patron["id"])["id"][0]
            draft.associate(
                chance.choice(["update", "delete"]), ref, patron_id=patron["id"], association_id=place, site="EAST", barcode=f"E{ref}"
            )
        if chance.random() < 0.5:
            draft.associate("insert", ref, patron_id=patron["id"], site="FAR", barcode=f"F{ref}")
    for number, barcode in enumerate(free):
        draft.add(f"{2000 + number}", barcode=barcode, username=f"new{number}")
    applied(store, draft)
    assert skipped(undone(store)) == []
    assert live_rows(store) == before
