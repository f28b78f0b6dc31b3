"""A layout after the newest, as the next version of this program would have it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.store import look, migrations
from runner.store.dialect import Dialect

NEXT = migrations.NEWEST + 1


def next_layout(dialect: Dialect) -> list[str]:
    return ["ALTER TABLE patron ADD COLUMN locker TEXT", f"UPDATE meta SET value = '{NEXT}' WHERE key = 'layout'"]


def update(patch: pytest.MonkeyPatch, step: Callable[[Dialect], list[str]] = next_layout) -> None:
    """Makes this program the next version, until `patch` is undone."""
    patch.setitem(migrations.STEPS, NEXT, step)
    for module in (migrations, look):
        patch.setattr(module, "NEWEST", NEXT)
