"""The calendar of the removal policy, worked by hand. (docs/domain.md section 6.)"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from runner.policy.calendar import days_since, end_year, local_date, reached_age, shown


@pytest.mark.parametrize(
    ("today", "month", "expected"),
    [
        (date(2026, 10, 15), 8, 2027),
        (date(2026, 7, 31), 8, 2026),
        (date(2026, 8, 1), 8, 2027),
        (date(2026, 1, 1), 1, 2026),
        (date(2026, 12, 31), 1, 2026),
        (date(2026, 12, 31), 12, 2027),
        (date(2026, 11, 30), 12, 2026),
        (date(2026, 2, 1), 2, 2027),
    ],
)
def test_the_statistical_year_ends_in_the_year_that_its_first_month_says(today: date, month: int, expected: int) -> None:
    assert end_year(today, month) == expected


@pytest.mark.parametrize(
    ("born", "today", "years", "expected"),
    [
        ("2008-02-29", date(2026, 2, 28), 18, False),
        ("2008-02-29", date(2026, 3, 1), 18, True),
        ("2008-02-29", date(2028, 2, 29), 20, True),
        ("2008-02-29", date(2028, 2, 28), 20, False),
        ("2001-10-15", date(2026, 10, 15), 25, True),
        ("2001-10-16", date(2026, 10, 15), 25, False),
        (None, date(2026, 10, 15), 0, False),
    ],
)
def test_an_age_is_reached_on_the_birthday_and_a_leap_day_counts_from_the_first_of_march(
    born: str | None, today: date, years: int, expected: bool
) -> None:
    frame = pl.DataFrame({"born": [born]}, schema={"born": pl.String}).select(pl.col("born").str.to_date())
    assert frame.select(reached_age(pl.col("born"), years, today)).item() is expected


def test_days_are_counted_between_local_dates_not_between_instants() -> None:
    late_evening = datetime(2026, 10, 15, 4, 30, tzinfo=UTC)  # 23:30 on the 14th in Chicago
    frame = pl.DataFrame({"at": [late_evening]}, schema={"at": pl.Datetime("us", "UTC")})
    day = local_date(pl.col("at"), ZoneInfo("America/Chicago"))
    assert frame.select(days_since(day, date(2026, 10, 15))).item() == 1


def test_a_time_in_the_future_counts_as_age_zero() -> None:
    frame = pl.DataFrame({"day": [date(2026, 10, 20)]})
    assert frame.select(days_since(pl.col("day"), date(2026, 10, 15))).item() == 0


def test_a_day_never_known_has_no_age() -> None:
    frame = pl.DataFrame({"day": [None]}, schema={"day": pl.Date})
    assert frame.select(days_since(pl.col("day"), date(2026, 10, 15))).item() is None


def test_a_date_is_shown_as_people_read_it() -> None:
    assert pl.DataFrame({"day": [date(2026, 5, 3)]}).select(shown(pl.col("day"))).item() == "3 May 2026"
