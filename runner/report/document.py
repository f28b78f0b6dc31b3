"""The JSON document of a run: what `--json` prints and what summary.json holds (docs/interface.md section 5)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import polars as pl

from runner.report.lines import field_lines
from runner.report.model import COUNTS, RunReport
from runner.report.veil import veiled_changes, veiled_messages

LIMIT = 1_000
_MESSAGE_KEYS = ("code", "severity", "line", "patron", "field", "value", "text")
# JSON leaves these as they are; on a terminal or in a viewer they could still act.
_ACTIVE_PATTERN = "[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
_ACTIVE = re.compile(_ACTIVE_PATTERN)


def document(report: RunReport, *, limit: int | None = LIMIT, files: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The run as one JSON-ready mapping; every key is always there, null where unknown.

    `changes` holds at most `limit` (0 or None for all) and `truncated` says whether it was cut; `messages` is never cut. Hidden values
    are null, secrets `***`. For large runs prefer `document_text`, which makes no Python object per message.
    """
    return {**_head(report), "messages": _messages(report).to_dicts(), **_tail(report, limit, files)}


def document_text(
    report: RunReport, *, limit: int | None = LIMIT, files: Mapping[str, str] | None = None, indent: int | None = None
) -> str:
    """The same document as JSON text on one line, or its outer keys indented."""
    return document_bytes(report, limit=limit, files=files, indent=indent).decode("utf-8")


def document_bytes(
    report: RunReport, *, limit: int | None = LIMIT, files: Mapping[str, str] | None = None, indent: int | None = None
) -> bytes:
    """The same document as UTF-8; the messages are written by polars. Characters that a terminal might obey stand as `\\u` escapes."""
    parts = [(key, _dump(value)) for key, value in _head(report).items()]
    parts.append(("messages", _dump_frame(_messages(report))))
    parts += [(key, _dump(value)) for key, value in _tail(report, limit, files).items()]
    gap = b"\n" + b" " * indent if indent else b""
    pieces: list[bytes] = []
    for key, value in parts:
        pieces += [b", " if pieces and not gap else b"," if pieces else b"{", gap, f'"{key}": '.encode(), value]
    return b"".join([*pieces, b"\n}\n" if gap else b"}\n"])


def _dump(value: object) -> bytes:
    return _quiet(json.dumps(value, ensure_ascii=False, allow_nan=False)).encode("utf-8")


def _dump_frame(rows: pl.DataFrame) -> bytes:
    target = BytesIO()
    rows.write_json(target)
    # Looking for active characters in a million messages costs polars little and Python much.
    lively = rows.select(pl.any_horizontal(pl.col(pl.String).str.contains(_ACTIVE_PATTERN).any())).item()
    return _quiet(target.getvalue().decode("utf-8")).encode("utf-8") if lively else target.getvalue()


def _quiet(text: str) -> str:
    return _ACTIVE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _head(report: RunReport) -> dict[str, Any]:
    removal = dict(report.removal) if report.removal is not None else None
    return {
        "schema": 1,
        "run": report.run or None,
        "job": report.job,
        "kind": report.kind,
        "status": report.status,
        "counts": {name: report.counts.get(name) for name in COUNTS},
        "removal": removal,
        "held": [{"action": each.get("action"), "count": each.get("count"), "guard": each.get("guard")} for each in report.held],
    }


def _tail(report: RunReport, limit: int | None, files: Mapping[str, str] | None) -> dict[str, Any]:
    kept = report.changes.head(limit) if limit else report.changes
    truncated = kept.height < report.changes.height
    return {"changes": _changes(report, kept), "truncated": truncated, "files": None if files is None else dict(files)}


def _messages(report: RunReport) -> pl.DataFrame:
    shown = veiled_messages(report.messages, report.show_values).select(_MESSAGE_KEYS)
    return shown if report.show_values else shown.with_columns(value=pl.lit(None, dtype=pl.String))


def _changes(report: RunReport, kept: pl.DataFrame) -> list[dict[str, Any]]:
    """The kept changes, each with its fields as {field: [before, after]}. A list a person can hold: `limit` bounds it."""
    fields: dict[int, dict[str, list[str | None]]] = {}
    for ref, name, before, after in field_lines(report, kept).iter_rows():
        fields.setdefault(ref, {})[name] = [before, after] if report.show_values else [None, None]
    shown = veiled_changes(kept, report.show_values).select("ref", "patron", "action", "cause", "rule", "reason", "held")
    rows = shown.iter_rows(named=True)
    return [{**{key: value for key, value in row.items() if key != "ref"}, "fields": fields.get(row["ref"], {})} for row in rows]
