"""How rows become records, as frozen values: sources of a value, steps, conditions, fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from runner.job.district_model import CirculationTable

MatchBy = Literal["district_id", "site_and_barcode"]
Write = Literal["always", "on_create", "if_empty", "if_source_changed"]


class Column(Struct, frozen=True):
    name: str


class Template(Struct, frozen=True):
    """`parts` alternate freely: a str is literal text, a Column is a cell."""

    parts: tuple[str | Column, ...]


class Constant(Struct, frozen=True):
    value: str


class FirstOf(Struct, frozen=True):
    columns: tuple[str, ...]


class Branch(Struct, frozen=True):
    """`condition` None is the else branch. `then` may be a Template."""

    condition: Condition | None
    then: Template | Constant


class When(Struct, frozen=True):
    branches: tuple[Branch, ...]


ValueSource = Column | Template | Constant | FirstOf | When


class Test(Struct, frozen=True):
    """A condition on one source column. `op`: in, not_in (operand tuple of texts), equals, matches (text), before, after (ISO date;
    the cell is read with `date_format`), blank, not_blank (operand None)."""

    column: str
    op: Literal["in", "not_in", "equals", "matches", "blank", "not_blank", "before", "after"]
    operand: tuple[str, ...] | str | None = None
    date_format: str = "%Y-%m-%d"


class AnyOf(Struct, frozen=True):
    conditions: tuple[Condition, ...]


class AllOf(Struct, frozen=True):
    conditions: tuple[Condition, ...]


Condition = Test | AnyOf | AllOf


class Trim(Struct, frozen=True):
    enabled: bool = True


class Regex(Struct, frozen=True):
    """`replace` uses $1 for groups. The pattern is in the linear-time syntax of Rust's regex."""

    find: str
    replace: str


class Replace(Struct, frozen=True):
    find: str
    replace: str


class Case(Struct, frozen=True):
    to: Literal["upper", "lower", "title"]


class Slice(Struct, frozen=True):
    """`start` counts from 0, negative from the end; `length` None is to the end."""

    start: int
    length: int | None


class PadLeft(Struct, frozen=True):
    width: int
    fill: str


class StripLeading(Struct, frozen=True):
    characters: str


class MapValues(Struct, frozen=True):
    """`entries` maps whole values; results may be templates. `default` None: no default, so an unknown value is
    `value-not-in-map` and becomes absent."""

    entries: Mapping[str, Template | Constant]
    default: Template | Constant | None


class DateFormat(Struct, frozen=True):
    """strptime format of the text; the result is YYYY-MM-DD."""

    format: str


class Boolean(Struct, frozen=True):
    true: tuple[str, ...]
    false: tuple[str, ...]


class Truncate(Struct, frozen=True):
    length: int


Step = Trim | Regex | Replace | Case | Slice | PadLeft | StripLeading | MapValues | DateFormat | Boolean | Truncate


class FieldMap(Struct, frozen=True):
    """How one target field gets its value. `steps` begin with Trim unless the job switched it off.

    `when_blank`: "keep" (absent), "clear" (blank), or a Constant (its value)."""

    target: str
    source: ValueSource
    steps: tuple[Step, ...] = (Trim(),)
    when_blank: Literal["keep", "clear"] | Constant = "keep"
    write: Write = "always"


class PatronProperties(Struct, frozen=True):
    match_by: MatchBy
    fields: tuple[FieldMap, ...]
    null_tokens: tuple[str, ...] = ()
    skip_when: Condition | None = None
    delete_when: Condition | None = None
    associate_when: Condition | None = None
    on_barcode_conflict: Literal["refuse", "autoassign"] = "refuse"
    on_possible_duplicate: Literal["add", "hold"] = "add"


class CirculationProperties(Struct, frozen=True):
    table: CirculationTable
    match_by: MatchBy
    fields: tuple[FieldMap, ...]
    null_tokens: tuple[str, ...] = ()
    skip_when: Condition | None = None
    allow_empty: bool = False
