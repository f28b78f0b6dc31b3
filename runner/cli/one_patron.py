"""A store that holds one patron or none, for the examples of `runner test`: a runner.plan.reader.Reader in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from runner.fields import STORED_FIELDS
from runner.intake.rows import InputHistory
from runner.plan.reader import Baseline

_INSTANT = pl.Datetime("us", "UTC")
_COUNTS = ("checkouts", "fines", "refunds", "holds")


class OnePatron:
    """The store of one example. `values` by field, null and missing are empty; None: nobody is in the store."""

    def __init__(self, values: Mapping[str, str | None] | None, now: datetime) -> None:
        self._values = values
        self._now = now

    def patrons(self, columns: Sequence[str], ids: pl.Series | None = None) -> pl.DataFrame:  # noqa: ARG002
        """See Reader.patrons."""
        given = self._values or {}
        username = given.get("username")
        known: dict[str, tuple[pl.DataType | type[pl.DataType], object]] = {
            **{name: (pl.String, given.get(name) or None) for name in STORED_FIELDS},
            **dict.fromkeys(("password_mac", "status_before", "username_before"), (pl.String, None)),
            **dict.fromkeys(("added_at", "edited_at", "status_at"), (_INSTANT, self._now)),
            "id": (pl.Int64, 1),
            "version": (pl.Int64, 1),
            "username_key": (pl.String, username.casefold() if username else None),
            "status_cause": (pl.String, "staff"),
        }
        chosen = {name: known[name] for name in columns}
        frame = pl.DataFrame(
            {name: [value] for name, (_, value) in chosen.items()}, schema={name: kind for name, (kind, _) in chosen.items()}
        )
        return frame if self._values is not None else frame.clear()

    def associations(self) -> pl.DataFrame:
        names = ("site", "barcode", "patron_type", "access_level", "resource_group")
        return pl.DataFrame(schema={"id": pl.Int64, "patron_id": pl.Int64, **dict.fromkeys(names, pl.String)})

    def transactions(self, ids: pl.Series | None = None) -> pl.DataFrame:  # noqa: ARG002
        counts = dict.fromkeys(_COUNTS, pl.UInt32)
        return pl.DataFrame(schema={"patron_id": pl.Int64, **counts, "balance_cents": pl.Int64, "checkout_sites": pl.String})

    def locks(self) -> pl.DataFrame:
        texts = dict.fromkeys(("field", "reason", "owner"), pl.String)
        return pl.DataFrame(schema={"patron_id": pl.Int64, **texts, "until": pl.Date})

    def sent(self, job: str) -> pl.DataFrame:  # noqa: ARG002
        return pl.DataFrame(schema={"patron_id": pl.Int64, **dict.fromkeys(("field", "value", "fingerprint"), pl.String)})

    def removed_marks(self) -> pl.DataFrame:
        return pl.DataFrame(schema={"key": pl.String, "record_mac": pl.String})

    def undone(self, job: str) -> pl.DataFrame:  # noqa: ARG002
        return pl.DataFrame(schema=dict.fromkeys(("patron", "field", "after", "action"), pl.String))

    def last_seen(self) -> pl.DataFrame:
        return pl.DataFrame(schema={"patron_id": pl.Int64, "seen_at": _INSTANT})

    def seen_by(self, job: str) -> pl.Series:  # noqa: ARG002
        return pl.Series("patron_id", [], dtype=pl.Int64)

    def seen_elsewhere(self, job: str) -> pl.Series:
        return self.seen_by(job)

    def baseline(self, job: str) -> Baseline | None:  # noqa: ARG002
        return None

    def input_history(self, job: str) -> InputHistory | None:  # noqa: ARG002
        return None

    def patron_types(self) -> pl.Series:
        return pl.Series("name", [], dtype=pl.String)

    def circulation_loads(self) -> pl.DataFrame:
        texts, counts = dict.fromkeys(("table_name", "job"), pl.String), ("row_count", "refused", "malformed", "patron_unknown")
        return pl.DataFrame(schema={**texts, "loaded_at": _INSTANT, **dict.fromkeys(counts, pl.Int64)})

    def taken_at(self) -> datetime:
        return self._now
