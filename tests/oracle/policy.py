"""Who is inactivated, deleted or kept, and by which rule: one borrower at a time, as docs/domain.md section 6 says it. No frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

Values = dict[str, str | None]


@dataclass
class Borrower:
    """A patron on the decision moment: the store after the file's changes. `values`: fields, those of the primary association among them.

    Instants are UTC; None: never, or not known. `status_moved`: its status changed in this run. `fines` in cents, refunds below zero.
    """

    id: int
    values: Values
    added_at: datetime | None = None
    edited_at: datetime | None = None
    status_at: datetime | None = None
    seen_at: datetime | None = None
    status_moved: bool = False
    checkouts: list[str] = field(default_factory=list)
    fines: list[int] = field(default_factory=list)
    holds: int = 0
    password: str | None = None

    def get(self, name: str) -> str | None:
        return self.values.get(name) or None


@dataclass
class Leavers:
    """The settings of one job's removal policy and of its district."""

    zone: str = "America/Chicago"
    year_starts_in: int = 8
    grades: tuple[str, ...] = ("12",)
    personas: dict[str, str] = field(default_factory=lambda: {"Student": "student", "Staff": "staff"})
    everyone: bool = True
    patron_types: tuple[str, ...] = ()
    access_levels: tuple[str, ...] = ()
    scope_personas: tuple[str, ...] = ()
    not_updated_in_days: int | None = None
    clear_homeroom: bool = False
    disable_login: bool = False
    graduated_seniors: bool = False
    inactive_days: int | None = None
    only_if: str | Decimal = "no_checkouts_no_fines"
    debtors: tuple[str, int] | None = None  # ("inactive_days" | "graduated_years" | "age", N)


@dataclass(frozen=True)
class Decision:
    action: str
    rule: str


def decisions(borrowers: Sequence[Borrower], settings: Leavers, today: date, *, deletions: bool) -> dict[int, Decision]:
    """The one final decision on each borrower that gets one. `deletions`: whether all tables of circulation are good."""
    found = {each.id: decision(each, settings, today, deletions=deletions) for each in borrowers}
    return {number: each for number, each in found.items() if each}


def decision(one: Borrower, settings: Leavers, today: date, *, deletions: bool) -> Decision | None:
    """Steps B, C and D delete, and a deletion supersedes the inactivation of step A."""
    if not in_scope(one, settings):
        return None
    if deletions and graduated(one, settings, today) and not transactions(one):
        return Decision("delete", "graduated_seniors")
    if deletions and long_inactive(one, settings.inactive_days, settings, today) and forgiven(one, settings.only_if):
        return Decision("delete", "inactive")
    if deletions and transactions(one) and debtor_falls_due(one, settings, today):
        return Decision("delete", "with_transactions")
    if settings.not_updated_in_days is not None and one.get("status") in ("Active", "Restricted"):
        known = [at for at in (one.seen_at, one.added_at, one.edited_at) if at is not None]
        if known and days(max(known), settings, today) > settings.not_updated_in_days:
            return Decision("inactivate", "inactivate")
    return None


def kept_for_debts(borrowers: Sequence[Borrower], settings: Leavers, today: date) -> set[int]:
    """Whom B or C would delete but for what they have borrowed or owe, and nothing else deletes."""
    kept = set()
    for one in borrowers:
        decided = decision(one, settings, today, deletions=True)
        if not in_scope(one, settings) or (decided and decided.action == "delete"):
            continue
        if graduated(one, settings, today) or long_inactive(one, settings.inactive_days, settings, today):
            kept.add(one.id)
    return kept


def in_scope(one: Borrower, settings: Leavers) -> bool:
    """Filters join with *and*; each is judged on the primary association. An unknown type has the persona `other`."""
    kind = one.get("patron_type")
    persona = settings.personas.get(kind, "other") if kind else "other"
    return (
        (not settings.patron_types or kind in settings.patron_types)
        and (not settings.access_levels or one.get("access_level") in settings.access_levels)
        and (not settings.scope_personas or persona in settings.scope_personas)
    )


def graduated(one: Borrower, settings: Leavers, today: date) -> bool:
    """Step B but for the transactions."""
    year = graduation_year(one)
    return (
        settings.graduated_seniors and one.get("grade_level") in settings.grades and year is not None and year < end_year(settings, today)
    )


def long_inactive(one: Borrower, wanted: int | None, settings: Leavers, today: date) -> bool:
    """Inactive for N days or more, and not only since this run."""
    if wanted is None or one.get("status") != "Inactive" or one.status_moved or one.status_at is None:
        return False
    return days(one.status_at, settings, today) >= wanted


def forgiven(one: Borrower, only_if: str | Decimal) -> bool:
    """The condition of step C."""
    if only_if == "anything":
        return True
    if one.checkouts:
        return False
    if only_if == "no_checkouts_no_fines":
        return not any(amount > 0 for amount in one.fines)
    return Decimal(sum(one.fines)) < Decimal(only_if) * 100


def debtor_falls_due(one: Borrower, settings: Leavers, today: date) -> bool:
    """Step D but for the transactions."""
    if settings.debtors is None:
        return False
    kind, number = settings.debtors
    if kind == "inactive_days":
        return long_inactive(one, number, settings, today)
    if kind == "graduated_years":
        year = graduation_year(one)
        return year is not None and today.year - year >= number
    return reached(one.get("birth_date"), number, today)


def transactions(one: Borrower) -> bool:
    """At least one entry, even where fines and refunds sum to zero."""
    return bool(one.checkouts or one.fines or one.holds)


def days(at: datetime, settings: Leavers, today: date) -> int:
    """Between local dates; a time in the future counts as age 0."""
    return max(0, (today - at.astimezone(ZoneInfo(settings.zone)).date()).days)


def end_year(settings: Leavers, today: date) -> int:
    """The year in which the statistical year ends."""
    return today.year + 1 if settings.year_starts_in != 1 and today.month >= settings.year_starts_in else today.year


def reached(born: str | None, years: int, today: date) -> bool:
    """Whether somebody is `years` old. Without a readable birth date never; 29 February comes of age on 1 March."""
    try:
        day = date.fromisoformat(born or "")
    except ValueError:
        return False
    try:
        birthday = day.replace(year=day.year + years)
    except ValueError:
        birthday = date(day.year + years, 3, 1)
    return today >= birthday


def graduation_year(one: Borrower) -> int | None:
    year = one.get("graduation_year") or ""
    return int(year) if year.isascii() and year.isdigit() and len(year) == 4 and 1900 <= int(year) <= 2199 else None


def disabled_login(name: str) -> str:
    """The login's new name, where nobody else has it: the prefix once, cut to fit 50."""
    return name if name.startswith("Inactive-") else f"Inactive-{name}"[:50]
