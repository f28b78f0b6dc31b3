"""A story: a district's jobs and what happens to it, deed by deed. Plain values, whose repr is the Python that makes them again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wait:
    """Time goes on, or back, to a moment in UTC (ISO 8601)."""

    until: str


@dataclass(frozen=True)
class Write:
    """Somebody writes a file below the district's folder: an export, a job file, the district file."""

    path: str
    content: bytes


@dataclass(frozen=True)
class Variable:
    """A variable of the environment, which files may name, from now on."""

    name: str
    value: str


@dataclass(frozen=True)
class Run:
    """`runner run`. `staff`: statements that staff commit after the plan is made and before it is applied. `fault`: where the run is
    stopped (a function's dotted name), and by what."""

    job: str
    words: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    fault: tuple[str, str] | None = None


@dataclass(frozen=True)
class Plan:
    """`runner plan`; `saved` is the file that keeps it for `Apply`."""

    job: str
    words: tuple[str, ...] = ()
    saved: str | None = None


@dataclass(frozen=True)
class Apply:
    """`runner apply` of a saved plan."""

    saved: str


@dataclass(frozen=True)
class Answer:
    """`runner approve`, `reject` or `undo` of a run: the last one (1), the one before it (2) and so on; of one patron where it is named."""

    verb: str
    back: int = 1
    patron: str | None = None


@dataclass(frozen=True)
class Say:
    """Any other command on the district."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Staff:
    """Staff change the store with a program of their own, statement by statement; what the store refuses is left undone."""

    edits: tuple[str, ...]


@dataclass(frozen=True)
class Backup:
    """Staff copy the store away (SQLite)."""


@dataclass(frozen=True)
class Restore:
    """Staff put a copy in the store's place: as a new file, or written over the old one (SQLite)."""

    which: int
    over: bool


@dataclass(frozen=True)
class Damage:
    """Files below the district's `var` folder lose their end, have one byte wrong, or are gone."""

    files: str
    how: str


@dataclass(frozen=True)
class NewKey:
    """The district's key file is replaced."""

    letter: str


Deed = Wait | Write | Variable | Run | Plan | Apply | Answer | Say | Staff | Backup | Restore | Damage | NewKey


@dataclass(frozen=True)
class Story:
    """`jobs` are the patrons jobs of the district `small`. `limits` are numbers of the program (by dotted name) with which its fast paths
    meet other cases sooner: they hold in the fast telling, and must change nothing. Where fast paths are not `forced` on there, each is
    taken from the size on that stands among the limits: on some nights and not on others."""

    jobs: tuple[str, ...]
    deeds: tuple[Deed, ...]
    limits: Mapping[str, float] = field(default_factory=dict)
    forced: bool = True
