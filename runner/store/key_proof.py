"""With which key the fingerprints in a store were made: a proof of it stands in `meta`, never the key. (docs/store.md)"""

from __future__ import annotations

import polars as pl
from msgspec import Struct

from runner.plan.model import OTHERS_RECORD
from runner.store.store import Store


class Proven(Struct, frozen=True):
    """What the store says of its key: `store_id` is what a proof is made of besides the key, `proof` the one of the last run (None: no run
    has left one yet)."""

    store_id: str
    proof: str | None


def proven(store: Store) -> Proven:
    """What the store says of its key. Raises StoreError."""
    with store.session() as session:
        found = session.rows("SELECT key, value FROM meta WHERE key IN ('store_id', 'key_proof')", {"key": pl.String, "value": pl.String})
    said = dict(found.iter_rows())
    return Proven(said["store_id"], said.get("key_proof"))


def keep_proof(store: Store, proof: str) -> None:
    """Notes the proof of the key that fingerprints are made with from now on. Call under the lock. Raises StoreError."""
    with store.session() as session, session.writing():
        session.run("DELETE FROM meta WHERE key = 'key_proof'")
        session.run("INSERT INTO meta (key, value) VALUES ('key_proof', $1)", proof)


def holds_fingerprints(store: Store) -> bool:
    """Whether anything in the store can be told by its key alone: a password, or the record of somebody whom policy deleted."""
    asked = (
        "SELECT CAST(count(*) AS BIGINT) FROM (SELECT 1 FROM (SELECT 1 FROM patron WHERE password_mac IS NOT NULL LIMIT 1) AS passwords"
        " UNION ALL SELECT 1 FROM removed_mark WHERE record_mac <> $1 LIMIT 1) AS keyed"
    )
    with store.session() as session:
        return bool(session.number(asked, OTHERS_RECORD))
