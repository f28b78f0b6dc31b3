"""Values as YAML in one line, as people would type them."""

from __future__ import annotations

import json
import re
from typing import Any

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS = ("true", "false", "null")


def flow(value: Any) -> str:
    """One line of YAML: `{column: Status, in: [W, G]}`; texts in double quotes where plain ones would be misread."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key) if key not in _WORDS else key}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
