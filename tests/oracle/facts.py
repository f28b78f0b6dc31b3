"""The oracle's own plain values: a district, a job's rules, rows, patrons, a store. No frames, no imports from the product.

A value is in one of three states: None is absent (in a record) or empty (in the store), "" is blank, text is filled.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date

PLACE_FIELDS = ("barcode", "patron_type", "access_level", "resource_group")  # what an association holds besides its site
Values = dict[str, str | None]
Cells = dict[str, str]


@dataclass
class School:
    """A site of the district."""

    name: str
    aliases: tuple[str, ...] = ()
    media: bool = False
    patron_type: str | None = None
    access_level: str | None = None
    resource_group: str | None = None


@dataclass
class Town:
    """The district, and the local date on which the run takes place."""

    schools: list[School]
    patron_types: list[str]
    access_levels: list[str]
    requires_id: bool
    today: date

    def school(self, name: str | None) -> School | None:
        return next((school for school in self.schools if school.name == name), None)


@dataclass
class FieldRule:
    """How one field is mapped. `default` stands for `when_blank: {default: ...}`; `mapped` is a map step, its entry None the default."""

    column: str
    when_blank: str = "keep"
    default: str | None = None
    write: str = "always"
    mapped: dict[str | None, str] | None = None


@dataclass
class Rules:
    """A patrons job. A condition is (column, texts): it holds where the cell is one of the texts."""

    match_by: str
    fields: dict[str, FieldRule]
    null_tokens: tuple[str, ...] = ()
    skip_when: tuple[str, tuple[str, ...]] | None = None
    delete_when: tuple[str, tuple[str, ...]] | None = None
    associate_when: tuple[str, tuple[str, ...]] | None = None
    autoassign: bool = False
    hold_twins: bool = False
    delete_debtors: bool = False

    def columns(self) -> list[str]:
        """Every column that the job names, each once."""
        named = [rule.column for rule in self.fields.values()]
        named += [condition[0] for condition in (self.skip_when, self.delete_when, self.associate_when) if condition]
        return list(dict.fromkeys(named))


@dataclass
class Row:
    line: int
    cells: Cells


@dataclass
class Patron:
    """A patron of the store: `values` has person fields, `site` and the primary association's; `others` the secondary ones by site."""

    id: int
    values: Values
    others: dict[str, Values] = field(default_factory=dict)
    password: str | None = None
    status_cause: str = "file"
    status_before: str | None = None
    username_before: str | None = None
    locks: dict[str, date | None] = field(default_factory=dict)
    bases: dict[str, tuple[str, bool]] = field(default_factory=dict)  # field: (value sent, whether by today's mapping)
    owes: bool = False

    def key(self) -> str:
        return self.values.get("district_id") or f"{self.values['site']}/{self.values['barcode']}"

    def barcodes(self) -> dict[str, str | None]:
        """Barcode by site, all associations."""
        held = {site: place.get("barcode") for site, place in self.others.items()}
        return {**held, str(self.values["site"]): self.values.get("barcode")}


@dataclass
class Store:
    """What there is before a run, and after it. `marks`: key to the cells of the record whose patron policy deleted. `accepted`: the
    contents of the rows that the job's last run took."""

    patrons: dict[int, Patron] = field(default_factory=dict)
    new_types: list[str] = field(default_factory=list)
    marks: dict[str, Cells] = field(default_factory=dict)
    accepted: set[tuple[str, ...]] = field(default_factory=set)

    def copy(self) -> Store:
        return deepcopy(self)


@dataclass
class Night:
    """One run: full or incremental, over these rows. Before it, staff make `edits`: (which patron, field, value)."""

    kind: str
    rows: list[Row]
    edits: list[tuple[int, str, str | None]] = field(default_factory=list)


@dataclass
class Story:
    """A district, a job, a store, and some nights one after the other."""

    town: Town
    rules: Rules
    store: Store
    nights: list[Night]


@dataclass(frozen=True, order=True)
class Said:
    """A message. `field` None: whatever field."""

    line: int
    code: str
    field: str | None = None


@dataclass
class Answer:
    """What a run does, as the rules say it. Patrons that are added are numbered below zero: -(line)."""

    outcomes: dict[int, str]
    said: set[Said]
    after: Store
    actions: dict[int, str]  # by line
    counts: dict[str, int]
    seen: set[int]
    applied: set[tuple[str, ...]]
    numbered: set[tuple[int, str]]  # (patron, site) whose barcode is a number given by the run
