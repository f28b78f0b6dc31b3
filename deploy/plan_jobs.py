"""`make plan`: the dry run of the job that is named, else of every enabled job. Ends with the worst exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from runner.job.load import load_workspace

RUNNER = Path(sys.executable).with_name("runner")
INVALID = 78


def main() -> int:
    """The command."""
    if len(sys.argv) > 1:
        return _worst(sys.argv[1:])
    root = Path(os.environ.get("RUNNER_JOBS") or "jobs")
    workspace = load_workspace(root)
    jobs = [job.key for job in workspace.jobs if job.enabled]
    broken = sorted({str(problem.path) for problem in workspace.problems if problem.severity == "error"})
    if not jobs and not broken:
        print(f"There is no enabled job under {root}/: runner new DISTRICT/JOB --from FILE.csv begins one.", file=sys.stderr)
        return 1
    worst = _worst(jobs)
    if broken:
        print(f"Invalid, so not planned (runner check says why): {', '.join(broken)}", file=sys.stderr)
    return INVALID if broken else worst


def _worst(jobs: list[str]) -> int:
    return max((subprocess.run([RUNNER, "plan", job], check=False).returncode for job in jobs), default=0)


if __name__ == "__main__":
    raise SystemExit(main())
