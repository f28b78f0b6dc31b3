"""`make plan`: the dry run of the job that is named, else of every enabled job. Ends with the worst exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from runner.job.load import load_workspace

RUNNER = Path(sys.executable).with_name("runner")


def main() -> int:
    """The command."""
    jobs = sys.argv[1:] or [job.key for job in load_workspace(Path("jobs")).jobs if job.enabled]
    if not jobs:
        print("There is no enabled job under jobs/: runner new DISTRICT/JOB --from FILE.csv begins one.", file=sys.stderr)
        return 1
    return max(subprocess.run([RUNNER, "plan", job], check=False).returncode for job in jobs)


if __name__ == "__main__":
    raise SystemExit(main())
