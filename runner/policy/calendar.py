"""The calendar of the removal policy: local days, the statistical year, coming of age. (docs/domain.md section 6.)"""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import polars as pl


def end_year(today: date, starts_in: int) -> int:
    """The year in which the statistical year of `today` ends; `starts_in` is its first month, 1 to 12."""
    if starts_in == 1:
        return today.year
    return today.year + 1 if today.month >= starts_in else today.year


def local_date(instant: pl.Expr, zone: ZoneInfo) -> pl.Expr:
    """The Date that the calendar of `zone` showed at an instant (Datetime in UTC); null for null."""
    return instant.dt.convert_time_zone(zone.key).dt.date()


def days_since(day: pl.Expr, today: date) -> pl.Expr:
    """Whole local days from `day` to `today`, never below 0: a time in the future counts as age 0. Null for null."""
    passed = (pl.lit(today) - day).dt.total_days()
    return pl.when(passed < 0).then(0).otherwise(passed)


def reached_age(birth_date: pl.Expr, years: int, today: date) -> pl.Expr:
    """Whether somebody born on `birth_date` (Date) has reached `years` by `today`; false without a birth date.

    A birthday on 29 February falls on 1 March in a common year, for (month, day) is compared as a number."""
    born = birth_date.dt.year()
    before_birthday = pl.lit(today.month * 100 + today.day) < birth_date.dt.month().cast(pl.Int32) * 100 + birth_date.dt.day()
    age = pl.lit(today.year) - born - before_birthday.cast(pl.Int32)
    return (age >= years).fill_null(False)


def shown(day: pl.Expr) -> pl.Expr:
    """A date as people read it: 3 May 2026."""
    return day.dt.strftime("%-d %B %Y")
