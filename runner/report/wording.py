"""Small words of the reports: numbers, plurals, lists, times, sizes; the names of counts, actions and rules as a librarian says them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from runner.counted import counted
from runner.frames import POSSIBLE_DUPLICATE, UNDONE_BEFORE

COUNT_LABELS = {
    "rows_read": "Rows in the file",
    "skipped": "Left out by the job's own rules",
    "malformed": "Set aside, not readable as a row",
    "records_read": "Records judged",
    "added": "Added",
    "updated": "Updated",
    "transferred": "Moved to another site",
    "associated": "Linked to a further site",
    "unchanged": "Unchanged",
    "deleted": "Deleted, as the file asked",
    "duplicate": "Identical to another row",
    "refused": "Refused",
    "held": "Records held for approval",
    "warnings": "Warnings",
    "inactivated": "Made inactive by the removal policy",
    "reactivated": "Made active again (counted as updated)",
    "removed": "Deleted by the removal policy",
}
# An undo looks at what a run changed, and no file asks for anything.
_OF_AN_UNDO = {
    "rows_read": "Changes looked at",
    "records_read": "Changes judged",
    "added": "Brought back",
    "updated": "Put back",
    "deleted": "Taken out again, as that run had added them",
    "refused": "Left as they are",
}
# Nor does an approval read a file.
_OF_AN_APPROVAL = {
    "rows_read": "Records that waited",
    "refused": "Left as they are",
}
_OF_A_KIND = {"undo": _OF_AN_UNDO, "approve": _OF_AN_APPROVAL}
ACTION_TITLES = {
    "add": "Added",
    "update": "Updated",
    "transfer": "Moved to another site",
    "associate": "Linked to a further site",
    "delete": "Deleted",
    "inactivate": "Made inactive",
    "reactivate": "Made active again",
}
ACTION_NOUNS = {
    "add": ("addition", "additions"),
    "create": ("addition", "additions"),
    "update": ("update", "updates"),
    "transfer": ("move to another site", "moves to another site"),
    "associate": ("link to a further site", "links to a further site"),
    "delete": ("deletion", "deletions"),
    "inactivate": ("inactivation", "inactivations"),
    "reactivate": ("reactivation", "reactivations"),
}
RULE_TITLES = {
    "inactivate": "not seen for too long",
    "graduated_seniors": "graduated seniors",
    "inactive": "inactive for too long",
    "with_transactions": "leavers with transactions",
}


def count_labels(kind: str) -> Mapping[str, str]:
    """What the counts of a run of this kind are called."""
    return COUNT_LABELS | _OF_A_KIND.get(kind, {})


def held_because(guard: str) -> str:
    """Why a change waits, from the word that stands for it in the JSON document."""
    others = {UNDONE_BEFORE: "held, for it was undone before", POSSIBLE_DUPLICATE: "held as a possible duplicate"}
    return others.get(guard) or f"held by the guard {guard}"


def number(value: float) -> str:
    """1234567 as `1,234,567`; a half keeps its decimal below 10, where it matters."""
    return f"{value:,.1f}" if value != int(value) and value < 10 else f"{int(value + 0.5):,}"


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(parts) if len(parts) < 3 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def local_time(moment: datetime, zone: ZoneInfo) -> str:
    """`Saturday, 21 November 2026, 02:00 CST`, whatever the machine's language."""
    there = moment.astimezone(zone)
    return f"{_DAYS[there.weekday()]}, {there.day} {_MONTHS[there.month - 1]} {there.year}, {there:%H:%M} {there.tzname()}"


def short_time(moment: datetime, zone: ZoneInfo) -> str:
    """`21 November, 02:00`."""
    there = moment.astimezone(zone)
    return f"{there.day} {_MONTHS[there.month - 1]}, {there:%H:%M}"


def utc_time(moment: datetime) -> str:
    """`2026-11-21 08:00:00 UTC`."""
    return f"{moment.astimezone(ZoneInfo('UTC')):%Y-%m-%d %H:%M:%S} UTC"


def lasted(span: timedelta) -> str:
    """`0.8 s`, `42 s`, `3 min 5 s`, `1 h 2 min`."""
    seconds = span.total_seconds()
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def file_size(size: int) -> str:
    """`812 bytes`, `4.5 MB`: decimal units."""
    if size < 1_000:
        return counted(size, "byte", "bytes")
    unit, divisor = next((name, value) for name, value in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)) if size >= value)
    return f"{size / divisor:.1f} {unit}"


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
