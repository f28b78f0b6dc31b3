"""`runner doctor JOB` on an SFTP source: each step a line, the first that fails says what to do, and the fingerprint is there to paste."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from runner.cli.main import runner
from tests.source.conftest import Desk
from tests.source.sshd import Sshd

pytestmark = pytest.mark.sshd
DISTRICT = """\
version: 1
name: Springfield
time_zone: America/Chicago
sites: [{short_name: NORTH, name: North High, default_patron_type: Student, default_access_level: Patron}]
patron_types: [{name: Student, persona: student}]
access_levels: [Patron]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "jobs" / "springfield"
    folder.mkdir(parents=True)
    (folder / "district.yaml").write_text(DISTRICT)
    return folder


def job(home: Path, desk: Desk, **changed: object) -> None:
    said = {
        "type": "sftp",
        "url": f"sftp://127.0.0.1:{desk.server.port}{desk.remote}",
        "username": desk.server.user,
        "key_file": str(desk.server.key),
        "host_key": desk.server.fingerprint(),
        "file": "patrons.csv",
        "complete": {"rename": True},
        "timeout": "3s",
        **changed,
    }
    kept = {key: value for key, value in said.items() if value is not None}
    fields = {"district_id": "ID", "site": "School", "barcode": "Card", "last_name": "Last"}
    document = {
        "version": 1,
        "kind": "patrons",
        "name": "students",
        "source": kept,
        "properties": {"match_by": "district_id", "fields": fields},
    }
    (home / "students.yaml").write_text(json.dumps(document))


def findings(home: Path) -> dict[str, Any]:
    done = CliRunner().invoke(runner, ["--jobs", str(home.parent), "doctor", "springfield/students", "--json"])
    found = json.loads(done.stdout)
    return {each["name"].rsplit(": ", 1)[-1]: each for each in found["findings"] if ": source" in each["name"]} | {"exit": done.exit_code}


def test_every_step_of_a_good_source_is_a_line(home: Path, desk: Desk) -> None:
    desk.write(b"ID,School,Card,Last\n")
    job(home, desk)
    found = findings(home)
    assert list(found) == ["name", "port", "key", "login", "folder", "file", "exit"]
    assert {each["state"] for each in found.values() if isinstance(each, dict)} == {"ok"}
    assert desk.server.fingerprint() in found["key"]["text"]
    assert "20 bytes" in found["file"]["text"]


@pytest.mark.parametrize("written", [None, "SHA256:..."])
def test_a_server_that_is_not_trusted_yet_shows_its_fingerprint_to_paste(home: Path, desk: Desk, written: str | None) -> None:
    job(home, desk, host_key=written)
    found = findings(home)
    assert found["exit"] == 1
    assert f"host_key: {desk.server.fingerprint()}" in found["key"]["hint"]


def test_a_server_with_another_key_shows_it_too(home: Path, desk: Desk) -> None:
    job(home, desk, host_key="SHA256:" + "A" * 43)
    found = findings(home)
    assert (found["key"]["state"], "login" in found) == ("wrong", False)
    assert desk.server.fingerprint() in found["key"]["text"]


def test_the_step_that_fails_says_what_to_do(home: Path, desk: Desk) -> None:
    desk.write(b"x", "Patrons.csv")
    job(home, desk)
    assert "there is Patrons.csv" in findings(home)["file"]["hint"]
    job(home, desk, username="nobody-of-that-name")
    assert (findings(home)["key"]["state"], findings(home)["login"]["state"]) == ("ok", "wrong")
    job(home, desk, url="sftp://127.0.0.1:1/x")
    assert findings(home)["server"]["state"] == "wrong"
    for nobody in ("sis.invalid", "sis..example.org", "s" * 64):
        job(home, desk, url=f"sftp://{nobody}/x")
        assert findings(home)["name"]["state"] == "wrong"


def test_a_server_without_sftp_is_told_after_the_login_that_worked(home: Path, desk: Desk, started: Callable[..., Sshd]) -> None:
    server = started(sftp=[])
    job(home, desk, url=f"sftp://127.0.0.1:{server.port}/x", host_key=server.fingerprint(), key_file=str(server.key))
    found = findings(home)
    assert (found["key"]["state"], found["login"]["state"], found["sftp"]["state"]) == ("ok", "ok", "wrong")
