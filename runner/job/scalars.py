"""What a plain word of YAML 1.2 means: true, false, null, a plain number; everything else is text."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from yaml.events import ScalarEvent

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,15})\.[0-9]{1,15}")
NULLS = ("", "~", "null")


def meaning_of(event: ScalarEvent) -> Any:
    """The value of a scalar: text where it is quoted, else what the word means. Numbers with a point are exact Decimals."""
    value: str = event.value
    if event.style is not None:
        return value
    if value in NULLS:
        return None
    if value in ("true", "false"):
        return value == "true"
    if _INTEGER.fullmatch(value):
        return int(value)
    if _DECIMAL.fullmatch(value):
        return Decimal(value)
    return value
