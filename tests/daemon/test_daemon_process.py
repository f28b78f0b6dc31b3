"""The real daemon: signals, systemd's socket, edits, broken files, and that it loads no data library."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.serving import DUE, JOB, SLOT, SLOW, Serving, Workspace, later
from tests.patience import stretched

pytestmark = pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc to find workers")


@pytest.fixture
def at(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def notified(tmp_path: Path) -> Iterator[socket.socket]:
    """systemd's end of the notify socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(30)
        yield heard


def hear(heard: socket.socket, word: str) -> list[str]:
    """Everything said until `word` was."""
    said: list[str] = []
    while word not in said:
        said += heard.recv(4096).decode().split("\n")
    return said


def test_a_slot_that_is_due_runs_once_and_is_told_of(at: Workspace) -> None:
    at.known()
    with Serving(at) as daemon:
        daemon.wait_for("is done")
        time.sleep(1)
        daemon.stop()
    (run,) = at.runs()
    assert (run["slot"], run["status"], run["kind"]) == (SLOT, "complete", "full")
    with Serving(at) as again:
        again.wait_for("runs at 02:00")
        time.sleep(1)
        again.stop()
    assert len(at.runs()) == 1


def test_what_the_daemon_says_names_no_patron_and_keeps_to_its_lines(at: Workspace) -> None:
    at.known()
    at.job(JOB.replace("last_name: Last", "last_name: Last\n    username: Password\n    password: Password"))
    at.job("\x1b[31m: [", name="odd\nname")
    with Serving(at) as daemon:
        daemon.wait_for("is done")
        daemon.wait_for("broken: ")
        daemon.stop()
    assert not [word for word in ("Canary", "secret-", "\x1b") if word in daemon.log]
    assert [line for line in daemon.log.splitlines() if not line.startswith("2")] == []


def test_what_lies_in_the_folder_where_the_daemon_was_started_is_not_taken_for_a_part_of_it(
    at: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the workers, by those in waiting, by whoever reads the jobs, nor by whoever writes the pages."""
    at.known()
    foreign = at.folder / "exports"
    foreign.mkdir()
    for name in ("polars", "jinja2", "yaml", "json", "msgspec"):
        (foreign / f"{name}.py").write_text(f"open({str(at.folder / 'ran')!r}, 'w')\nraise ImportError\n")
    monkeypatch.chdir(foreign)
    with Serving(at, program=[sys.executable, "-P", "-m", "runner.cli"]) as daemon:  # as the command `runner`
        daemon.wait_for("is done")
        at.job("nonsense", name="broken")
        daemon.wait_for("broken: ")
        time.sleep(1)
        daemon.stop()
    assert not (at.folder / "ran").exists()


def test_the_daemon_loads_no_data_library(at: Workspace) -> None:
    at.known()
    at.job("nonsense", name="broken")
    seen = at.folder / "modules.json"
    program = (
        "import atexit, json, pathlib, sys; "
        f"atexit.register(lambda: pathlib.Path({str(seen)!r}).write_text(json.dumps(sorted(sys.modules)))); "
        "from runner.cli.main import main; main()"
    )
    with Serving(at, program=[sys.executable, "-c", program]) as daemon:
        daemon.wait_for("is done")
        maps = Path(f"/proc/{daemon.process.pid}/maps").read_text()
        daemon.stop()
    loaded = {name.split(".")[0] for name in json.loads(seen.read_text())}
    assert not loaded & {"polars", "fabric", "paramiko", "adbc_driver_manager", "adbc_driver_sqlite", "jinja2", "cryptography"}
    assert "polars" not in maps
    assert "schedule" in loaded


@pytest.mark.alone
def test_sigterm_in_a_run_rolls_back_within_five_seconds_and_the_slot_runs_at_the_next_start(tmp_path: Path) -> None:
    at = Workspace(tmp_path, job=SLOW, patrons=1500)
    at.known()
    with Serving(at) as daemon:
        daemon.wait_for("starting")
        wait_until_running(at)
        code, took = daemon.stop()
    assert code == 143
    assert took < 4 + stretched(1)
    (run,) = at.runs()
    # A signal that comes where Python swallows it (in a finaliser) ends the run the hard way after 4 seconds; the next start notes it then.
    orderly = "stopped by a signal" in daemon.log
    assert (run["status"], run["counts"]) == ("interrupted" if orderly else "running", None)
    assert at.rows("SELECT count(*) AS n FROM patron") == [{"n": 0}]
    at.export(patrons=3)
    with Serving(at, now=later(DUE, minutes=2)) as again:
        again.wait_for("is done")
        again.stop()
    (run,) = at.runs()
    assert (run["status"], run["attempts"]) == ("complete", 2)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_under_on_missed_skip_a_run_that_was_interrupted_is_tried_again(tmp_path: Path, how: signal.Signals) -> None:
    at = Workspace(tmp_path, job=SLOW.replace("grace: 6h", "grace: 6h, on_missed: skip"), patrons=1500)
    at.known()
    with Serving(at, now=later(DUE, seconds=-40)) as daemon:  # awake ten seconds before its time, less what it takes to start
        daemon.wait_for("starting")
        worker = wait_until_running(at)
        if how == signal.SIGKILL:
            os.kill(daemon.process.pid, how)
            os.kill(worker, how)
        daemon.stop()
    assert {run["status"] for run in at.runs()} <= {"interrupted", "running"}
    at.export(patrons=3)
    with Serving(at, now=later(DUE, minutes=2)) as again:
        again.wait_for("is done")
        again.stop()
    (run,) = at.runs()
    assert (run["slot"], run["status"], run["attempts"]) == (SLOT, "complete", 2)


def test_under_on_missed_skip_a_slot_that_nobody_began_is_a_missed_row(tmp_path: Path) -> None:
    at = Workspace(tmp_path, job=JOB.replace("grace: 6h", "grace: 6h, on_missed: skip"))
    at.known()
    with Serving(at) as daemon:
        daemon.wait_for("is done")
        daemon.stop()
    (run,) = at.runs()
    assert (run["slot"], run["status"], run["counts"]) == (SLOT, "missed", None)


def test_a_worker_that_is_killed_is_taken_over_at_once(tmp_path: Path) -> None:
    at = Workspace(tmp_path, job=SLOW, patrons=1500)
    at.known()
    with Serving(at) as daemon:
        os.kill(wait_until_running(at), signal.SIGKILL)
        at.export(patrons=3)
        daemon.wait_for("is done")
        daemon.stop()
    (run,) = at.runs()
    assert (run["status"], run["attempts"]) == ("complete", 2)


def test_a_stuck_worker_is_ended_by_the_limit_and_rolled_back(tmp_path: Path) -> None:
    at = Workspace(tmp_path, job=SLOW, patrons=1500)
    at.known()
    with Serving(at, words=["--max-runtime", "1s"], rate=60) as daemon:
        daemon.wait_for("ended with exit code 143")
        daemon.stop()
    assert "took longer than `runner serve --max-runtime` allows and was stopped: raise that" in daemon.log
    assert {run["status"] for run in at.runs()} <= {"interrupted", "running"}
    assert at.rows("SELECT id FROM patron") == []


def test_systemd_hears_ready_watchdog_reloading_and_stopping(at: Workspace, notified: socket.socket) -> None:
    with Serving(at, NOTIFY_SOCKET=notified.getsockname()) as daemon:
        assert "WATCHDOG=1" in hear(notified, "READY=1")
        hear(notified, "WATCHDOG=1")
        hear(notified, "WATCHDOG=1")
        daemon.process.send_signal(signal.SIGHUP)
        said = hear(notified, "RELOADING=1")
        assert "MONOTONIC_USEC" in " ".join([*said, *hear(notified, "READY=1")])
        daemon.process.send_signal(signal.SIGTERM)
        hear(notified, "STOPPING=1")
        assert daemon.process.wait(10) == 143


def test_ctrl_c_ends_the_daemon_with_130(at: Workspace) -> None:
    with Serving(at, words=["--json"]) as daemon:
        daemon.wait_for("runs at")
        assert daemon.stop(signal.SIGINT)[0] == 130
    (answer,) = [json.loads(line) for line in daemon.log.splitlines() if line.startswith("{")]
    assert (answer["schema"], answer["stopped_by"]) == (1, "SIGINT")


def test_an_edit_is_taken_up_and_what_editors_leave_behind_is_not(at: Workspace) -> None:
    home = at.jobs / "springfield"
    with Serving(at) as daemon:
        daemon.wait_for("runs at 02:00")
        for leftover in ("students.yaml~", ".students.yaml.swp", "#students.yaml#", ".#students.yaml", "4913"):
            (home / leftover).write_text("no: [job")
        at.job(JOB.replace("02:00", "03:30"))
        daemon.wait_for("runs at 03:30")
        (home / "students.yaml").unlink()
        daemon.wait_for("is not run by the clock any more")
        daemon.stop()
    assert "broken" not in daemon.log


@pytest.mark.parametrize("name", ["linked", "exports"])
def test_an_edit_is_taken_up_in_a_link_to_a_folder_and_whatever_the_district_is_called(at: Workspace, name: str) -> None:
    home = at.district(name) if name == "exports" else at.folder / "elsewhere"
    if name == "linked":
        (at.jobs / "springfield").rename(home)
        (at.jobs / name).symlink_to(home)
    (home / "students.yaml").write_text(JOB.replace("NAME", "students"))
    with Serving(at) as daemon:
        daemon.wait_for(f"{name}/students runs at 02:00")
        (home / "students.yaml").write_text(JOB.replace("NAME", "students").replace("02:00", "03:30"))
        daemon.wait_for(f"{name}/students runs at 03:30")
        daemon.stop()


def test_a_jobs_folder_that_is_taken_away_is_one_line_and_its_jobs_stay_in_force(at: Workspace) -> None:
    with Serving(at) as daemon:
        daemon.wait_for("runs at 02:00")
        at.jobs.rename(at.folder / "unmounted")
        daemon.wait_for("the jobs known before stay in force")
        daemon.stop()
    assert f"ERROR there is no folder {at.jobs}" in daemon.log
    assert "Traceback" not in daemon.log


def test_a_jobs_folder_that_is_empty_of_a_sudden_is_warned_of(at: Workspace) -> None:
    with Serving(at) as daemon:
        daemon.wait_for("runs at 02:00")
        (at.jobs / "springfield").rename(at.folder / "unmounted")
        daemon.wait_for("no job is left to look after")
        daemon.stop()


def test_a_broken_edit_keeps_the_last_good_version_through_ticks_and_restarts(at: Workspace) -> None:
    with Serving(at, now="2026-10-14T20:00:00Z") as daemon:
        daemon.wait_for("runs at 02:00")
        daemon.stop()
    at.known()
    at.job(JOB.replace("match_by: district_id", "match_by: nobody_knows"))
    with Serving(at) as daemon:
        daemon.wait_for("its last good version runs")
        daemon.wait_for("is done")
        daemon.stop()
    (run,) = at.runs()
    assert run["status"] == "complete"
    assert daemon.log.count("broken: springfield/students.yaml:") == 1
    told = json.loads((at.var / "springfield" / "daemon" / "broken.json").read_text())
    assert list(told["files"]) == [str(at.jobs / "springfield" / "students.yaml")]


def test_the_page_says_when_a_file_broke_and_that_it_is_mended_without_waiting_for_a_run(at: Workspace) -> None:
    page = at.var / "springfield" / "reports" / "index.html"
    with Serving(at) as daemon:
        daemon.wait_for("runs at 02:00")
        at.job(JOB.replace("match_by: district_id", "match_by: nobody_knows"))
        wait_for_words(page, "Broken since Thursday, 15 October 2026, 02:00 CDT; the last good version is still running.")
        at.job()
        wait_for_words(page, "Nothing waits for you")
        daemon.stop()
    assert at.runs() == []


def test_a_broken_district_keeps_its_jobs_running(at: Workspace) -> None:
    with Serving(at, now="2026-10-14T20:00:00Z") as daemon:
        daemon.wait_for("runs at 02:00")
        daemon.stop()
    at.known()
    (at.jobs / "springfield" / "district.yaml").write_text("version: 1\n")
    with Serving(at) as daemon:
        daemon.wait_for("is done")
        daemon.stop()
    assert [run["status"] for run in at.runs()] == ["complete"]


def test_a_job_that_fails_and_a_broken_one_do_not_hinder_another_district(at: Workspace) -> None:
    at.district("shelby")
    at.job(district="shelby")
    at.job("nonsense", name="other")
    (at.jobs / "springfield" / "exports" / "students.csv").unlink()
    at.known()
    at.known("shelby/students")
    with Serving(at) as daemon:
        daemon.wait_for("shelby/students: 2026-10-15T02:00 is done")
        daemon.wait_for("springfield/students: 2026-10-15T02:00 is done")
        daemon.stop()
    assert "springfield/students: error: there is no file" in daemon.log
    assert [run["status"] for run in at.runs("shelby")] == ["complete"]
    assert [run["status"] for run in at.runs()] == ["failed"]


def test_a_missed_night_is_a_row_and_a_run_within_the_grace_says_that_it_is_late(at: Workspace) -> None:
    at.known(since="2026-10-13T20:00:00+00:00")
    with Serving(at, now="2026-10-15T10:00:00Z") as daemon:
        daemon.wait_for("is done", times=2)
        daemon.stop()
    late, missed = at.runs()
    assert (late["slot"], late["status"], late["note"]) == (SLOT, "complete", "3 h 00 min late")
    assert (missed["slot"], missed["status"], missed["counts"]) == ("2026-10-14T02:00", "missed", None)


def test_a_store_that_is_held_by_a_run_by_hand_is_waited_for(at: Workspace) -> None:
    at.known()
    held = at.var / "springfield" / "patrons.db.lock"
    held.touch(mode=0o600)
    with held.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with Serving(at) as daemon:
            daemon.wait_for("another run holds the store")
            fcntl.flock(lock, fcntl.LOCK_UN)
            daemon.wait_for("is done")
            daemon.stop()
    assert [run["status"] for run in at.runs()] == ["complete"]


def test_a_file_that_comes_late_is_waited_for(at: Workspace) -> None:
    at.known()
    at.job(JOB.replace("grace: 6h", "grace: 6h, wait_for_file: 3h"))
    export = at.jobs / "springfield" / "exports" / "students.csv"
    export.rename(export.with_name("late"))
    with Serving(at, rate=60) as daemon:
        daemon.wait_for("it is looked for again until 05:00")
        export.with_name("late").rename(export)
        daemon.wait_for("is done")
        daemon.stop()
        assert daemon.log.count("there is no file") == 1
    assert [(run["slot"], run["status"]) for run in at.runs()] == [(SLOT, "complete")]


def test_a_store_that_is_held_keeps_no_other_district_waiting_where_one_run_goes_at_a_time(at: Workspace) -> None:
    at.district("trenton")
    at.job(district="trenton")
    at.known()
    at.known("trenton/students")
    held = at.var / "springfield" / "patrons.db.lock"
    held.touch(mode=0o600)
    with held.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with Serving(at, words=["--jobs-at-once", "1"]) as daemon:
            daemon.wait_for("trenton/students: 2026-10-15T02:00 is done")
            time.sleep(8)
            daemon.stop()
    assert daemon.log.count("another run holds the store; ") == 1
    assert "ERROR" not in daemon.log


def wait_until_running(at: Workspace) -> int:
    """The process of the run that is going on, once it hashes passwords."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        found = [run["pid"] for run in at.runs() if run["status"] == "running"]
        if found:
            time.sleep(0.5)
            return int(found[0])
        time.sleep(0.05)
    raise AssertionError("no run has begun")


def wait_for_words(page: Path, words: str) -> None:
    """Until the page has them."""
    ends = time.monotonic() + 30
    while not page.exists() or words not in page.read_text():
        assert time.monotonic() < ends, page.read_text() if page.exists() else "no page"
        time.sleep(0.05)


def test_a_daemon_whose_var_is_a_file_does_not_begin(at: Workspace) -> None:
    at.var.write_text("")
    with Serving(at) as daemon:
        assert daemon.process.wait(30) == 1
    assert "is a file, where a folder must be" in daemon.log


def test_a_daemon_without_a_job_to_look_after_says_so(at: Workspace) -> None:
    shutil.rmtree(at.jobs / "springfield")
    with Serving(at, words=["--quiet"]) as daemon:
        daemon.wait_for("There is no district and no job in")


def test_a_daemon_whose_jobs_all_run_by_hand_says_so_once(tmp_path: Path) -> None:
    at = Workspace(tmp_path, job="".join(line for line in JOB.splitlines(keepends=True) if not line.startswith("schedule:")))
    with Serving(at) as daemon:
        daemon.wait_for("nothing runs by itself: no job has a schedule in force")
        at.job(name="staff")
        daemon.wait_for("staff runs at 02:00")
        daemon.stop()
    assert daemon.log.count("nothing runs by itself") == 1


def test_a_job_whose_variable_is_missing_is_told_as_overdue_noted_as_missed_and_keeps_its_times(tmp_path: Path) -> None:
    text = JOB.replace("path: exports", 'path: "${env:EXPORTS}"').replace("grace: 6h", 'grace: 1h, expect_by: "02:30"')
    at = Workspace(tmp_path, job=text)
    at.known()
    with Serving(at, now="2026-10-14T20:00:00Z", EXPORTS=str(at.jobs / "springfield" / "exports")) as daemon:
        daemon.wait_for("runs at 02:00")
        daemon.stop()
    with Serving(at, rate=1200, now="2026-10-15T06:00:00Z") as daemon:
        daemon.wait_for("its last good version cannot be used now")
        daemon.wait_for(f"alert {SLOT} is done")
        daemon.wait_for(f"students: {SLOT} is done")
        daemon.stop()
    assert [(run["slot"], run["status"]) for run in at.runs()] == [(SLOT, "missed")]


def test_a_job_whose_variable_comes_back_with_a_restart_within_the_grace_runs_the_slot(tmp_path: Path) -> None:
    at = Workspace(tmp_path, job=JOB.replace("path: exports", 'path: "${env:EXPORTS}"'))
    at.known()
    exports = str(at.jobs / "springfield" / "exports")
    with Serving(at, now="2026-10-14T20:00:00Z", EXPORTS=exports) as daemon:
        daemon.wait_for("runs at 02:00")
        daemon.stop()
    with Serving(at) as daemon:
        daemon.wait_for("ended with exit code 78")
        daemon.stop()
    with Serving(at, now=later(DUE, hours=2), EXPORTS=exports) as daemon:
        daemon.wait_for("is done")
        daemon.stop()
    assert [(run["slot"], run["status"]) for run in at.runs()] == [(SLOT, "complete")]


def test_a_run_is_told_as_overdue_while_the_jobs_folder_is_gone(tmp_path: Path) -> None:
    at = Workspace(tmp_path, job=JOB.replace("grace: 6h", 'grace: 6h, expect_by: "02:30"'))
    with Serving(at, now="2026-10-15T06:58:00Z", rate=60) as daemon:
        daemon.wait_for("runs at 02:00")
        at.jobs.rename(at.folder / "unmounted")
        daemon.wait_for("none of them can run until the folder is back")
        daemon.wait_for(f"alert {SLOT} is done")
        daemon.stop()


def test_attempts_at_a_run_whose_store_cannot_be_opened_are_told_of(tmp_path: Path) -> None:
    at = Workspace(tmp_path)
    at.known()
    (at.var / "springfield" / "patrons.db").write_text("no database")
    with Serving(at, rate=60) as daemon:
        daemon.wait_for(f"no attempt at {SLOT} has succeeded")
        daemon.wait_for(f"alert of failed attempts {SLOT} is done")
        daemon.stop()
