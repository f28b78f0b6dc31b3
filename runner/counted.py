"""A number with its noun, as people write them."""

from __future__ import annotations


def counted(count: int, one: str, many: str) -> str:
    """`1 row`, `2 rows`, `1,200 rows`."""
    return f"{count:,} {one if count == 1 else many}"


def seconds(amount: float) -> str:
    """`1 second`, `0.5 seconds`, `20 seconds`."""
    return f"{amount:g} {'second' if amount == 1 else 'seconds'}"
