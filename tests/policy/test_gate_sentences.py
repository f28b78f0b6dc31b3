"""A closed gate names both numbers, so finely that they differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from runner.policy.gates import TableState, deletion_gate

NOW = datetime(2026, 10, 15, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "told"),
    [
        (timedelta(days=3), "3 days ago; at most 2 days is allowed"),
        (timedelta(days=2, hours=5), "2 days 5 hours ago; at most 2 days is allowed"),
        (timedelta(days=2, seconds=30), "2 days 30 seconds ago; at most 2 days is allowed"),
        (timedelta(days=2, minutes=1), "2 days 1 minute ago; at most 2 days is allowed"),
    ],
)
def test_both_numbers_are_told(age: timedelta, told: str) -> None:
    gate = deletion_gate([TableState("checkouts", False, NOW - age, 0)], timedelta(days=2), NOW)
    assert gate.reason == f"checkouts were last loaded {told}, so nobody is deleted"


def test_hours_are_told_of_many_days_where_the_days_are_the_same() -> None:
    age = timedelta(days=5, hours=20)
    gate = deletion_gate([TableState("fines", False, NOW - age, 0)], timedelta(days=5), NOW)
    assert gate.reason == "fines were last loaded 5 days 20 hours ago; at most 5 days is allowed, so nobody is deleted"
