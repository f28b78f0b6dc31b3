"""Names of runs, and what a report states of what ran."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from runner.job.model import Job
from runner.run.identity import new_run_id, provenance
from tests.needs import need
from tests.run.small_district import NIGHT, SmallDistrict


def test_runs_of_one_second_never_share_a_name(tmp_path: Path) -> None:
    job, given = SmallDistrict(tmp_path).write().job(), set[str]()
    for _ in range(2_000):  # at random some thirty of these would meet
        given.add(new_run_id(job, NIGHT, given.__contains__))
    assert len(given) == 2_000
    assert min(given).startswith("20261015T070000Z-small-students-")


@pytest.fixture
def tracked(tmp_path: Path) -> Job:
    """A job in a repository whose settings are somebody else's: each program that they name would make the file `ran`."""
    if shutil.which("git") is None:
        need("git")
    job = SmallDistrict(tmp_path).write().job()
    (tmp_path / ".gitattributes").write_text("* filter=stranger\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "jobs")
    later = job.path.stat().st_mtime + 60  # git takes a file whose time is another for one to look at
    os.utime(job.path, (later, later))
    return job


def git(folder: Path, *words: str) -> None:
    somebody = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    subprocess.run(["git", "-C", str(folder), *somebody, *words], check=True, capture_output=True)


def test_the_commit_of_a_repository_is_named_with_a_plus_where_files_differ(tracked: Job) -> None:
    clean = provenance(tracked, None, "").commit
    assert clean is not None
    assert clean[-1] != "+"
    tracked.path.write_text(tracked.path.read_text() + "# edited\n")
    assert provenance(tracked, None, "").commit == clean + "+"


@pytest.mark.parametrize(
    "setting", ["filter.stranger.clean", "filter.stranger.process", "filter.stran=ger.clean", "core.fsmonitor", "core.hooksPath"]
)
def test_no_program_is_run_that_the_settings_of_the_repository_name(setting: str, tracked: Job, tmp_path: Path) -> None:
    program = tmp_path / "post-index-change"
    program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\nexec cat\n")
    program.chmod(0o700)
    (tmp_path / ".gitattributes").write_text(f"* filter={setting.split('.')[1]}\n")
    git(tmp_path, "config", setting, str(tmp_path if setting == "core.hooksPath" else program))
    git(tmp_path, "config", "filter.stranger.required", "true")
    assert provenance(tracked, None, "").commit is not None
    assert not (tmp_path / "ran").exists()


def test_no_program_is_run_that_a_submodule_names(tracked: Job, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / ".gitattributes").write_text("* filter=stranger\n")
    git(inner, "init", "--quiet")
    git(inner, "add", ".")
    git(inner, "commit", "--quiet", "--message", "inner")
    git(tmp_path, "add", "inner")
    git(inner, "config", "filter.stranger.clean", f"touch '{tmp_path}/ran'; cat")
    os.utime(inner / ".gitattributes", (0, 0))
    assert provenance(tracked, None, "").commit is not None
    assert not (tmp_path / "ran").exists()


def test_files_that_look_like_a_repository_are_not_taken_for_one(tracked: Job, tmp_path: Path) -> None:
    """A folder of jobs may come with them, committed as plain files."""
    district = tracked.path.parent
    git(district, "init", "--quiet", "--bare", ".")
    git(district, "config", "core.bare", "false")
    git(district, "config", "core.worktree", str(district))
    git(district, "add", "students.yaml")
    git(district, "commit", "--quiet", "--message", "what nobody is to be told")
    assert provenance(tracked, None, "").commit is None


def test_nothing_is_written_in_the_repository(tracked: Job, tmp_path: Path) -> None:
    """Git would note the file's new time in its index, which would be this account's own then and closed to whoever edits the jobs."""
    index = tmp_path / ".git" / "index"
    before = index.stat()
    provenance(tracked, None, "")
    assert (index.stat().st_ino, index.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
