"""The last accepted input of a job as one JSON text."""

from __future__ import annotations

import json

from runner.intake.rows import InputHistory, KeyShape


def history_to_text(history: InputHistory) -> str:
    """`history` as text for `job_state.input`."""
    shapes = [{"column": shape.column, "patterns": dict(shape.patterns)} for shape in history.key_shapes]
    sites = None if history.sites is None else dict(history.sites)
    return json.dumps({"sha256": history.sha256, "rows": history.rows, "key_shapes": shapes, "sites": sites}, sort_keys=True)


def history_from_text(text: str) -> InputHistory:
    """What `history_to_text` was given."""
    found = json.loads(text)
    shapes = tuple(KeyShape(shape["column"], shape["patterns"]) for shape in found["key_shapes"])
    return InputHistory(found["sha256"], found["rows"], shapes, found["sites"])
