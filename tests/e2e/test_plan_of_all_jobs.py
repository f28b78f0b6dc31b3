"""`make plan` without JOB: every enabled job, wherever the jobs are, and no broken file left out in silence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.daemon.serving import ROOT, Workspace


def make_plan(at: Workspace) -> subprocess.CompletedProcess[str]:
    """What `make plan` does, in a workspace of its own."""
    told = {**os.environ, "RUNNER_JOBS": str(at.jobs), "RUNNER_VAR": str(at.var), "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "deploy.plan_jobs"]
    return subprocess.run(words, cwd=at.folder, env=told, capture_output=True, text=True, check=False)


def test_every_enabled_job_of_the_jobs_folder_in_force_is_planned(tmp_path: Path) -> None:
    at = Workspace(tmp_path)
    at.jobs = at.jobs.rename(tmp_path / "elsewhere")
    done = make_plan(at)
    assert done.returncode == 0, done.stderr
    assert "Plan of springfield/students" in done.stdout


def test_a_file_that_is_invalid_is_named_and_ends_with_78_after_the_others_are_planned(tmp_path: Path) -> None:
    at = Workspace(tmp_path)
    broken = at.job("nonsense: true\n", name="staff")
    done = make_plan(at)
    assert done.returncode == 78
    assert "Plan of springfield/students" in done.stdout
    assert f"Invalid, so not planned (runner check says why): {broken}" in done.stderr


def test_a_workspace_without_an_enabled_job_says_so(tmp_path: Path) -> None:
    at = Workspace(tmp_path)
    (at.jobs / "springfield" / "students.yaml").unlink()
    done = make_plan(at)
    assert done.returncode == 1
    assert "There is no enabled job under" in done.stderr
