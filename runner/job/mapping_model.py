"""How rows become records, as frozen values: sources of a value, steps, conditions, fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from runner.job.district_model import CirculationTable

MatchBy = Literal["district_id", "site_and_barcode"]
Write = Literal["always", "on_create", "if_empty", "if_source_changed"]


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
