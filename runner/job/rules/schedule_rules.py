"""Rules of `schedule`: no day said twice, and at least one run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from runner.job.document import Document
from runner.job.durations import span

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
WEEKENDS = ("saturday", "sunday")
DAYS = (*WEEKDAYS, *WEEKENDS)


def check_schedule(document: Document) -> None:
    """Notes what is wrong between the keys of `schedule`."""
    schedule = document.mapping("schedule")
    for together, days in (("weekdays", WEEKDAYS), ("weekends", WEEKENDS)):
        for day in days:
            if together in schedule and day in schedule:
                text = f"`schedule` says `{day}` twice: by its own name and under `{together}`"
                document.problem("day-twice", text, f"keep `{together}`, or name each day", at=("schedule", day), on="key")
    named = [schedule[key] for key in ("weekdays", "weekends", *DAYS) if key in schedule]
    if named and all(kind == "none" for kind in named):
        hint = "write full or incremental for a day, or delete the schedule for a job that runs by hand"
        document.problem("schedule-never-runs", "`schedule` has no day with a run", hint, at=("schedule",), on="key", severity="warning")
    _check_waiting(document, schedule)
    if document.get("kind") == "circulation":
        for key in ("weekdays", "weekends", *DAYS):
            if schedule.get(key) == "incremental":
                text = f"`schedule.{key}` is incremental, but a circulation load always replaces the whole table"
                document.problem("circulation-is-full", text, "write full", at=("schedule", key), severity="warning")


def _check_waiting(document: Document, schedule: Mapping[str, object]) -> None:
    given, grace = schedule.get("wait_for_file"), schedule.get("grace", "6h")
    with suppress(ValueError):  # what is no span of time is told elsewhere
        if given is not None and not timedelta(minutes=10) <= span(str(given)) <= span(str(grace)):
            text = f"`schedule.wait_for_file: {given}` is not between 10m and the grace, {grace}, after which the slot is missed"
            hint = "write a time between the two, or a longer `grace`"
            document.problem("wait-impossible", text, hint, at=("schedule", "wait_for_file"))
