"""Why the policy would or would not inactivate or delete one patron today, rule by rule with figures.

The verdicts come from the rules themselves (runner.policy.rules), the figures from the columns and expressions that the rules use:
nothing is decided here a second time. (docs/domain.md section 6.)
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import polars as pl
from msgspec import Struct

from runner.counted import counted
from runner.job.model import District, Removal
from runner.policy import rules
from runner.policy.calendar import days_since, end_year, shown
from runner.policy.decide import dated, decide
from runner.policy.locked import stays_active
from runner.policy.scope import in_scope


class Finding(Struct, frozen=True):
    """One rule about one patron. `applies`: the rule alone would act; `text` says why, or what is missing, with the figures."""

    rule: str
    action: str
    applies: bool
    text: str


class Explained(Struct, frozen=True):
    """`in_scope`: whether the job's policy may touch the patron at all. `action`, `rule`, `reason`: what a full run with open gates would
    do today, None for nothing. `findings`: every rule that the job has, in the order in which they are asked."""

    in_scope: bool
    action: str | None
    rule: str | None
    reason: str | None
    findings: tuple[Finding, ...]


def explain(patron: pl.DataFrame, removal: Removal, district: District, today: date, *, deletions: bool, locks: pl.DataFrame) -> Explained:
    """What the policy makes of `patron` (one row of runner.policy.projection) on the local date `today`.

    Without `deletions` (the circulation tables are not good) only step A acts, as in a run. `locks`: those in force
    (runner.plan.ownership.locks_in_force)."""
    decided = decide(patron, removal, district, today, deletions=deletions).frame
    final = decided.filter(~stays_active(locks))
    action, rule, reason = final.select("action", "rule", "reason").row(0) if final.height else (None, None, None)
    row = dated(patron, district).with_row_index("row")
    inside = not row.filter(in_scope(removal.scope, district)).is_empty()
    stays = decided.height > final.height
    return Explained(
        inside, action, rule, reason, tuple(_held(each) if stays else each for each in _findings(row, removal, district, today))
    )


def _held(finding: Finding) -> Finding:
    """The finding about a patron whose status staff locked: nobody is inactivated against that."""
    if finding.action != "inactivate":
        return finding
    return Finding(finding.rule, finding.action, False, f"{finding.text}; but its status is locked")


def _findings(row: pl.DataFrame, removal: Removal, district: District, today: date) -> Iterator[Finding]:
    if removal.inactivate is not None:
        days = removal.inactivate.not_updated_in_days
        yield _finding("inactivate", "inactivate", rules.stale(row, removal.inactivate, today), row, _update(days, today))
    if removal.graduated_seniors:
        last = end_year(today, district.statistical_year_starts_in)
        decided = rules.graduated_seniors(row, district.graduating_grades, last)
        yield _finding("graduated_seniors", "delete", decided, row, _graduation(district.graduating_grades, last))
    if removal.delete_inactive is not None:
        setting = removal.delete_inactive
        wanted = pl.format(
            "{}; deletes Inactive ones after {}, {}", _inactive(today), pl.lit(_days(setting.days)), pl.lit(_condition(setting.only_if))
        )
        yield _finding("inactive", "delete", rules.long_inactive(row, setting, today), row, wanted)
    if removal.delete_with_transactions is not None:
        having = removal.delete_with_transactions
        if having.inactive_days is not None:
            text = pl.format("{}; deletes Inactive ones after {}", _inactive(today), pl.lit(_days(having.inactive_days)))
        elif having.graduated_years is not None:
            years = counted(having.graduated_years, "year", "years")
            text = pl.format("graduation year {}; deletes {} later", _or_none("graduation_year"), pl.lit(years))
        else:
            text = pl.format("birth date {}; deletes at the age of {}", _or_none("birth_date"), pl.lit(having.age))
        wanted = pl.format("{}, and only patrons with transactions", text)
        yield _finding("with_transactions", "delete", rules.with_transactions(row, having, today), row, wanted)


def _finding(rule: str, action: str, decided: pl.DataFrame, row: pl.DataFrame, figures: pl.Expr) -> Finding:
    # Who is inactivated may owe what they like; a deletion looks at it.
    has = pl.format("{}; it has {}", figures, rules.owes()) if action == "delete" else figures
    text = row.select(has).item()
    return Finding(rule, action, decided.height > 0, str(text))


def _update(days: int, today: date) -> pl.Expr:
    last = pl.format("{}, last update {} ({} ago)", "status", shown(pl.col("touched")), _days_since("touched", today))
    return pl.format("{}; inactivates Active and Restricted after more than {}", last, pl.lit(_days(days)))


def _graduation(grades: tuple[str, ...], last: int) -> pl.Expr:
    now = pl.format("grade {}, graduation year {}", _or_none("grade_level"), _or_none("graduation_year"))
    wanted = pl.lit(f"deletes grade {' or '.join(grades)} with a graduation year before {last} and no transactions")
    return pl.format("{}; {}", now, wanted)


def _inactive(today: date) -> pl.Expr:
    since = pl.format("{} since {} ({})", "status", shown(pl.col("status_day")), _days_since("status_day", today))
    return pl.coalesce(since, "status")


def _days(days: int) -> str:
    return counted(days, "day", "days")


def _days_since(column: str, today: date) -> pl.Expr:
    days = days_since(pl.col(column), today)
    return pl.when(days == 1).then(pl.lit("1 day")).otherwise(pl.format("{} days", days))


def _condition(only_if: str | Decimal) -> str:
    if isinstance(only_if, Decimal):
        return f"without checkouts and with a balance under {only_if:.2f}"
    return "whatever it has borrowed or owes" if only_if == "anything" else "without checkouts and fines"


def _or_none(column: str) -> pl.Expr:
    return pl.col(column).fill_null("none")
