"""When a job runs, its switches, and whom it may remove, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from typing import Literal

from runner.job.district_model import Persona

RunKind = Literal["full", "incremental"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """`days` has seven entries, Monday first; None: no run that day."""

    at: time
    days: tuple[RunKind | None, ...]
    on_missed: Literal["last", "skip"]
    grace: timedelta
    expect_by: time | None


@dataclass(frozen=True, slots=True)
class Options:
    allow_delete_with_transactions: bool = False
    summary: Literal["errors_and_warnings", "all"] = "errors_and_warnings"
    keep_runs: int = 30


@dataclass(frozen=True, slots=True)
class Scope:
    """Filters join with *and*; an empty tuple filters nothing. `everyone` is written when there is no filter."""

    everyone: bool = False
    patron_types: tuple[str, ...] = ()
    access_levels: tuple[str, ...] = ()
    personas: tuple[Persona, ...] = ()


@dataclass(frozen=True, slots=True)
class Inactivate:
    not_updated_in_days: int
    clear_homeroom: bool = False
    disable_login: bool = False


@dataclass(frozen=True, slots=True)
class DeleteInactive:
    """`only_if`: "no_checkouts_no_fines", "anything", or a Decimal: fines below that balance."""

    days: int
    only_if: Literal["no_checkouts_no_fines", "anything"] | Decimal


@dataclass(frozen=True, slots=True)
class DeleteWithTransactions:
    """Exactly one is set."""

    inactive_days: int | None = None
    graduated_years: int | None = None
    age: int | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    when_records_read_over: int
    scope: Scope
    inactivate: Inactivate | None
    graduated_seniors: bool
    delete_inactive: DeleteInactive | None
    delete_with_transactions: DeleteWithTransactions | None
