"""A command that only answers a question may not pay for polars, fabric or a database."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.patience import stretched

ROOT = Path(__file__).parents[2]
RUNNER = Path(sys.executable).with_name("runner")
HEAVY = ("polars", "fabric", "paramiko", "adbc_driver_manager", "jinja2")


def _loaded_by(code: str) -> set[str]:
    program = f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\nprint(*sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return {name for name in done.stderr.split() if name in HEAVY}


@pytest.mark.alone
def test_help_answers_within_three_tenths_of_a_second() -> None:
    """Processor time, the best of five: it equals the time on the clock where nobody else is busy, and stays true where somebody is."""
    assert min(_processor_time([str(RUNNER), "--help"]) for _ in range(5)) < stretched(0.3, time.process_time)


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], ["run", "--help"], ["explain", "barcode-in-use"], ["check", "jobs"]], ids=" ".join
)
def test_a_question_is_answered_without_heavy_libraries(words: list[str]) -> None:
    loaded = _loaded_by(f"sys.argv = ['runner', *{words!r}]; from runner.cli.main import main; main()")
    allowed = {"polars"} if words[0] == "check" else set()  # a pattern in a job is compiled by polars
    assert loaded <= allowed


def test_the_daemon_loads_neither_polars_nor_fabric() -> None:
    names = [path.stem for path in (ROOT / "runner" / "daemon").glob("*.py")]
    modules = ", ".join(f"runner.daemon.{name}" for name in sorted(names) if name != "__init__")
    assert not _loaded_by(f"import {modules}") & {"polars", "fabric", "paramiko"}


def test_the_job_folder_loads_no_polars() -> None:
    modules = sorted(str(path.relative_to(ROOT).with_suffix("")).replace(os.sep, ".") for path in (ROOT / "runner" / "job").rglob("*.py"))
    assert not _loaded_by(f"import {', '.join(name.removesuffix('.__init__') for name in modules)}") & {"polars", "fabric"}


def _processor_time(words: list[str]) -> float:
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime
