"""The steps A to D of the removal policy, worked by hand. (docs/domain.md section 6.)

It is 15 October 2026 in Chicago where nothing else is said.
"""

from __future__ import annotations

from datetime import date

import pytest

from tests.policy.bench_of_one import fate, patron, policy, reason

TWO_WEEKS = policy(not_updated_in_days=14)
SENIORS = policy(graduated_seniors=True)
A_YEAR = policy(inactive_days=365)
UNDER_FIVE = policy(inactive_days=365, fines_below="5.00")
ANYTHING = policy(inactive_days=365, only_if="anything")
LONG_GONE = "2020-06-01"


# Step A: not seen, added or edited.


@pytest.mark.parametrize(("seen", "expected"), [("2026-10-02", "nothing"), ("2026-10-01", "nothing"), ("2026-09-30", "inactivate")])
def test_a_patron_is_inactivated_after_more_than_the_days_and_not_on_the_day(seen: str, expected: str) -> None:
    assert fate(patron(seen=seen), TWO_WEEKS) == expected


@pytest.mark.parametrize("what", ["added", "edited"])
def test_being_added_or_edited_counts_like_being_seen(what: str) -> None:
    assert fate(patron(seen="2026-01-01", **{what: "2026-10-10"}), TWO_WEEKS) == "nothing"


def test_with_0_days_whoever_was_seen_yesterday_leaves_and_whoever_was_seen_today_stays() -> None:
    at_once = policy(not_updated_in_days=0)
    assert fate(patron(seen="2026-10-14"), at_once) == "inactivate"
    assert fate(patron(seen="2026-10-15"), at_once) == "nothing"


def test_days_are_local_dates_so_that_23_30_is_still_the_day_before() -> None:
    assert fate(patron(seen="2026-10-14 23:30"), policy(not_updated_in_days=0)) == "inactivate"
    assert fate(patron(seen="2026-10-15 00:00"), policy(not_updated_in_days=0)) == "nothing"


def test_the_day_of_the_change_to_winter_time_is_one_day() -> None:
    after_it = date(2026, 11, 2)
    assert fate(patron(seen="2026-11-01 00:30"), policy(not_updated_in_days=1), after_it) == "nothing"
    assert fate(patron(seen="2026-10-31 23:30"), policy(not_updated_in_days=1), after_it) == "inactivate"


def test_a_time_in_the_future_counts_as_age_0() -> None:
    assert fate(patron(seen="2027-01-01"), policy(not_updated_in_days=0)) == "nothing"


@pytest.mark.parametrize(("status", "expected"), [("Active", "inactivate"), ("Restricted", "inactivate"), ("Inactive", "nothing")])
def test_active_and_restricted_patrons_become_inactive(status: str, expected: str) -> None:
    assert fate(patron(seen="2026-01-01", status=status), TWO_WEEKS) == expected


# Step B: graduated seniors.


def test_the_example_of_the_rules_page() -> None:
    senior = patron(grade_level="12", graduation_year="2026")
    assert fate(senior, SENIORS, date(2026, 10, 15)) == "graduated_seniors"
    assert fate(senior, SENIORS, date(2026, 7, 15)) == "nothing"


@pytest.mark.parametrize(("today", "expected"), [(date(2026, 7, 31), "nothing"), (date(2026, 8, 1), "graduated_seniors")])
def test_the_statistical_year_turns_on_the_first_of_its_month(today: date, expected: str) -> None:
    assert fate(patron(grade_level="12", graduation_year="2026"), SENIORS, today) == expected


@pytest.mark.parametrize(("today", "expected"), [(date(2026, 12, 31), "nothing"), (date(2027, 1, 1), "graduated_seniors")])
def test_a_statistical_year_that_starts_in_january_is_the_calendar_year(today: date, expected: str) -> None:
    january = policy(graduated_seniors=True, year_starts_in=1)
    assert fate(patron(grade_level="12", graduation_year="2026"), january, today) == expected


@pytest.mark.parametrize(
    "debt", [{"checkouts": ["NORTH"]}, {"fines": [100]}, {"fines": [-100]}, {"fines": [500, -500]}, {"holds": 1}, {"fines": [0]}]
)
def test_any_transaction_keeps_a_senior_even_a_refund_a_hold_or_entries_that_cancel_out(debt: dict) -> None:
    assert fate(patron(grade_level="12", graduation_year="2026", **debt), SENIORS) == "kept for debts"


@pytest.mark.parametrize("year", ["26", "20x6", None, "02026"])
def test_what_is_no_year_graduates_nobody(year: str | None) -> None:
    assert fate(patron(grade_level="12", graduation_year=year), SENIORS) == "nothing"


def test_a_graduation_year_that_is_not_before_the_end_of_the_year_is_kept() -> None:
    assert fate(patron(grade_level="12", graduation_year="2027"), SENIORS) == "nothing"


def test_only_graduating_grades_graduate() -> None:
    assert fate(patron(grade_level="11", graduation_year="2026"), SENIORS) == "nothing"
    assert (
        fate(patron(grade_level="13", graduation_year="2026"), policy(graduated_seniors=True, grades=("12", "13"))) == "graduated_seniors"
    )


# Step C: long inactive.


@pytest.mark.parametrize(("since", "expected"), [("2025-10-16", "nothing"), ("2025-10-15", "inactive"), ("2025-10-14", "inactive")])
def test_an_inactive_patron_is_deleted_on_the_day_itself(since: str, expected: str) -> None:
    assert fate(patron(inactive_since=since), A_YEAR) == expected


def test_with_0_days_who_became_inactive_today_is_deleted_but_not_who_became_it_in_this_run() -> None:
    at_once = policy(inactive_days=0)
    assert fate(patron(inactive_since="2026-10-15"), at_once) == "inactive"
    assert fate(patron(inactive_since="2026-10-15", just_now=True), at_once) == "nothing"


@pytest.mark.parametrize(
    ("debt", "plain", "under_five"),
    [
        ({}, "inactive", "inactive"),
        ({"checkouts": ["NORTH"]}, "kept for debts", "kept for debts"),
        ({"fines": [1]}, "kept for debts", "inactive"),
        ({"fines": [499]}, "kept for debts", "inactive"),
        ({"fines": [500]}, "kept for debts", "kept for debts"),
        ({"fines": [800, -301]}, "kept for debts", "inactive"),
        ({"fines": [800, -300]}, "kept for debts", "kept for debts"),
        ({"fines": [-700]}, "inactive", "inactive"),
        ({"fines": [0]}, "inactive", "inactive"),
        ({"holds": 3}, "inactive", "inactive"),
    ],
)
def test_fines_refunds_and_holds_under_each_condition(debt: dict, plain: str, under_five: str) -> None:
    one = patron(inactive_since=LONG_GONE, **debt)
    assert (fate(one, A_YEAR), fate(one, UNDER_FIVE), fate(one, ANYTHING)) == (plain, under_five, "inactive")


@pytest.mark.parametrize(("balance", "expected"), [(114, "inactive"), (115, "kept for debts")])
def test_a_limit_of_1_15_is_exact_to_the_cent(balance: int, expected: str) -> None:
    assert fate(patron(inactive_since=LONG_GONE, fines=[balance]), policy(inactive_days=365, fines_below="1.15")) == expected


# Step D: patrons with transactions.


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 2, 28), "nothing"),
        (date(2026, 3, 1), "with_transactions"),
    ],
)
def test_a_child_of_29_february_comes_of_age_on_1_march(today: date, expected: str) -> None:
    assert fate(patron(birth_date="2008-02-29", holds=1), policy(debtors=("age", 18)), today) == expected


@pytest.mark.parametrize(("today", "expected"), [(date(2028, 2, 28), "nothing"), (date(2028, 2, 29), "with_transactions")])
def test_in_a_leap_year_a_child_of_29_february_has_its_birthday(today: date, expected: str) -> None:
    assert fate(patron(birth_date="2008-02-29", holds=1), policy(debtors=("age", 20)), today) == expected


def test_without_a_birth_date_nobody_comes_of_age() -> None:
    assert fate(patron(birth_date=None, holds=1), policy(debtors=("age", 0))) == "nothing"


def test_step_d_is_for_patrons_with_transactions_only() -> None:
    assert fate(patron(birth_date="1990-01-01"), policy(debtors=("age", 25))) == "nothing"


@pytest.mark.parametrize(("year", "expected"), [("2025", "nothing"), ("2024", "with_transactions")])
def test_years_since_graduation_are_counted_by_the_calendar_whatever_the_status(year: str, expected: str) -> None:
    assert fate(patron(graduation_year=year, fines=[1]), policy(debtors=("graduated_years", 2)), date(2026, 1, 1)) == expected


@pytest.mark.parametrize(("since", "expected"), [("2026-09-16", "nothing"), ("2026-09-15", "with_transactions")])
def test_inactive_days_of_step_d(since: str, expected: str) -> None:
    assert fate(patron(inactive_since=since, fines=[1]), policy(debtors=("inactive_days", 30))) == expected


# Order, scope, circulation.


def test_a_deletion_wins_over_an_inactivation_and_the_first_step_gives_the_reason() -> None:
    everything = policy(not_updated_in_days=14, graduated_seniors=True, inactive_days=0, debtors=("age", 18))
    gone = {"seen": "2026-01-01", "grade_level": "12", "graduation_year": "2026", "birth_date": "2008-01-01"}
    assert fate(patron(**gone), everything) == "graduated_seniors"
    assert fate(patron(**gone, fines=[1]), everything) == "with_transactions"
    assert fate(patron(**{**gone, "grade_level": "11"}, inactive_since=LONG_GONE), everything) == "inactive"


def test_without_good_circulation_tables_nobody_is_deleted_and_the_leaver_becomes_inactive() -> None:
    everything = policy(not_updated_in_days=14, graduated_seniors=True)
    gone = patron(seen="2026-01-01", grade_level="12", graduation_year="2026")
    assert fate(gone, everything, deletions=False) == "inactivate"


def test_scope_filters_join_with_and() -> None:
    both = policy(not_updated_in_days=14, everyone=False, patron_types=("Student",), access_levels=("Patron",))
    gone = "2026-01-01"
    assert fate(patron(seen=gone), both) == "inactivate"
    assert fate(patron(seen=gone, access_level="Helper"), both) == "nothing"
    assert fate(patron(seen=gone, patron_type="Staff"), both) == "nothing"


def test_a_type_that_the_district_does_not_list_has_the_persona_other() -> None:
    others = policy(not_updated_in_days=14, everyone=False, scope_personas=("other",))
    assert fate(patron(seen="2026-01-01", patron_type="Band"), others) == "inactivate"
    assert fate(patron(seen="2026-01-01", patron_type="Student"), others) == "nothing"


# Words.


def test_the_reason_tells_what_a_reader_would_ask() -> None:
    assert reason(patron(grade_level="12", graduation_year="2026"), SENIORS) == "grade 12, graduated 2026, no transactions"
    assert reason(patron(inactive_since="2025-05-03", fines=[-250]), A_YEAR) == "inactive since 3 May 2025; 1 refund of 2.50"
    kept = reason(patron(inactive_since="2025-05-03", fines=[350], checkouts=["NORTH", "NORTH"]), A_YEAR)
    assert kept == "inactive since 3 May 2025; kept for 2 checkouts at NORTH, 1 fine with a balance of 3.50"
