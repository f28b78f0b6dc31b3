"""What the intake gives: all-text rows with their line numbers, and what was set aside."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from msgspec import Struct


class Rows(Struct, frozen=True):
    """The good rows of one input file.

    `frame`: `line` UInt32 (physical line on which the row starts, from 1) and the columns that were asked for as String, in file
    order of rows; an empty cell, quoted or not, is "" (never null). Without a header the columns are named "1", "2", ....
    It reads the text that the intake left in the run's folder, so collect it while that stands.
    `malformed`: frames.MALFORMED. `rows_read` counts good and malformed rows; lines without any value are not rows.
    `header`: all column names in file order. `notes`: messages about the file as a whole (frames.MESSAGES), such as a
    missing last line end, letters that look wrongly decoded, a dropped 0x1A.
    """

    frame: pl.LazyFrame
    malformed: pl.DataFrame
    rows_read: int
    header: tuple[str, ...]
    notes: pl.DataFrame


class KeyShape(Struct, frozen=True):
    """The length-and-kind patterns of a key column and their share, as last accepted: such as {"999999": 0.98, "": 0.02}."""

    column: str
    patterns: Mapping[str, float]


class InputHistory(Struct, frozen=True):
    """What the last accepted input of a job looked like, for the file health gate. `rows` counts its good rows; `sites` its rows
    per canonical site."""

    sha256: str
    rows: int
    key_shapes: tuple[KeyShape, ...] = ()
    sites: Mapping[str, int] | None = None
