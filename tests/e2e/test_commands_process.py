"""The real command as its own process: quick to answer, private in what it makes, calm under signals."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.patience import stretched
from tests.run.small_district import SmallDistrict, student

COMMAND = [sys.executable, "-m", "runner.cli"]
ROOT = Path(__file__).parents[2]


def runner(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": os.environ.get("HOME", "/")}
    return subprocess.run([*COMMAND, *words], cwd=cwd, env={**kept, **environment}, capture_output=True, text=True, timeout=60, check=False)


def test_help_costs_under_three_tenths_of_a_second() -> None:
    runner("--help")  # once, so that the files are compiled
    cheapest = min(_cost("--help") for _ in range(5))
    assert cheapest < 0.3, f"{cheapest:.3f} s"


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["nosuch"], ["check", "--help"], ["run", "--help"], ["next", "--help"]])
def test_help_imports_no_heavy_library(words: list[str]) -> None:
    code = (
        "import sys\n"
        "from runner.cli.main import runner\n"
        "try:\n"
        f"    runner.main({words!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = {'polars', 'fabric', 'paramiko', 'jsonschema', 'rich', 'adbc_driver_manager', 'jinja2'} & set(sys.modules)\n"
        "sys.exit(f'imported {sorted(heavy)}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_help_lists_every_verb_and_no_escape_codes() -> None:
    from runner.cli.verbs import VERBS

    out = runner("--help").stdout
    assert all(f"\n  {verb} " in out for verb in VERBS)
    assert "\x1b" not in out


def test_output_that_the_encoding_lacks_is_escaped_not_fatal(tmp_path: Path) -> None:
    done = runner("check", str(tmp_path / "naïve-★.yaml"), RUNNER_VAR=str(tmp_path), PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode in (1, 64)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_command_started_without_a_stream_does_its_work(closed: str, tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("StudentID,School\n1,NORTH\n2,NORTH\n")
    words = [*COMMAND, "new", "small/students", "--from", "ids.csv"]
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *words], cwd=tmp_path, env=kept, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "jobs/small/students.yaml").is_file()


FULL = Path("/dev/full")
full_disk = pytest.mark.skipif(not FULL.is_char_device(), reason="this machine has no /dev/full")


@full_disk
@pytest.mark.parametrize("words", [["explain"], ["explain", "--json"], ["explain", "nosuch", "--json"], ["--help"]])
def test_an_answer_that_a_full_disk_does_not_take_fails_in_a_sentence(words: list[str]) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" > /dev/full', "sh", *COMMAND, *words], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode in (1, 64)
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ")


@full_disk
def test_a_full_disk_under_the_story_does_not_change_how_a_command_ends(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("StudentID,School\n1,NORTH\n2,NORTH\n")
    words = [*COMMAND, "new", "small/students", "--from", "ids.csv"]
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 2> /dev/full', "sh", *words], cwd=tmp_path, env=kept, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    assert (tmp_path / "jobs/small/students.yaml").is_file()


SLEEPER = """
import os, sys, time
import click
from runner.cli import main, verbs
sys.modules["sleeper"] = sys.modules["__main__"]
@click.command()
@click.argument("marker")
def command(marker):
    made = os.open(marker, os.O_WRONLY | os.O_CREAT)
    try:
        print("ready", flush=True)
        {work}
    finally:
        os.write(made, b"rolled back")
verbs.VERBS["sleep"] = ("sleeper", "")
main.main()
"""


def started(work: str, marker: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPER.format(work=work), "sleep", str(marker)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_unwinds_and_ends_with_its_code(number: signal.Signals, code: int, tmp_path: Path) -> None:
    process = started("time.sleep(60)", tmp_path / "marker")
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert (tmp_path / "marker").read_text() == "rolled back"
    assert "stopped by a signal" in err


def test_further_signals_do_not_disturb_the_rollback(tmp_path: Path) -> None:
    process = started(
        """
        try:
            time.sleep(60)
        finally:
            time.sleep(1)
        """,
        tmp_path / "marker",
    )
    for _ in range(3):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert (tmp_path / "marker").read_text() == "rolled back"


@pytest.mark.alone
def test_a_signal_ends_a_long_computation_within_five_seconds(tmp_path: Path) -> None:
    # A library call that does not come back to Python but lets other threads run, as those of polars and the drivers: a lock taken twice.
    process = started(
        "import ctypes; c = ctypes.CDLL(None); m = ctypes.create_string_buffer(64); [c.pthread_mutex_lock(m) for _ in 'ab']",
        tmp_path / "marker",
    )
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert time.monotonic() - begun < 4 + stretched(1)


def finishing(seconds: float, marker: Path) -> subprocess.Popen[str]:
    """A command whose run has committed, and is finished in so many seconds."""
    work = f"""
        from runner import stopping
        with stopping.stoppable():
            stopping.finish_first()
            print("finishing", flush=True)
            time.sleep({seconds})
        """
    process = started(work, marker)
    assert process.stdout is not None
    assert process.stdout.readline() == "finishing\n"
    return process


def test_a_signal_while_a_run_is_being_finished_does_not_say_that_it_was_rolled_back(tmp_path: Path) -> None:
    process = finishing(60, tmp_path / "marker")
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "`runner runs` shows what it did" in err
    assert "rolled back" not in err


@pytest.mark.alone
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_run_that_waits_for_the_store_and_is_told_in_json(number: signal.Signals, code: int, tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write()
    district.export([student(1)])
    district.run()
    words = ["--jobs", str(district.places.jobs), "run", "small/students", "--json"]
    with closing(sqlite3.connect(district.store_file, isolation_level=None)) as staff:
        staff.execute("BEGIN IMMEDIATE")
        process = subprocess.Popen([sys.executable, "-m", "runner.cli", *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(stretched(2))
        begun = time.monotonic()
        process.send_signal(number)
        answer, _ = process.communicate(timeout=60)
    assert (process.returncode, json.loads(answer)["error"]["code"]) == (code, "interrupted")
    assert time.monotonic() - begun < 4 + stretched(1)


def test_what_is_made_is_private_whatever_the_umask(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPER.format(work="pass"), "sleep", str(tmp_path / "marker")],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, umask=0,
    )  # fmt: skip
    assert process.wait(20) == 0
    assert (tmp_path / "marker").stat().st_mode & 0o077 == 0


def test_a_command_leaves_no_core_file_whatever_the_limit(tmp_path: Path) -> None:
    """What a run has in memory, passwords among it, would lie in the working directory after Ctrl-\\."""
    told = (
        f"import pathlib, resource; pathlib.Path({str(tmp_path / 'limit')!r}).write_text(str(resource.getrlimit(resource.RLIMIT_CORE)[0]))"
    )
    program = SLEEPER.format(work=told)
    words = [sys.executable, "-c", program, "sleep", str(tmp_path / "marker")]
    subprocess.run(["sh", "-c", 'ulimit -S -c "$(ulimit -H -c)"; exec "$@"', "sh", *words], cwd=ROOT, check=True, capture_output=True)
    assert (tmp_path / "limit").read_text() == "0"


def _cost(*words: str) -> float:
    """Seconds of processor, which other work on the machine does not add to."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert runner(*words).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_whose_run_was_finished_first_says_that_it_came_too_late(tmp_path: Path, number: signal.Signals) -> None:
    process = finishing(1, tmp_path / "marker")
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "came too late to stop the run" in err) == (128 + number, True)
