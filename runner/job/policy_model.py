"""When a job runs, its switches, and whom it may remove, as frozen values."""

from __future__ import annotations

from datetime import time, timedelta
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from runner.job.district_model import Persona

RunKind = Literal["full", "incremental"]


class Schedule(Struct, frozen=True):
    """`days` has seven entries, Monday first; None: no run that day. `wait_for_file`: how long after `at` a file that is not to be had is
    looked for again; None: not at all."""

    at: time
    days: tuple[RunKind | None, ...]
    on_missed: Literal["last", "skip"]
    grace: timedelta
    expect_by: time | None
    wait_for_file: timedelta | None = None


class Options(Struct, frozen=True):
    allow_delete_with_transactions: bool = False
    summary: Literal["errors_and_warnings", "all"] = "errors_and_warnings"
    keep_runs: int = 30


class Scope(Struct, frozen=True):
    """Filters join with *and*; an empty tuple filters nothing. `everyone` is written when there is no filter."""

    everyone: bool = False
    patron_types: tuple[str, ...] = ()
    access_levels: tuple[str, ...] = ()
    personas: tuple[Persona, ...] = ()


class Inactivate(Struct, frozen=True):
    not_updated_in_days: int
    clear_homeroom: bool = False
    disable_login: bool = False


class DeleteInactive(Struct, frozen=True):
    """`only_if`: "no_checkouts_no_fines", "anything", or a Decimal: fines below that balance."""

    days: int
    only_if: Literal["no_checkouts_no_fines", "anything"] | Decimal


class DeleteWithTransactions(Struct, frozen=True):
    """Exactly one is set."""

    inactive_days: int | None = None
    graduated_years: int | None = None
    age: int | None = None


class Removal(Struct, frozen=True):
    when_records_read_over: int
    scope: Scope
    inactivate: Inactivate | None
    graduated_seniors: bool
    delete_inactive: DeleteInactive | None
    delete_with_transactions: DeleteWithTransactions | None

    @property
    def deletes(self) -> bool:
        """Whether it has a step that deletes (B, C or D of docs/domain.md section 6)."""
        return self.graduated_seniors or self.delete_inactive is not None or self.delete_with_transactions is not None
