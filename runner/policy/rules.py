"""The rules of inactivation and deletion. Each takes the projected patrons in scope and gives decisions with their reasons.

Every rule gives `row` UInt32, `action`, `rule`, `reason` String for the patrons it decides. (docs/domain.md section 6; the steps A, B, C
and D of Destiny's schedule page.) The projected frame has, besides what runner.policy.projection gives, `touched` and `status_day`
(Date, local).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl

from runner.job.model import DeleteInactive, DeleteWithTransactions, Inactivate
from runner.policy.calendar import days_since, reached_age, shown


def stale(patrons: pl.DataFrame, setting: Inactivate, today: date) -> pl.DataFrame:
    """Step A: Active and Restricted patrons not seen, added or edited for more than N local days become Inactive."""
    chosen = pl.col("status").is_in(["Active", "Restricted"]) & (days_since(pl.col("touched"), today) > setting.not_updated_in_days)
    return _decided(patrons, chosen, "inactivate", "inactivate", pl.format("no update since {}; {}", shown(pl.col("touched")), owes()))


def graduated_seniors(patrons: pl.DataFrame, grades: tuple[str, ...], end_year: int) -> pl.DataFrame:
    """Step B: graduating grade, graduation year before the end of the statistical year, and no transactions."""
    reason = pl.format("grade {}, graduated {}, no transactions", "grade_level", "graduation_year")
    return _decided(patrons, _graduated(grades, end_year) & ~has_transactions(), "delete", "graduated_seniors", reason)


def long_inactive(patrons: pl.DataFrame, setting: DeleteInactive, today: date) -> pl.DataFrame:
    """Step C: inactive for N local days or more, and the condition on debts. Nobody who became inactive in this run."""
    reason = pl.format("inactive since {}; {}", shown(pl.col("status_day")), owes())
    return _decided(patrons, _inactive_for(setting.days, today) & _free_of_debt(setting.only_if), "delete", "inactive", reason)


def with_transactions(patrons: pl.DataFrame, setting: DeleteWithTransactions, today: date) -> pl.DataFrame:
    """Step D: patrons that have transactions, by days inactive, years since graduation, or age."""
    if setting.inactive_days is not None:
        chosen = _inactive_for(setting.inactive_days, today)
        why = pl.format("inactive since {}; {}", shown(pl.col("status_day")), owes())
    elif setting.graduated_years is not None:
        chosen = (pl.lit(today.year) - graduation_year() >= setting.graduated_years).fill_null(False)
        why = pl.format("graduated {}; {}", "graduation_year", owes())
    else:
        born = pl.col("birth_date").str.to_date("%Y-%m-%d", strict=False)
        chosen = reached_age(born, setting.age or 0, today)
        why = pl.format("has reached the age of {}; {}", pl.lit(setting.age), owes())
    return _decided(patrons, chosen & has_transactions(), "delete", "with_transactions", why)


def kept_for_debts(
    patrons: pl.DataFrame, seniors: tuple[tuple[str, ...], int] | None, inactive: DeleteInactive | None, today: date
) -> pl.DataFrame:
    """Patrons that step B or C would delete but for what they have borrowed or owe: `row`, `reason`."""
    kept: list[pl.DataFrame] = []
    if seniors is not None:
        reason = pl.format("graduated {}; kept for {}", "graduation_year", owes())
        kept.append(patrons.filter(_graduated(*seniors) & has_transactions()).rechunk().select("row", reason=reason))
    if inactive is not None:
        reason = pl.format("inactive since {}; kept for {}", shown(pl.col("status_day")), owes())
        blocked = _inactive_for(inactive.days, today) & ~_free_of_debt(inactive.only_if)
        kept.append(patrons.filter(blocked).rechunk().select("row", reason=reason))
    nobody = pl.DataFrame(schema={"row": pl.UInt32, "reason": pl.String})
    return pl.concat([nobody, *kept]).unique("row", keep="first", maintain_order=True)


def graduation_year() -> pl.Expr:
    """The year as Int32; null where the store holds anything but a year from 1900 to 2199, for staff type by hand and "26" is no year."""
    year = pl.col("graduation_year")
    return pl.when(year.str.contains(r"^(19|20|21)[0-9]{2}$")).then(year).cast(pl.Int32, strict=False)


def has_transactions() -> pl.Expr:
    """At least one checkout, fine, refund or hold, even where fines and refunds sum to zero."""
    return pl.sum_horizontal("checkouts", "fines", "refunds", "holds") > 0


def owes() -> pl.Expr:
    """What a patron has and owes, in words: "2 checkouts at NORTH, 3.50 in fines", or "no transactions"."""
    sites = pl.when(pl.col("checkout_sites").fill_null("") != "").then(pl.format(" at {}", pl.col("checkout_sites").fill_null("")))
    checkouts = pl.concat_str(_counted("checkouts", "checkout"), sites.otherwise(pl.lit("")), ignore_nulls=False)
    parts = pl.concat_list(
        pl.when(pl.col("checkouts") > 0).then(checkouts),
        pl.when(pl.col("fines") > 0).then(pl.format("{} with a balance of {}", _counted("fines", "fine"), _money())),
        pl.when((pl.col("refunds") > 0) & (pl.col("fines") == 0)).then(
            pl.format("{} of {}", _counted("refunds", "refund"), _money().str.strip_prefix("-"))
        ),
        pl.when(pl.col("holds") > 0).then(_counted("holds", "hold")),
    )
    return pl.when(has_transactions()).then(parts.list.drop_nulls().list.join(", ")).otherwise(pl.lit("no transactions"))


def _decided(patrons: pl.DataFrame, chosen: pl.Expr, action: str, rule: str, reason: pl.Expr) -> pl.DataFrame:
    # In one piece: polars 2.1 panics in pl.format where a filter leaves the first piece of a column empty.
    return patrons.filter(chosen).rechunk().select("row", action=pl.lit(action), rule=pl.lit(rule), reason=reason)


def _graduated(grades: tuple[str, ...], end_year: int) -> pl.Expr:
    return pl.col("grade_level").is_in(list(grades)).fill_null(False) & (graduation_year() < end_year).fill_null(False)


def _inactive_for(days: int, today: date) -> pl.Expr:
    long_enough = (days_since(pl.col("status_day"), today) >= days).fill_null(False)
    return (pl.col("status") == "Inactive").fill_null(False) & long_enough & ~pl.col("changed_now")


def _free_of_debt(only_if: str | Decimal) -> pl.Expr:
    if only_if == "anything":
        return pl.lit(True)
    if isinstance(only_if, Decimal):
        return (pl.col("checkouts") == 0) & (pl.col("balance_cents") < int(only_if * 100))
    return (pl.col("checkouts") == 0) & (pl.col("fines") == 0)


def _counted(column: str, noun: str) -> pl.Expr:
    number = pl.col(column)
    return pl.when(number == 1).then(pl.lit(f"1 {noun}")).otherwise(pl.format(f"{{}} {noun}s", number))


def _money() -> pl.Expr:
    cents = pl.col("balance_cents")
    sign = pl.when(cents < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.concat_str(sign, (cents.abs() // 100).cast(pl.String), pl.lit("."), (cents.abs() % 100).cast(pl.String).str.zfill(2))
