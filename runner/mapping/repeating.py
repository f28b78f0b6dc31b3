"""Values that many records share, kept once: the columns of a large first load in which words repeat become Categorical.

A text in a column costs 16 bytes a row before its first letter, a Categorical 4. Only fields that nothing is matched or contested by are
kept so, and only while the store has nobody to compare them with; whoever writes or shows them makes them text again
(runner.frames.as_text). (docs/decisions/0410-a-large-first-load.md)
"""

from __future__ import annotations

from threading import Lock

import polars as pl

from runner.fields import STORED_FIELDS

# Fields that are looked up, matched, contested or compared, whatever the store holds.
_READ_BY_RULES = frozenset({"site", "barcode", "patron_type", "access_level", "resource_group", "district_id", "username"})
KEPT_ONCE = (*(name for name in STORED_FIELDS if name not in _READ_BY_RULES), "status_given")
# A column with more different values than this share of its rows gains nothing.
_MOST_DIFFERENT = 0.2


class Repeating:
    """Makes the columns of KEPT_ONCE in which values repeat Categorical: the same columns of every batch, chosen by the first to come."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._chosen: list[str] | None = None

    def kept_once(self, batch: pl.DataFrame) -> pl.DataFrame:
        """The batch with its repeating columns as Categorical. May be called by several threads."""
        with self._lock:
            if self._chosen is None:
                names = [name for name in KEPT_ONCE if name in batch.columns]
                self._chosen = [name for name in names if batch[name].n_unique() <= _MOST_DIFFERENT * batch.height]
        return batch.with_columns(pl.col(self._chosen).cast(pl.Categorical()))
