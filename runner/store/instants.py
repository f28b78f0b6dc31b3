"""Instants as the store keeps them: ISO 8601 text in UTC with microseconds, `2026-10-15T02:00:00.000000Z`."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

TEXT_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def to_text(moment: datetime) -> str:
    """`moment` (any zone) as the store's text."""
    return moment.astimezone(UTC).strftime(TEXT_FORMAT)


def from_text(text: str) -> datetime:
    """The UTC instant that `to_text` or a trigger wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)


def as_datetimes(column: pl.Expr) -> pl.Expr:
    """A String column of the store's instants as Datetime(us, UTC). Text that is no instant (written by hand) becomes null."""
    # Chunked parsing by position is several times as fast as a general format over a million rows.
    return column.str.strptime(pl.Datetime("us"), "%Y-%m-%dT%H:%M:%S%.fZ", strict=False).dt.replace_time_zone("UTC")
