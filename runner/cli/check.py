"""`runner check`: every problem of every job file at once. Needs no store and no network."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from runner.cli.problem_text import as_document, as_github, as_line, as_text
from runner.cli.screen import Screen, painted
from runner.cli.settings import Settings, everywhere
from runner.cli.workspace import district_keys, job_named, known_district
from runner.errors import UsageError
from runner.job.folders import DISTRICT_FILE, job_files, names_a_file
from runner.job.near import nearest
from runner.problems import Problem

PROBLEMS_EXIT = 1


@click.command()
@click.argument("words", metavar="[PATH]...", nargs=-1)
@click.option(
    "--format", "form", type=click.Choice(["text", "concise", "json", "github"]), default="text", help="How to write the problems."
)
@everywhere
@click.pass_obj
def command(settings: Settings, words: tuple[str, ...], form: str) -> int:
    """Check job and district files: all of them, or each PATH (a file, a folder, or DISTRICT/JOB).

    Exits with 1 when there is an error; warnings alone leave 0.
    """
    from runner.job.load import check_paths

    paths = [_path(settings, word) for word in words] or [_everything(settings)]
    problems = check_paths(paths)
    files = _files(paths)
    if not files and not problems:
        raise UsageError(
            f"there are no job files in {', '.join(map(str, paths))}", "write one with `runner new DISTRICT/JOB --from FILE.csv`"
        )
    _tell(Screen(settings), problems, len(files), "json" if settings.json else form)
    return PROBLEMS_EXIT if any(problem.severity == "error" for problem in problems) else 0


def _everything(settings: Settings) -> Path:
    if settings.district is None:
        return settings.jobs
    folder = settings.jobs / settings.district
    if not folder.is_dir():
        known_district(settings, settings.district)
    return folder


def _path(settings: Settings, word: str) -> Path:
    """What a word names: a path that exists, else a job's file or a district in the jobs folder. Raises UsageError with near names."""
    from runner.job.load import unknown_job

    path = Path(word)
    if path.exists():
        return path
    named = settings.jobs / job_named(settings, word)
    found = next((each for each in (named.with_name(f"{named.name}.yaml"), named) if each.exists()), None)
    if found is not None or names_a_file(word) or not settings.jobs.is_dir():
        return found or path  # the error names the path
    if "/" not in word and settings.district is None and nearest(word, district_keys(settings)):
        known_district(settings, word)
    raise unknown_job(settings.jobs, job_named(settings, word))


def _files(paths: Iterable[Path]) -> list[Path]:
    """The files that were looked at."""
    found: list[Path] = []
    for path in paths:
        folders = [path, *sorted(each for each in path.iterdir() if each.is_dir())] if path.is_dir() else []
        found += [path] if not folders else [file for folder in folders for file in [*folder.glob(DISTRICT_FILE), *job_files(folder)]]
    return found


def _tell(screen: Screen, problems: Sequence[Problem], files: int, form: str) -> None:
    errors = sum(problem.severity == "error" for problem in problems)
    if form == "json":
        screen.document({"files": files, "errors": errors, "problems": [as_document(problem) for problem in problems]})
        return
    write = {"text": as_text, "concise": as_line, "github": as_github}[form]
    for problem in problems:
        screen.answer(write(problem) + ("\n" if form == "text" else ""))
    told = f"{_counted(files, 'file')} checked: {_counted(errors, 'error')}, {_counted(len(problems) - errors, 'warning')}"
    if form == "text":
        screen.answer(painted(told, "red" if errors else "green", sys.stdout))
    else:
        screen.story(told)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
