"""From a cold start: the daemon fetches the demo's students from a real OpenSSH server at their time, and their summary is there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.daemon.serving import ROOT, Serving, Workspace
from tests.needs import need
from tests.source.sshd import NoSshd, Sshd

SOURCE = """\
source:
  type: sftp
  url: sftp://127.0.0.1:{port}{folder}
  username: {user}
  key_file: {key}
  host_key: {pin}
  file: students.csv
  complete: {{rename: true}}
  timeout: 10s
  format: {{encoding: windows-1252}}

"""


@pytest.mark.sshd
def test_the_demo_over_sftp_runs_at_its_time(tmp_path: Path) -> None:
    (tmp_path / "sshd").mkdir(mode=0o700)
    try:
        server = Sshd(tmp_path / "sshd")
    except NoSshd as lacking:
        need(str(lacking))
    try:
        at = Workspace(tmp_path / "town")
        shutil.rmtree(at.jobs)
        _demo_over_sftp(at, server)
        # An hour passes in a second, so that the night comes soon, and another one should this machine be too busy for the first.
        with Serving(at, now="2026-10-15T05:30:00Z", rate=3600) as daemon:
            daemon.wait_for("demo/students: 2026-10-", seconds=90)
            daemon.wait_for("is done", seconds=90)
            daemon.stop()
    finally:
        server.close()
    run = next(run for run in at.runs("demo") if run["job"] == "demo/students")
    assert run["status"] in ("complete", "incomplete")
    folder = at.var / "demo" / "runs" / run["id"]
    assert "were added" in (folder / "summary.txt").read_text()
    assert (folder / "summary.html").exists()
    assert run["input_name"] is None or run["input_name"].startswith("sftp://")


def _demo_over_sftp(at: Workspace, server: Sshd) -> None:
    demo, remote = at.jobs / "demo", at.folder / "remote"
    demo.mkdir(parents=True)
    remote.mkdir()
    shutil.copy(ROOT / "jobs" / "demo" / "district.yaml", demo)
    shutil.copy(ROOT / "jobs" / "demo" / "exports" / "students.csv", remote)
    text = (ROOT / "jobs" / "demo" / "students.yaml").read_text()
    source = SOURCE.format(port=server.port, folder=remote, user=server.user, key=server.key, pin=server.fingerprint())
    over_sftp, count = re.subn(r"(?ms)^source:\n.*?(?=^\S)", source, text, count=1)
    assert count == 1
    (demo / "students.yaml").write_text(over_sftp)
