"""Files that were checked before: what cannot have become wrong since is not asked again.

A schema and the rules inside one file give the same answer for the same content, and asking them loads a library and polars. What may
change without the file (a variable, the district beside a job, the file's name) is asked each time. Who keeps the marks is not known here.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct, field

from runner import __version__
from runner.job.document import Document
from runner.job.hashes import meaning_hash
from runner.job.schema import SCHEMA_NAMES, schema_text

# Whose judgement it was: another version of one of them may judge otherwise.
_JUDGES = ("polars", "jsonschema")


class Vouched(Struct):
    """`known`: the marks of files without any problem, as kept from last time; `found`: those of the files that were read now."""

    known: frozenset[str] = frozenset()
    found: set[str] = field(default_factory=set)

    def knows(self, mark: str) -> bool:
        """Whether the file of this mark had no problem before."""
        if mark in self.known:
            self.found.add(mark)
        return mark in self.known

    def note(self, mark: str, document: Document) -> None:
        """Remembers a file that was checked now, unless it has a problem."""
        if not document.problems:
            self.found.add(mark)


def mark_of(kind: str, document: Document) -> str:
    """What tells this file's content, its references followed, under this program from any other (hex)."""
    told = "\0".join((_program(), kind, meaning_hash(document.raw, document.data)))
    return sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _program() -> str:
    """The version of what judges: of this program its checking modules and schemas too, for it may be worked on."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    files += [Path(spec.origin) for spec in map(find_spec, _JUDGES) if spec is not None and spec.origin is not None]
    facts = [(path.name, stat.st_size, stat.st_mtime_ns) for path in files for stat in [path.stat()]]
    return repr((__version__, facts, [schema_text(name) for name in SCHEMA_NAMES]))
