"""What a district and a job say, as frozen values. Built by runner.job.load from checked YAML; no key is optional here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from runner.job.secret import Secret

Persona = Literal["student", "faculty", "staff", "other"]
MatchBy = Literal["district_id", "site_and_barcode"]
Write = Literal["always", "on_create", "if_empty", "if_source_changed"]
RunKind = Literal["full", "incremental"]
CirculationTable = Literal["checkouts", "fines", "holds"]
GUARDED_ACTIONS = ("create", "update", "transfer", "inactivate", "reactivate", "delete")


# --- the district -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Site:
    """A school library. `default_*` are None where the file gives none."""

    short_name: str
    name: str
    aliases: tuple[str, ...] = ()
    kind: Literal["library", "media"] = "library"
    default_patron_type: str | None = None
    default_access_level: str | None = None
    default_resource_group: str | None = None


@dataclass(frozen=True, slots=True)
class PatronType:
    name: str
    persona: Persona = "other"


@dataclass(frozen=True, slots=True)
class Limit:
    """A guard: trips above `number`, or above `percent` while the count is above the floor; either alone trips."""

    number: int | None = None
    percent: float | None = None
    floor: int | None = None


@dataclass(frozen=True, slots=True)
class Guards:
    """`actions` by name of GUARDED_ACTIONS, `fields` by target field; a missing entry means none written here."""

    actions: Mapping[str, Limit] = field(default_factory=dict)
    fields: Mapping[str, Limit] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Email:
    server: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str | None
    password: Secret | None
    sender: str
    to: tuple[str, ...]
    when: tuple[Literal["failure", "hold", "warnings", "always"], ...]
    warnings_over: int
    values: bool


@dataclass(frozen=True, slots=True)
class Webhook:
    url: Secret
    when: tuple[Literal["failure", "hold", "warnings", "always"], ...]
    values: bool


@dataclass(frozen=True, slots=True)
class Ping:
    url: Secret


@dataclass(frozen=True, slots=True)
class Notify:
    email: Email | None = None
    webhook: Webhook | None = None
    ping: Ping | None = None
    metrics_file: Path | None = None


@dataclass(frozen=True, slots=True)
class District:
    """`key` is the folder's name (the DISTRICT of DISTRICT/JOB); `sha256` hashes the file's bytes."""

    key: str
    path: Path
    sha256: str
    name: str
    time_zone: ZoneInfo
    store: str | Secret
    statistical_year_starts_in: int
    graduating_grades: tuple[str, ...]
    require_district_id: bool
    sites: tuple[Site, ...]
    patron_types: tuple[PatronType, ...]
    access_levels: tuple[str, ...]
    guards: Guards
    circulation: Mapping[CirculationTable, Literal["loaded", "none"]]
    circulation_max_age: timedelta
    history_days: int
    approvals_expire: timedelta
    show_values: bool
    notify: Notify


# --- the source -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Format:
    """How the bytes are to be read. `encoding` is one of the schema's closed list; `delimiter` one character."""

    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    skip_rows: int = 0


@dataclass(frozen=True, slots=True)
class Directory:
    """A folder on this machine; `path` is absolute here."""

    path: Path


@dataclass(frozen=True, slots=True)
class Complete:
    """How a finished upload is known: exactly one is set. `quiet` is the default (60 s)."""

    quiet: timedelta | None = None
    marker: str | None = None
    sha256: str | None = None
    rename: bool = False


@dataclass(frozen=True, slots=True)
class Sftp:
    host: str
    port: int
    folder: str
    username: str
    password: Secret | None
    key_file: Path | None
    passphrase: Secret | None
    agent: bool
    host_keys: tuple[str, ...]
    known_hosts: Path | None
    complete: Complete
    timeout: timedelta
    deadline: timedelta
    retries: int


@dataclass(frozen=True, slots=True)
class Source:
    place: Directory | Sftp
    file: str
    max_age: timedelta | None
    min_rows_percent: float
    archive: int
    format: Format


# --- the mapping ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Column:
    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """`parts` alternate freely: a str is literal text, a Column is a cell."""

    parts: tuple[str | Column, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    value: str


@dataclass(frozen=True, slots=True)
class FirstOf:
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """`condition` None is the else branch. `then` may be a Template."""

    condition: Condition | None
    then: Template | Constant


@dataclass(frozen=True, slots=True)
class When:
    branches: tuple[Branch, ...]


ValueSource = Column | Template | Constant | FirstOf | When


@dataclass(frozen=True, slots=True)
class Test:
    """A condition on one source column. `op`: in, not_in (operand tuple of texts), equals, matches (text), before, after (ISO date;
    the cell is read with `date_format`), blank, not_blank (operand None)."""

    column: str
    op: Literal["in", "not_in", "equals", "matches", "blank", "not_blank", "before", "after"]
    operand: tuple[str, ...] | str | None = None
    date_format: str = "%Y-%m-%d"


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    conditions: tuple[Condition, ...]


Condition = Test | AnyOf | AllOf


@dataclass(frozen=True, slots=True)
class Trim:
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Regex:
    """`replace` uses $1 for groups. The pattern is in the linear-time syntax of Rust's regex."""

    find: str
    replace: str


@dataclass(frozen=True, slots=True)
class Replace:
    find: str
    replace: str


@dataclass(frozen=True, slots=True)
class Case:
    to: Literal["upper", "lower", "title"]


@dataclass(frozen=True, slots=True)
class Slice:
    """`start` counts from 0, negative from the end; `length` None is to the end."""

    start: int
    length: int | None


@dataclass(frozen=True, slots=True)
class PadLeft:
    width: int
    fill: str


@dataclass(frozen=True, slots=True)
class StripLeading:
    characters: str


@dataclass(frozen=True, slots=True)
class MapValues:
    """`entries` maps whole values; results may be templates. `default` None: no default, so an unknown value is
    `value-not-in-map` and becomes absent."""

    entries: Mapping[str, Template | Constant]
    default: Template | Constant | None


@dataclass(frozen=True, slots=True)
class DateFormat:
    """strptime format of the text; the result is YYYY-MM-DD."""

    format: str


@dataclass(frozen=True, slots=True)
class Boolean:
    true: tuple[str, ...]
    false: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Truncate:
    length: int


Step = Trim | Regex | Replace | Case | Slice | PadLeft | StripLeading | MapValues | DateFormat | Boolean | Truncate


@dataclass(frozen=True, slots=True)
class FieldMap:
    """How one target field gets its value. `steps` begin with Trim unless the job switched it off.

    `when_blank`: "keep" (absent), "clear" (blank), or a Constant (its value)."""

    target: str
    source: ValueSource
    steps: tuple[Step, ...] = (Trim(),)
    when_blank: Literal["keep", "clear"] | Constant = "keep"
    write: Write = "always"


@dataclass(frozen=True, slots=True)
class PatronProperties:
    match_by: MatchBy
    fields: tuple[FieldMap, ...]
    null_tokens: tuple[str, ...] = ()
    skip_when: Condition | None = None
    delete_when: Condition | None = None
    associate_when: Condition | None = None
    on_barcode_conflict: Literal["refuse", "autoassign"] = "refuse"
    on_possible_duplicate: Literal["add", "hold"] = "add"


@dataclass(frozen=True, slots=True)
class CirculationProperties:
    table: CirculationTable
    match_by: MatchBy
    fields: tuple[FieldMap, ...]
    null_tokens: tuple[str, ...] = ()
    skip_when: Condition | None = None
    allow_empty: bool = False


# --- schedule, options, removal ---------------------------------------------------------------------------------
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


@dataclass(frozen=True, slots=True)
class Job:
    """`key` is DISTRICT/NAME; `sha256` hashes the file's bytes; `warnings` of the check travel along in runner.problems values."""

    key: str
    path: Path
    sha256: str
    name: str
    kind: Literal["patrons", "circulation"]
    description: str
    enabled: bool
    district: District
    source: Source
    properties: PatronProperties | CirculationProperties
    schedule: Schedule | None
    options: Options
    removal: Removal | None
    guards: Guards
