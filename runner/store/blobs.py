"""Large sets of numbers as one cell: a zstd-compressed Arrow IPC file of one column."""

from __future__ import annotations

from io import BytesIO

import polars as pl


def packed(series: pl.Series) -> bytes:
    """`series` as bytes that `unpacked` reads back."""
    buffer = BytesIO()
    series.alias("values").to_frame().write_ipc(buffer, compression="zstd")
    return buffer.getvalue()


def unpacked(content: bytes) -> pl.Series:
    """The series that `packed` was given."""
    return pl.read_ipc(BytesIO(content)).to_series()
