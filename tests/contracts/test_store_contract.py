"""What every store must do, whatever database it stands on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from runner.errors import LockHeld, NotFound, PlanStale
from runner.store.commit import JobState, RunEnd
from runner.store.store import Store, open_store
from tests.store.plans import NOW, Draft, answers, applied, commit, one, outside, row_of, run_start, start

LATER = NOW + timedelta(days=1)


def filled(store: Store, *keys: str, **fields: Any) -> None:
    draft = Draft()
    for key in keys:
        draft.add(key, **fields)
    applied(store, draft, "run-0")


def test_an_added_patron_reads_back_with_its_values(any_store: Store) -> None:
    draft = Draft()
    draft.add("1001", first_name="Ann", username="Ann.O", email_1="ann@example.org")
    applied(any_store, draft)
    with any_store.reader() as reader:
        columns = ["id", "version", "district_id", "first_name", "homeroom", "username_key", "status_cause", "status_at", "edited_at"]
        found = reader.patrons(columns).row(0, named=True)
    assert found["version"] == 1
    assert (found["district_id"], found["first_name"], found["homeroom"]) == ("1001", "Ann", None)
    assert (found["username_key"], found["status_cause"], found["status_at"], found["edited_at"]) == ("ann.o", "file", NOW, None)


def test_an_update_writes_only_what_it_names(any_store: Store) -> None:
    filled(any_store, "1001", homeroom="101", nickname="Nan")
    draft = Draft()
    draft.change(row_of(any_store, "1001"), homeroom="204", nickname=None)
    applied(any_store, draft, now=LATER)
    found = row_of(any_store, "1001")
    assert (found["homeroom"], found["nickname"], found["last_name"]) == ("204", None, "Last 1001")
    assert (found["version"], found["edited_at"], found["status_at"]) == (2, "2026-11-22T02:00:00.000000Z", None)


def test_a_status_change_says_when_and_why(any_store: Store) -> None:
    filled(any_store, "1001")
    draft = Draft()
    draft.change(row_of(any_store, "1001"), "inactivate", cause="removal", status="Inactive", status_before="Active")
    applied(any_store, draft, now=LATER)
    found = row_of(any_store, "1001")
    assert (found["status"], found["status_cause"], found["status_before"]) == ("Inactive", "removal", "Active")
    assert found["status_at"] == "2026-11-22T02:00:00.000000Z"


def test_a_status_change_by_the_file_forgets_what_policy_took_away(any_store: Store) -> None:
    filled(any_store, "1001")
    draft = Draft()
    draft.change(row_of(any_store, "1001"), "inactivate", cause="removal", status="Inactive", status_before="Active")
    applied(any_store, draft)
    draft = Draft()
    draft.change(row_of(any_store, "1001"), "reactivate", status="Active")
    applied(any_store, draft, "run-2")
    found = row_of(any_store, "1001")
    assert (found["status"], found["status_cause"], found["status_before"]) == ("Active", "file", None)


def test_a_change_by_the_file_and_one_by_policy_meet_in_one_patron(any_store: Store) -> None:
    filled(any_store, "1001", homeroom="101")
    patron = row_of(any_store, "1001")
    draft = Draft()
    draft.change(patron, homeroom="204")
    draft.change({**patron, "homeroom": "204"}, "inactivate", cause="removal", status="Inactive", homeroom=None)
    applied(any_store, draft)
    found = row_of(any_store, "1001")
    assert (found["homeroom"], found["status"], found["version"]) == (None, "Inactive", 2)


def test_a_held_change_is_not_applied(any_store: Store) -> None:
    filled(any_store, "1001", homeroom="101")
    draft = Draft()
    draft.change(row_of(any_store, "1001"), held=True, homeroom="204")
    draft.add("1002", held=True)
    applied(any_store, draft)
    assert row_of(any_store, "1001")["homeroom"] == "101"
    with pytest.raises(NotFound):
        row_of(any_store, "1002")


def test_two_patrons_swap_barcodes_and_logins(any_store: Store) -> None:
    draft = Draft()
    draft.add("1001", barcode="A", username="ann")
    draft.add("1002", barcode="B", username="bob")
    applied(any_store, draft, "run-0")
    draft = Draft()
    draft.change(row_of(any_store, "1001"), barcode="B", username="bob")
    draft.change(row_of(any_store, "1002"), barcode="A", username="ann")
    applied(any_store, draft)
    assert [(row_of(any_store, k)["barcode"], row_of(any_store, k)["username_key"]) for k in ("1001", "1002")] == [
        ("B", "bob"),
        ("A", "ann"),
    ]


def test_a_barcode_freed_by_a_deletion_goes_to_a_new_patron(any_store: Store) -> None:
    filled(any_store, "1001", barcode="A")
    draft = Draft()
    draft.delete(row_of(any_store, "1001"))
    draft.add("1002", barcode="A")
    applied(any_store, draft)
    assert row_of(any_store, "NORTH/A")["district_id"] == "1002"


def test_a_transfer_keeps_the_barcode(any_store: Store) -> None:
    filled(any_store, "1001", barcode="A")
    draft = Draft()
    draft.change(row_of(any_store, "1001"), "transfer", site="SOUTH")
    applied(any_store, draft)
    found = row_of(any_store, "1001")
    assert (found["site"], found["barcode"]) == ("SOUTH", "A")


def test_associations_are_added_changed_and_deleted(any_store: Store) -> None:
    draft = Draft()
    ref = draft.add("1001")
    draft.associate("insert", ref, owner_ref=ref, site="SOUTH", barcode="S1", patron_type="Student", access_level="Patron")
    applied(any_store, draft, "run-0")
    patron = row_of(any_store, "1001")
    first = any_store.patron_places(patron["id"]).row(0, named=True)
    assert (first["site"], first["barcode"]) == ("SOUTH", "S1")
    draft = Draft()
    ref = draft.change(patron, "associate")
    draft.associate("update", ref, patron_id=patron["id"], association_id=first["id"], site="SOUTH", barcode="S2")
    draft.associate("insert", ref, patron_id=patron["id"], site="WEST", barcode="W1")
    applied(any_store, draft, "run-1")
    assert any_store.patron_places(patron["id"])["barcode"].to_list() == ["S2", "W1"]
    assert row_of(any_store, "1001")["version"] == 2
    draft = Draft()
    ref = draft.change(row_of(any_store, "1001"), "associate")
    draft.associate("delete", ref, patron_id=patron["id"], association_id=first["id"])
    applied(any_store, draft, "run-2")
    assert any_store.patron_places(patron["id"])["barcode"].to_list() == ["W1"]
    assert row_of(any_store, "1001")["version"] == 3


def test_a_secondary_association_becomes_the_primary(any_store: Store) -> None:
    draft = Draft()
    ref = draft.add("1001", barcode="A")
    draft.associate("insert", ref, owner_ref=ref, site="SOUTH", barcode="S1")
    applied(any_store, draft, "run-0")
    patron = row_of(any_store, "1001")
    place = any_store.patron_places(patron["id"])["id"][0]
    draft = Draft()
    ref = draft.change(patron, "transfer", site="SOUTH", barcode="S1")
    draft.associate("delete", ref, patron_id=patron["id"], association_id=place)
    applied(any_store, draft)
    assert row_of(any_store, "SOUTH/S1")["district_id"] == "1001"


def test_apply_refuses_as_a_whole_when_a_patron_moved(any_store: Store) -> None:
    filled(any_store, "1001", "1002")
    draft = Draft()
    draft.change(row_of(any_store, "1001"), homeroom="1")
    draft.change(row_of(any_store, "1002"), homeroom="2")
    outside(any_store, "UPDATE patron SET nickname = 'Nan' WHERE district_id = '1001'")
    start(any_store)
    with pytest.raises(PlanStale, match="1001"):
        any_store.apply(commit("run-1", draft, on_moved="refuse"))
    assert row_of(any_store, "1002")["homeroom"] is None


def test_a_run_leaves_the_moved_patron_out_and_counts_it_as_refused(any_store: Store) -> None:
    filled(any_store, "1001", "1002")
    draft = Draft()
    draft.change(row_of(any_store, "1001"), homeroom="1")
    draft.change(row_of(any_store, "1002"), homeroom="2")
    outside(any_store, "UPDATE patron SET nickname = 'Nan' WHERE district_id = '1001'")
    done = applied(any_store, draft)
    assert done.moved["patron"].to_list() == ["1001"]
    assert (done.plan.counts["updated"], done.plan.counts["refused"]) == (1, 1)
    assert (row_of(any_store, "1001")["homeroom"], row_of(any_store, "1002")["homeroom"]) == (None, "2")
    with any_store.reader() as reader:
        baseline = reader.baseline("demo/students")
    assert baseline is not None
    assert baseline.row_hashes.to_list() == [1003]


@pytest.mark.parametrize(("offered", "taken"), [([1003, 1002], True), ([1002], False), ([1002, 1004], False), ([1002, 1003, 1003], False)])
def test_a_baseline_that_is_offered_is_taken_only_where_it_is_the_same(any_store: Store, offered: list[int], taken: bool) -> None:
    filled(any_store, "1001", "1002")
    with any_store.reader() as reader:
        known = reader.baseline("demo/students")
    assert known is not None
    with any_store.reader() as reader:
        reader.offer_baseline("demo/students", pl.Series(offered, dtype=pl.UInt64))
        found = reader.baseline("demo/students")
    assert found is not None
    assert found.row_hashes.to_list() == (offered if taken else known.row_hashes.to_list())


def test_a_deleted_patron_counts_as_moved(any_store: Store) -> None:
    filled(any_store, "1001", "1002")
    draft = Draft()
    draft.change(row_of(any_store, "1001"), homeroom="1")
    outside(any_store, "DELETE FROM patron WHERE district_id = '1001'")
    assert applied(any_store, draft).moved["patron"].to_list() == ["1001"]


@pytest.mark.parametrize("clash", ["district_id = '1002'", "barcode = 'P 1002'", "username = 'BOB'"])
def test_an_add_whose_key_was_taken_meanwhile_is_left_out(any_store: Store, clash: str) -> None:
    filled(any_store, "1001")
    draft = Draft()
    draft.add("1002", username="bob")
    outside(any_store, f"UPDATE patron SET {clash} WHERE district_id = '1001'")
    done = applied(any_store, draft)
    assert done.moved["patron"].to_list() == ["1002"]
    assert (done.plan.counts["added"], done.plan.counts["refused"]) == (0, 1)


def test_who_counts_on_a_moved_patrons_key_is_left_out_too(any_store: Store) -> None:
    draft = Draft()
    for key, barcode in (("1001", "A"), ("1002", "B"), ("1003", "C")):
        draft.add(key, barcode=barcode)
    applied(any_store, draft, "run-0")
    draft = Draft()
    draft.change(row_of(any_store, "1001"), barcode="X")
    draft.change(row_of(any_store, "1002"), barcode="A")
    draft.change(row_of(any_store, "1003"), barcode="B")
    outside(any_store, "UPDATE patron SET nickname = 'Nan' WHERE district_id = '1001'")
    done = applied(any_store, draft)
    assert sorted(done.moved["patron"]) == ["1001", "1002", "1003"]


def test_a_barcode_that_staff_gave_to_an_association_meanwhile_is_not_taken(any_store: Store) -> None:
    filled(any_store, "1001")
    draft = Draft()
    draft.add("1002", site="SOUTH", barcode="S1")
    outside(any_store, "INSERT INTO association (patron_id, site, barcode) SELECT id, 'SOUTH', 'S1' FROM patron")
    assert applied(any_store, draft).moved["patron"].to_list() == ["1002"]


def test_a_deletion_archives_the_patron_and_its_transactions(any_store: Store) -> None:
    filled(any_store, "1001")
    outside(
        any_store,
        "INSERT INTO checkout (patron_id, site, item_barcode, due_date) SELECT id, 'NORTH', 'T 1', '2026-12-01' FROM patron",
        "INSERT INTO fine (patron_id, site, amount_cents) SELECT id, 'NORTH', 250 FROM patron",
        "INSERT INTO hold (patron_id, site, item_barcode) SELECT id, 'NORTH', 'T 2' FROM patron",
    )
    draft = Draft()
    draft.delete(row_of(any_store, "1001"), cause="removal", record_mac="mac-1")
    applied(any_store, draft, now=LATER)
    assert outside(any_store, "SELECT district_id, version FROM patron_archive") == [["1001", 1]]
    assert outside(any_store, "SELECT item_barcode, lost_at FROM checkout_archive") == [["T 1", "2026-11-22T02:00:00.000000Z"]]
    assert one(outside(any_store, "SELECT amount_cents FROM fine_archive")) == 250
    assert one(outside(any_store, "SELECT count(*) FROM checkout")) == 0
    with any_store.reader() as reader:
        assert reader.removed_marks().rows() == [("1001", "mac-1")]


def test_adding_a_patron_again_ends_its_mark(any_store: Store) -> None:
    filled(any_store, "1001")
    draft = Draft()
    draft.delete(row_of(any_store, "1001"), cause="removal", record_mac="mac-1")
    applied(any_store, draft)
    draft = Draft()
    draft.add("1001")
    applied(any_store, draft, "run-2")
    with any_store.reader() as reader:
        assert reader.removed_marks().is_empty()


def test_an_id_is_never_given_twice(any_store: Store) -> None:
    filled(any_store, "1001", "1002")
    last = row_of(any_store, "1002")
    draft = Draft()
    draft.delete(last)
    applied(any_store, draft)
    draft = Draft()
    draft.add("1003")
    applied(any_store, draft, "run-2")
    outside(
        any_store,
        "DELETE FROM patron WHERE district_id = '1003'",
        "INSERT INTO patron (site, barcode, district_id) VALUES ('NORTH', 'Z', '1004')",
    )
    assert row_of(any_store, "1004")["id"] > last["id"] + 1


def test_transactions_are_summed_per_patron(any_store: Store) -> None:
    filled(any_store, "1001", "1002", "1003")
    with any_store.reader() as reader:
        ids = reader.patrons(["id"])["id"].to_list()
        assert reader.transactions().is_empty()
    outside(
        any_store,
        f"INSERT INTO checkout (patron_id, site, item_barcode) VALUES ({ids[0]}, 'SOUTH', 'a'), ({ids[0]}, 'NORTH', 'b')",
        f"INSERT INTO checkout (patron_id, site, item_barcode) VALUES ({ids[0]}, 'NORTH', 'b')",
        f"INSERT INTO fine (patron_id, site, amount_cents) VALUES ({ids[0]}, 'NORTH', 500), ({ids[1]}, 'NORTH', -500)",
        f"INSERT INTO hold (patron_id, site, item_barcode) VALUES ({ids[1]}, 'NORTH', 'c')",
    )
    with any_store.reader() as reader:
        found = reader.transactions()
    assert found.schema["checkouts"] == pl.UInt32
    assert found.rows() == [(ids[0], 3, 1, 0, 0, 500, "NORTH,SOUTH"), (ids[1], 0, 0, 1, 1, -500, None)]


@pytest.mark.parametrize("at_once", [1, 2, 50_000])
def test_some_patrons_are_read_in_the_order_of_their_ids_and_unknown_ones_left_out(
    at_once: int, any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.store.reader.FEW", at_once)
    filled(any_store, "1001", "1002", "1003", "1004")
    with any_store.reader() as reader:
        whole = reader.patrons(["id", "district_id"])
    first, _, third, last = whole["id"]
    asked = pl.Series("id", [last, first, third, last + 50, first], dtype=pl.Int64)
    for share in (0.0, 1.0):
        monkeypatch.setattr("runner.store.reader.FEW_OF_MANY", share)
        with any_store.reader() as reader:
            assert reader.population() >= 4
            assert reader.patrons(["district_id", "id"], asked).rows() == [("1001", first), ("1003", third), ("1004", last)]
            assert reader.patrons(["district_id"], asked.clear()).is_empty()
            assert reader.patrons(["id", "site"], asked.head(1)).rows() == [(last, "NORTH")]


def test_an_empty_store_has_no_population(any_store: Store) -> None:
    with any_store.reader() as reader:
        assert reader.population() == 0


def test_a_staff_edit_moves_the_version_and_is_dated(any_store: Store) -> None:
    filled(any_store, "1001", username="ann")
    outside(any_store, "UPDATE patron SET status = 'Restricted', username = 'Ann.New' WHERE district_id = '1001'")
    found = row_of(any_store, "1001")
    assert (found["version"], found["status_cause"], found["username_key"]) == (2, "staff", "ann.new")
    assert found["edited_at"] is not None
    assert found["edited_at"].endswith("Z")
    assert found["status_at"] == found["edited_at"] or found["status_at"] is not None


def test_a_login_name_that_staff_write_is_folded_as_the_planner_folds_it(any_store: Store) -> None:
    filled(any_store, "1001", username="ann")
    names = ["ÉMILE", "Straße", "ΟΔΥΣΣΕΥΣ", "Ёлка.ИВАНОВА", "Nguyễn ĐỨC", "İpek", "Zoë-99", "李小龍", "ﬁona", ""]
    edits = [f"UPDATE patron SET username = '{name}'" for name in names]
    reading = ["SELECT username_key FROM patron"] * len(names)
    told = answers(any_store, *(each for pair in zip(edits, reading, strict=True) for each in pair))
    assert [rows[0][0] for rows in told if rows] == [name.casefold() or None for name in names]


def test_staff_cannot_give_two_patrons_names_that_differ_in_case_alone(any_store: Store) -> None:
    filled(any_store, "1001", "1002")
    outside(any_store, "UPDATE patron SET username = 'émile' WHERE district_id = '1001'")
    for again in (
        "UPDATE patron SET username = 'ÉMILE' WHERE district_id = '1002'",
        "INSERT INTO patron (site, barcode, last_name, username) VALUES ('NORTH', 'H1', 'Hand', 'Émile')",
    ):
        with pytest.raises(AssertionError, match=r"(?i)unique"):
            outside(any_store, again)


def test_a_staff_edit_of_another_field_leaves_the_status_dates(any_store: Store) -> None:
    filled(any_store, "1001")
    outside(any_store, "UPDATE patron SET homeroom = '9' WHERE district_id = '1001'")
    found = row_of(any_store, "1001")
    assert (found["status_at"], found["status_cause"], found["version"]) == (None, None, 2)


def test_a_patron_inserted_by_hand_gets_its_defaults(any_store: Store) -> None:
    outside(any_store, "INSERT INTO patron (site, barcode, last_name, username) VALUES ('NORTH', 'H1', 'Hand', 'Hand.Made')")
    found = row_of(any_store, "NORTH/H1")
    assert (found["version"], found["status"], found["username_key"]) == (1, "Active", "hand.made")
    assert found["added_at"] is not None
    with any_store.reader() as reader:
        assert reader.patrons(["status_cause", "status_at", "added_at"]).row(0)[0] == "staff"


def test_staff_edits_of_associations_move_their_patron(any_store: Store) -> None:
    filled(any_store, "1001")
    versions = []
    for statement in (
        "INSERT INTO association (patron_id, site, barcode) SELECT id, 'SOUTH', 'S1' FROM patron",
        "UPDATE association SET barcode = 'S2'",
        "DELETE FROM association",
    ):
        outside(any_store, statement)
        versions.append(row_of(any_store, "1001")["version"])
    assert versions == [2, 3, 4]


def test_staff_cannot_give_one_barcode_at_one_site_twice(any_store: Store) -> None:
    draft = Draft()
    ref = draft.add("1001")
    draft.associate("insert", ref, owner_ref=ref, site="SOUTH", barcode="S1")
    draft.add("1002")
    applied(any_store, draft)
    for statement in (
        "UPDATE patron SET site = 'SOUTH', barcode = 'S1' WHERE district_id = '1002'",
        "INSERT INTO patron (site, barcode) VALUES ('SOUTH', 'S1')",
        "INSERT INTO association (patron_id, site, barcode) SELECT id, 'NORTH', 'P 1002' FROM patron WHERE district_id = '1001'",
        "UPDATE association SET site = 'NORTH', barcode = 'P 1002'",
    ):
        with pytest.raises(AssertionError, match="barcode"):
            outside(any_store, statement)


def test_empty_text_written_by_hand_reads_as_no_value(any_store: Store) -> None:
    filled(any_store, "1001", homeroom="1")
    outside(any_store, "UPDATE patron SET homeroom = ''")
    with any_store.reader() as reader:
        assert reader.patrons(["homeroom"])["homeroom"].to_list() == [None]


def test_a_column_of_five_thousand_empty_values_then_text_reads_as_text(any_store: Store) -> None:
    draft = Draft()
    for number in range(5_100):
        draft.add(f"{number:05}", homeroom="late" if number >= 5_000 else None)
    applied(any_store, draft)
    with any_store.reader() as reader:
        found = reader.patrons(["district_id", "homeroom", "nickname"])
    assert found.schema["homeroom"] == pl.String
    assert found.schema["nickname"] == pl.String
    assert found.filter(pl.col("homeroom") == "late").height == 100


def test_a_reader_keeps_its_view_while_a_run_commits(any_store: Store) -> None:
    filled(any_store, "1001", homeroom="old")
    with any_store.reader() as reader:
        assert reader.patrons(["id"]).height == 1
        draft = Draft()
        draft.change(row_of(any_store, "1001"), homeroom="new")
        draft.add("1002")
        applied(any_store, draft)
        assert reader.patrons(["homeroom"])["homeroom"].to_list() == ["old"]
    assert row_of(any_store, "1001")["homeroom"] == "new"


def test_the_journal_tells_what_a_run_changed(any_store: Store) -> None:
    filled(any_store, "1001", homeroom="1")
    patron = row_of(any_store, "1001")
    draft = Draft()
    draft.add("1002")
    draft.change(patron, homeroom="2", nickname="Nan")
    applied(any_store, draft)
    changes, values = any_store.changes("run-1")
    assert changes.select("ref", "patron", "action", "version").rows() == [(0, "1002", "add", 1), (1, "1001", "update", 2)]
    assert values.rows() == [(1, "homeroom", "1", "2"), (1, "nickname", None, "Nan")]


def test_a_patrons_history_runs_over_all_runs(any_store: Store) -> None:
    filled(any_store, "1001")
    draft = Draft()
    draft.change(row_of(any_store, "1001"), homeroom="2")
    applied(any_store, draft)
    changes, values = any_store.patron_history(row_of(any_store, "1001")["id"])
    assert changes["action"].to_list() == ["add", "update"]
    assert changes["run"].to_list() == ["run-0", "run-1"]
    assert values.select("field", "before", "after").rows() == [("homeroom", None, "2")]


def test_seen_patrons_are_remembered_and_absent_ones_keep_their_day(any_store: Store) -> None:
    filled(any_store, "1001", "1002")
    ids = {key: row_of(any_store, key)["id"] for key in ("1001", "1002")}
    with any_store.reader() as reader:
        assert sorted(reader.seen_by("demo/students")) == sorted(ids.values())
    draft = Draft()
    draft.seen = [ids["1001"]]
    applied(any_store, draft, now=LATER)
    with any_store.reader() as reader:
        assert dict(reader.last_seen().rows()) == {ids["1001"]: LATER, ids["1002"]: NOW}
        assert reader.seen_by("demo/students").to_list() == [ids["1001"]]
    draft = Draft()
    draft.seen = list(ids.values())
    applied(any_store, draft, "run-2", now=LATER)
    with any_store.reader() as reader:
        assert dict(reader.last_seen().rows()) == dict.fromkeys(ids.values(), LATER)


def test_an_approval_extends_the_baseline(any_store: Store) -> None:
    filled(any_store, "1001")
    draft = Draft()
    draft.change(row_of(any_store, "1001"), homeroom="1")
    draft.add("1002")
    plan = draft.plan()
    hashes = plan.outcomes.select("line", row_hash=pl.col("line").cast(pl.UInt64))
    state = JobState("demo/students", "f", "v", lambda: hashes, None, None, "extend")
    applied(any_store, draft, job_state=state)
    with any_store.reader() as reader:
        baseline = reader.baseline("demo/students")
    assert baseline is not None
    assert sorted(baseline.row_hashes) == [1002, 1003]


def test_sent_values_are_kept_per_job(any_store: Store) -> None:
    draft = Draft()
    ref = draft.add("1001")
    draft.sent.append({"ref": ref, "patron_id": None, "field": "email_1", "value": "a@example.org", "fingerprint": "f"})
    applied(any_store, draft)
    with any_store.reader() as reader:
        assert reader.sent("demo/students").rows() == [(reader.patrons(["id"])["id"][0], "email_1", "a@example.org", "f")]
        assert reader.sent("demo/staff").is_empty()


def test_passwords_are_set_and_cleared(any_store: Store) -> None:
    draft = Draft()
    ref = draft.add("1001", username="ann")
    draft.passwords.append({"ref": ref, "line": 2, "patron_id": None, "password_mac": "mac"})
    hashes = pl.DataFrame({"ref": [ref], "password_hash": ["scrypt$x"], "password_mac": ["mac"]}, schema_overrides={"ref": pl.UInt32})
    applied(any_store, draft, "run-0", hashes=hashes)
    assert outside(any_store, "SELECT password_hash, password_mac FROM patron") == [["scrypt$x", "mac"]]
    patron = row_of(any_store, "1001")
    assert "password_hash" not in patron
    draft = Draft()
    ref = draft.change(patron, "inactivate", cause="removal", status="Inactive")
    draft.clears.append({"ref": ref, "patron_id": patron["id"]})
    applied(any_store, draft)
    assert outside(any_store, "SELECT password_hash, password_mac FROM patron") == [[None, None]]


def test_locks_hold_until_taken_away(any_store: Store) -> None:
    filled(any_store, "1001")
    patron = row_of(any_store, "1001")["id"]
    any_store.lock_field(patron, "homeroom", reason="moved class", owner="Kim", until=LATER.date(), now=NOW)
    with any_store.reader() as reader:
        assert reader.locks().rows() == [(patron, "homeroom", "moved class", "Kim", LATER.date())]
    any_store.unlock_field(patron, "homeroom", owner="Lee", now=LATER)
    with pytest.raises(NotFound):
        any_store.unlock_field(patron, "homeroom", owner="Lee", now=LATER)


def test_a_run_has_a_row_from_its_first_moment(any_store: Store) -> None:
    start(any_store)
    assert any_store.run("run-1").status == "running"
    any_store.finish_run("run-1", RunEnd("failed", LATER, note="the source is missing"))
    row = any_store.run("run-1")
    assert (row.status, row.finished_at, row.note) == ("failed", LATER, "the source is missing")
    assert any_store.runs("demo/students")["id"].to_list() == ["run-1"]
    assert any_store.runs("demo/staff").is_empty()


def test_a_slot_is_claimed_once_and_again_only_after_its_owner_died(any_store: Store) -> None:
    assert any_store.claim_slot(run_start("run-1", slot="2026-11-21T02:00"))
    assert any_store.claim_slot(run_start("run-2", slot="2026-11-21T02:00"))
    assert any_store.run("run-2").attempts == 2
    any_store.finish_run("run-2", RunEnd("complete", NOW))
    assert not any_store.claim_slot(run_start("run-3", slot="2026-11-21T02:00"))


def test_runs_of_dead_owners_become_interrupted(any_store: Store) -> None:
    start(any_store, "run-1")
    start(any_store, "run-2")
    assert any_store.mark_interrupted(NOW, but="run-2") == ["run-1"]
    assert (any_store.run("run-1").status, any_store.run("run-2").status) == ("interrupted", "running")


def test_who_holds_the_lock_is_told_without_taking_it(any_store: Store) -> None:
    assert any_store.held_by() is None
    with any_store.lock("process 42, run run-1"):
        assert "process 42" in str(any_store.held_by())
    assert any_store.held_by() is None


def test_only_one_holds_the_lock_and_the_other_hears_who(any_store: Store) -> None:
    with any_store.lock("process 42, run run-1"), pytest.raises(LockHeld, match="process 42"), any_store.lock("process 43"):
        pass
    with any_store.lock("process 43"):
        pass


def test_opening_a_store_again_changes_nothing(store_location: str) -> None:
    first = open_store(store_location, create=True, now=NOW)
    filled(first, "1001")
    again = open_store(store_location, create=False, now=NOW)
    assert row_of(again, "1001")["district_id"] == "1001"
