"""`runner next`: the coming runs, in the district's zone and in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from runner import clock
from runner.cli.broken_text import broken_now, plain
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.cli.workspace import valid_workspace, without_jobs
from runner.job.slots import Slot, moved, slots

if TYPE_CHECKING:
    from runner.job.load import Workspace
    from runner.job.model import Job
    from runner.run.broken_files import BrokenFile


@click.command()
@click.option("--days", metavar="N", type=click.IntRange(1, 366), default=7, show_default=True, help="How many days to look ahead.")
@everywhere
@click.pass_obj
def command(settings: Settings, days: int) -> int:
    """Show the coming runs of all enabled jobs, in their district's time zone and in UTC."""
    now = clock.now()
    workspace = valid_workspace(settings)
    # Of a file that is broken now, the daemon goes on with the last good version.
    broken = broken_now(settings, None)
    kept = {job.key: job for file in broken for job in file.jobs if job.key in file.going_on}
    jobs = {**{job.key: job for job in workspace.jobs}, **kept}
    coming = sorted(_coming(jobs.values(), now, now + timedelta(days=days)), key=lambda pair: (pair[1].at, pair[0].key))
    screen = Screen(settings)
    if (sentence := without_jobs(settings.jobs)) is not None:
        screen.story(sentence, "yellow")
    if settings.json:
        runs = [{**_plain(job, slot), "last_good": job.key in kept} for job, slot in coming]
        screen.document({"days": days, "runs": runs, "not_scheduled": _by_hand(workspace), "broken": _broken(workspace, broken)})
    else:
        _tell(screen, workspace, coming, days, kept)
    return 0


def _coming(jobs: Iterable[Job], after: datetime, until: datetime) -> Iterable[tuple[Job, Slot]]:
    for job in jobs:
        if job.enabled and job.schedule is not None:
            yield from ((job, slot) for slot in slots(job.schedule, job.district.time_zone, after, until))


def _plain(job: Job, slot: Slot) -> dict[str, object]:
    zone = job.district.time_zone
    local = slot.at.astimezone(zone)
    named = {"job": job.key, "slot": slot.name, "kind": slot.kind}
    return {**named, "local": local.isoformat(), "utc": slot.at.isoformat(), "zone": zone.key, "moved": moved(slot, zone)}


def _broken(workspace: Workspace, broken: list[BrokenFile]) -> list[dict[str, object]]:
    """The files that cannot be used now, as `runner runs` gives them; of those that lack a variable here nothing but what is wrong."""
    known = {file.path for file in broken}
    more = {each.path: each.text for each in reversed(workspace.problems) if each.severity == "error" and each.path not in known}
    others: list[dict[str, object]] = [
        {"file": str(path), "text": text, "since": None, "going_on": []} for path, text in sorted(more.items())
    ]
    return [*(plain(each) for each in broken), *others]


def _by_hand(workspace: Workspace) -> list[dict[str, str]]:
    why = [(job.key, "disabled" if not job.enabled else "no schedule") for job in workspace.jobs if not job.enabled or job.schedule is None]
    return [{"job": key, "reason": reason} for key, reason in why]


def _tell(screen: Screen, workspace: Workspace, coming: list[tuple[Job, Slot]], days: int, kept: Mapping[str, Job]) -> None:
    if coming:
        screen.table(("job", "kind", "local", "zone", "UTC", ""), [_row(job, slot, kept) for job, slot in coming], indent=0)
    else:
        screen.answer(f"No run is due in the next {days} day{'s' if days > 1 else ''}.")
    for each in _by_hand(workspace):
        screen.answer(f"{each['job']} runs by hand only: {each['reason']}")
    broken = sorted({str(problem.path) for problem in workspace.problems if problem.severity == "error"})
    if broken:
        screen.answer(f"Invalid now (see `runner check`), and run by nobody but in a last good version: {', '.join(broken)}", "yellow")


def _row(job: Job, slot: Slot, kept: Mapping[str, Job]) -> tuple[str, ...]:
    zone = job.district.time_zone
    remarks = [f"{slot.name[11:]} does not exist that day"] if moved(slot, zone) else []
    remark = "; ".join([*remarks, *(["the last good version: its file is broken"] if job.key in kept else [])])
    return job.key, slot.kind, f"{slot.at.astimezone(zone):%a %Y-%m-%d %H:%M}", zone.key, f"{slot.at:%Y-%m-%d %H:%M}", remark
