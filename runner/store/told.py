"""Which news of a job were told already, by whichever of the machines that share a server's store.

(docs/decisions/0904-one-machine-tells.md)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import polars as pl

from runner.errors import StoreError
from runner.store.connect import SqliteFile
from runner.store.store import Store

_TURN = "hashtextextended('patron-runner told:' || current_database() || '.' || current_schema() || '.' || $1, 0)"


@contextmanager
def turn_to_tell(store: Store, job: str) -> Iterator[None]:
    """Waits until no other machine is telling of the job; half a minute at most, for what is told twice is better than what is told by
    nobody. The turn ends with the block, or with its process."""
    with ExitStack() as held:
        if not isinstance(store.place, SqliteFile):  # a file is on one machine, where one daemon tells
            with suppress(StoreError):
                session = held.enter_context(store.session())
                session.run(f"SELECT pg_advisory_lock({_TURN})", job)  # free again with the connection
        yield


def was_told(store: Store, job: str, slot: str) -> bool:
    """Whether the last news of the job that were told are those of the slot. Raises StoreError."""
    with store.session() as session:
        found = session.rows("SELECT value FROM meta WHERE key = $1", {"value": pl.String}, _key(job))
    return found["value"].to_list() == [slot]


def note_told(store: Store, job: str, slot: str) -> None:
    """Notes that news of the slot were told. Raises StoreError."""
    # No transaction of `writing`: that would wait for a run that commits.
    with store.session() as session:
        session.run("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", _key(job), slot)


def _key(job: str) -> str:
    return f"told {job}"
