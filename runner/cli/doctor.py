"""`runner doctor`: is the machine, the store and each source as a run needs it? One line each, with what to do where it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from runner import clock
from runner.cli import probes
from runner.cli.finding import Finding, safely
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.cli.sftp_probe import unknown_server
from runner.cli.workspace import find_job, places, valid_workspace
from runner.errors import InvalidFiles
from runner.problems import Problem

if TYPE_CHECKING:
    from runner.job.load import Workspace
    from runner.job.model import District, Job
    from runner.run.places import Places

WRONG_EXIT = 1
_STYLES = {"ok": "green", "warning": "yellow", "wrong": "red"}


@click.command()
@click.argument("job", required=False)
@click.option(
    "--notify",
    is_flag=True,
    help="Send a test over mail, webhook and ping under notify: in district.yaml, and look whether metrics_file can be written.",
)
@everywhere
@click.pass_obj
def command(settings: Settings, job: str | None, notify: bool) -> int:
    """Test the machine, the store, and the source of JOB (or of every enabled job). Changes nothing and reads no patron.

    Of an SFTP server that is not trusted yet it prints the fingerprint to compare and paste. Exits with 1 when something is wrong.
    """
    found = list(_all(settings, clock.now()) if job is None else _one(settings, job, clock.now()))
    if notify:
        found += _channels(settings, job, clock.now())
    screen = Screen(settings)
    wrong = sum(each.state == "wrong" for each in found)
    if settings.json:
        screen.document({"wrong": wrong, "findings": [{"name": f.name, "state": f.state, "text": f.text, "hint": f.hint} for f in found]})
    else:
        _tell(screen, found, wrong)
    return WRONG_EXIT if wrong else 0


def _all(settings: Settings, now: datetime) -> Iterator[Finding]:
    workspace, where = valid_workspace(settings), places(settings)
    yield from _machine(where, {district.time_zone.key for district in workspace.districts})
    yield from _files(workspace)
    for district in workspace.districts:
        yield from _district(district, where, now)
    for job in workspace.jobs:
        if job.enabled:
            yield from safely(f"{job.key}: source", partial(probes.source, job, now))


def _one(settings: Settings, name: str, now: datetime) -> Iterator[Finding]:
    try:
        job, where = find_job(settings, name)
    except InvalidFiles as invalid:
        # The one fault that doctor is needed to mend: nobody can know the fingerprint before it was shown.
        if {problem.code for problem in _errors(invalid)} <= {"host-key-missing", "host-key-invalid"}:
            yield from unknown_server(_errors(invalid)[0].path)
            return
        raise
    yield from _machine(where, {job.district.time_zone.key})
    yield Finding(job.key, "ok" if job.enabled else "warning", f"{job.path} is valid" + ("" if job.enabled else ", but disabled"))
    yield from _district(job.district, where, now)
    yield from _examples(job)
    yield from safely(f"{job.key}: source", partial(probes.source, job, now))


def _channels(settings: Settings, job: str | None, now: datetime) -> Iterator[Finding]:
    """A test over every channel of the district of `job`, or of all districts."""
    from runner.run.notify.tell import tell_test

    districts = [find_job(settings, job)[0].district] if job is not None else list(valid_workspace(settings).districts)
    for district in districts:
        told = tell_test(district, sent_at=now.timestamp())
        metrics = district.notify.metrics_file
        if metrics is not None:
            name = f"{district.key}: metrics_file"
            yield from safely(name, partial(probes.metrics_file, name, metrics))
        elif not told:
            yield Finding(f"{district.key}: notify", "warning", "nobody is told how runs end", "add notify: to district.yaml")
        for channel, trouble in told:
            text = trouble or f"a test was sent over {channel}"
            yield Finding(
                f"{district.key}: notify", "wrong" if trouble else "ok", text, "check its settings under notify:" if trouble else None
            )


def _errors(invalid: InvalidFiles) -> list[Problem]:
    return [each for each in invalid.problems if isinstance(each, Problem) and each.severity == "error"]


def _machine(where: Places, zones: set[str]) -> Iterator[Finding]:
    yield from safely("time zones", partial(probes.zone_data, zones))
    yield from safely("var", partial(probes.var_folder, where.var))


def _district(district: District, where: Places, now: datetime) -> Iterator[Finding]:
    folder = where.for_district(district.key)
    yield from safely(f"{district.key}: modes", partial(probes.private_files, folder))
    yield from safely(f"{district.key}: key", partial(probes.key, district, folder))
    yield from safely(f"{district.key}: store", partial(probes.store, district, where, now))


def _files(workspace: Workspace) -> Iterator[Finding]:
    if not workspace.jobs and not workspace.problems:
        yield Finding("jobs", "wrong", f"there are no jobs in {workspace.root}", "write one with `runner new DISTRICT/JOB --from FILE.csv`")
    errors = [each for each in workspace.problems if each.severity == "error"]
    for path in sorted({each.path for each in errors}):
        mine = [each for each in errors if each.path == path]
        yield Finding(
            "jobs", "wrong", f"{path}: {mine[0].text}" + (f", and {len(mine) - 1} more" if mine[1:] else ""), f"runner check {path}"
        )
    folders = {job.path.parent for job in workspace.jobs} | {district.path.parent for district in workspace.districts}
    files = {job.path for job in workspace.jobs} | {district.path for district in workspace.districts}
    yield from safely("jobs", partial(probes.job_files, [workspace.root, *sorted(folders | files)]))
    if not errors and workspace.jobs:
        yield Finding("jobs", "ok", f"{len(workspace.jobs)} valid, {sum(job.enabled for job in workspace.jobs)} of them enabled")


def _examples(job: Job) -> Iterator[Finding]:
    from runner.cli.test import examples_file

    if examples_file(job) is None:
        yield Finding(f"{job.key}: examples", "ok", f"none; {job.path.stem}_test.yaml beside the job would hold some, for `runner test`")


def _tell(screen: Screen, found: Sequence[Finding], wrong: int) -> None:
    width = max(len(each.state) for each in found)
    for each in found:
        screen.answer(f"{each.state.ljust(width)}  {each.name}: {each.text}", _STYLES[each.state] if each.state != "ok" else None)
        if each.hint:
            screen.answer(f"{' ' * width}  to do: {each.hint}")
    warnings = sum(each.state == "warning" for each in found)
    told = f"{wrong} wrong, {warnings} to look at" if wrong or warnings else "everything is well"
    screen.answer(f"\n{len(found)} looked at: {told}", "red" if wrong else "yellow" if warnings else "green")
