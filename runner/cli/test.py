"""`runner test`: the examples that stand beside a job, run through its mapping and the planner."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner import clock
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.cli.workspace import find_job, valid_workspace
from runner.errors import InvalidFiles, NotFound

if TYPE_CHECKING:
    from runner.cli.rehearse import Rehearsed
    from runner.job.model import Job

FAILED_EXIT = 1


@click.command()
@click.argument("job", required=False)
@everywhere
@click.pass_obj
def command(settings: Settings, job: str | None) -> int:
    """Run the examples of JOB, or of every job, and show where what came out differs from what was expected.

    The examples of jobs/DISTRICT/JOB.yaml stand in jobs/DISTRICT/JOB_test.yaml. Each is one row; with `store` it meets a patron with those
    values, without it nobody. No file is read and no store is opened.
    """
    jobs = [find_job(settings, job)[0]] if job is not None else _valid_jobs(settings)
    files = {each.key: (each, file) for each in jobs if (file := examples_file(each)) is not None}
    if not files:
        where = f"{jobs[0].path.stem}_test.yaml" if job is not None else "JOB_test.yaml"
        raise NotFound("there are no examples to run", f"write them as {where} beside the job; see docs/job-reference.md")
    found = {key: _run(each, file) for key, (each, file) in files.items()}
    _tell(Screen(settings), found, {key: file for key, (_, file) in files.items()})
    return FAILED_EXIT if any(each.differences for rehearsed in found.values() for each in rehearsed) else 0


def examples_file(job: Job) -> Path | None:
    """The file of a job's examples, or None where there is none."""
    beside = (job.path.with_name(f"{job.path.stem}_test{ending}") for ending in (".yaml", ".yml"))
    return next((file for file in beside if file.is_file()), None)


def _valid_jobs(settings: Settings) -> list[Job]:
    workspace = valid_workspace(settings)
    errors = tuple(each for each in workspace.problems if each.severity == "error")
    if errors:
        # Their examples could not be run, and leaving them out would look like a success.
        raise InvalidFiles("there are invalid files, so no example was run", "put them right, then type `runner check`", problems=errors)
    return list(workspace.jobs)


def _run(job: Job, file: Path) -> list[Rehearsed]:
    from runner.cli.rehearse import rehearse
    from runner.job.examples import load_examples

    return rehearse(job, load_examples(file), clock.now())


def _tell(screen: Screen, found: dict[str, list[Rehearsed]], files: dict[str, Path]) -> None:
    every = [(key, each) for key, rehearsed in found.items() for each in rehearsed]
    failed = sum(bool(each.differences) for _, each in every)
    if screen.settings.json:
        screen.document({"examples": len(every), "failed": failed, "results": [_plain(key, files[key], each) for key, each in every]})
        return
    for key, each in every:
        if each.differences:
            screen.answer(f"FAILED {key}: {each.example.name} ({files[key]}:{each.example.line})", "red")
            for difference in each.differences:
                screen.answer(f"  {difference}")
    screen.answer(_conclusion(len(every), failed, found), "red" if failed else "green")


def _plain(key: str, file: Path, each: Rehearsed) -> dict[str, object]:
    place = {"job": key, "name": each.example.name, "path": str(file), "line": each.example.line}
    return {**place, "passed": not each.differences, "differences": list(each.differences)}


def _conclusion(number: int, failed: int, jobs: Iterable[str]) -> str:
    of = f"{number:,} example{'s' if number != 1 else ''} of {', '.join(jobs)}"
    return f"{of}: {failed:,} failed" if failed else f"{of}: all as expected"
