"""One full scenario with the real command under umask 000, then a search of all that it said and made. (Promises P1, P2, P5, P6, P8.)

Canaries: a password of a patron and the passwords by which sources and stores are reached (P1), names in good and bad rows (P2), a
column that no job names (P8).
"""

from __future__ import annotations

import os
import stat
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from runner.cli.main import runner
from tests.promises.crowd import DISTRICT, JOB, Crowd
from tests.promises.search import forms, holders

PATRON_SECRET = "Canary-Pa55word"
SFTP_SECRET = "Canary-5ftp-key"
STORE_SECRET = "Canary-5tore-key"
SECRETS = (PATRON_SECRET, SFTP_SECRET, STORE_SECRET)
SSN = "987-65-4320"
PERSON = "Canarybird"
# Names that would write a line of their own into a log, or colours into a terminal.
FORGER = "Canaryforger"
ENVIRONMENT = {"RUNNER_NOW": "2026-10-15T07:00:00Z", "SFTP_PASSWORD": SFTP_SECRET, "DB_PASSWORD": STORE_SECRET}
WITH_LOGIN = JOB.replace("    homeroom:", "    username: User\n    password: Pass\n    homeroom:").replace(
    "file: students.csv", "archive: 3, file: students.csv"
)
SFTP = JOB.replace("name: students", "name: far").replace(
    "{type: directory, path: exports, file: students.csv}",
    "{type: sftp, url: 'sftp://127.0.0.1:9/x', username: u, password: '${env:SFTP_PASSWORD}', "
    f"host_key: 'SHA256:{'A' * 43}', file: students.csv, timeout: 1s, retries: 0}}",
)
FAR_STORE = """\
version: 1
name: Far
time_zone: America/Chicago
store: postgresql://ann:${env:DB_PASSWORD}@127.0.0.1:9/patrons
sites: [{short_name: NORTH, name: North High, default_patron_type: Student, default_access_level: Patron}]
patron_types: [{name: Student, persona: student}]
access_levels: [Patron]
"""
HEADER = "ID,School,Last,HR,User,Pass,SSN\n"
GOOD = "".join(f"{n},NORTH,{PERSON}{n},{100 + n},user{n},{PATRON_SECRET},{SSN}\n" for n in range(1001, 1006))
BAD = (
    f"1006,NOWHERE,{PERSON}6,1,user6,{PATRON_SECRET},{SSN}\n"
    f"1007,NORTH,{PERSON}7,{PATRON_SECRET},{SSN}\n"
    f'1008,NORTH,"{FORGER}\n2026-03-08 02:30:00 INFO run finished",1,user8,{PATRON_SECRET},{SSN}\n'
    f"1009,NORTH,{FORGER}\x1b[2J,1,user9,{PATRON_SECRET},{SSN}\n"
    f"1001,NORTH,{PERSON}twin,9,user1,{PATRON_SECRET},{SSN}\n"
)
UNREADABLE = f"1010,NORTH,{PERSON}\x00,1,u,{PATRON_SECRET},{SSN}\n"


@dataclass
class Heard:
    """All that the commands said, and what the machine's list of processes showed meanwhile."""

    crowd: Crowd
    codes: dict[str, int] = field(default_factory=dict)
    out: str = ""
    err: str = ""
    processes: set[str] = field(default_factory=set)

    def start(self, *words: str) -> None:
        """The command as a process of its own, under umask 000."""
        process = self.crowd.start(*words, umask=0, env=ENVIRONMENT)
        watch = threading.Thread(target=self._watch, args=(process,))
        watch.start()
        out, err = process.communicate(timeout=100)
        watch.join()
        self._keep(words, process.returncode, out, err)

    def type(self, *words: str) -> None:
        """The command in this process, which is quicker."""
        done = CliRunner().invoke(runner, words)
        self._keep(words, done.exit_code, done.stdout, done.stderr)

    def _keep(self, words: Sequence[str], code: int, out: str, err: str) -> None:
        self.codes[" ".join(words)] = code
        self.out += out
        self.err += err

    def _watch(self, process: subprocess.Popen[str]) -> None:
        """What `ps` would show of the command and of all that it starts, now and then."""
        while process.poll() is None:
            with suppress(OSError):
                children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()
                for number in (str(process.pid), *children):
                    self.processes.add(Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            time.sleep(0.02)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """The scenario: good nights and bad ones, plans, a saved plan, questions, wrong words, sources and stores out of reach."""
    crowd = Crowd(tmp_path_factory.mktemp("private")).write(job=WITH_LOGIN)
    (crowd.folder / "far.yaml").write_text(SFTP, encoding="utf-8")
    (crowd.root / "jobs" / "elsewhere").mkdir()
    (crowd.root / "jobs" / "elsewhere" / "district.yaml").write_text(FAR_STORE, encoding="utf-8")
    (crowd.root / "jobs" / "elsewhere" / "students.yaml").write_text(JOB, encoding="utf-8")
    (crowd.root / "jobs" / "elsewhere" / "exports").mkdir()
    (crowd.root / "jobs" / "elsewhere" / "exports" / "students.csv").write_text(HEADER + GOOD, encoding="utf-8")
    heard, before = Heard(crowd), os.umask(0)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(crowd.root)
            for name, value in ENVIRONMENT.items():
                patch.setenv(name, value)
            _nights(heard, crowd.folder / "exports" / "students.csv")
    finally:
        os.umask(before)
    return heard


def _nights(heard: Heard, export: Path) -> None:
    export.write_text(HEADER + GOOD, encoding="utf-8")
    heard.start("plan", "crowd/students", "-o", "night.plan")
    heard.start("apply", "night.plan")
    export.write_text(HEADER + GOOD + BAD, encoding="utf-8")
    heard.start("run", "crowd/students")
    for text in (GOOD.replace(PERSON, "Newname"), GOOD + UNREADABLE, f'"{PERSON}', ""):
        export.write_text(HEADER + text if text else "", encoding="utf-8")
        heard.type("plan", "crowd/students")
        heard.type("run", "crowd/students", "--json")
        heard.type("apply", "night.plan")
    export.write_text(HEADER + GOOD, encoding="utf-8")
    heard.start("run", "crowd/far")
    for words in (
        *("run elsewhere/students", "doctor", "check --format json", "runs --district crowd", "patron 1001 --district crowd"),
        *("run crowd/nobody --json", "explain file-nul", "next"),
    ):
        heard.type(*words.split())


def test_the_scenario_went_as_it_should(heard: Heard) -> None:
    assert set(heard.codes.values()) <= {0, 1, 3, 64}, heard.err
    assert heard.codes["run crowd/far"] == heard.codes["run elsewhere/students"] == 1
    assert heard.crowd.ask("SELECT count(*) FROM patron WHERE password_hash IS NOT NULL")[0][0] >= 5
    assert "Traceback" not in heard.err


def test_no_secret_is_said(heard: Heard) -> None:
    assert [secret for secret in SECRETS if secret in heard.out + heard.err] == []


def test_no_secret_is_shown_by_the_list_of_processes(heard: Heard) -> None:
    assert any("runner.cli" in each for each in heard.processes)
    assert [each for each in heard.processes for secret in SECRETS if secret in each] == []


def test_no_secret_stands_in_any_file_that_was_made(heard: Heard) -> None:
    given = heard.crowd.root.rglob("exports/students.csv")
    assert holders(heard.crowd.root, SECRETS, but=given) == []


def test_no_patron_is_named_on_stderr(heard: Heard) -> None:
    """What goes to stderr is what ends in logs."""
    assert heard.err.strip()
    assert [word for word in (PERSON, FORGER, "Newname", SSN, "user1") if word in heard.err] == []


def test_a_column_that_no_job_names_is_nowhere(heard: Heard) -> None:
    given = heard.crowd.root.rglob("exports/students.csv")
    assert holders(heard.crowd.root, [SSN], but=given) == []
    assert SSN not in heard.out
    assert list((heard.crowd.root / "var").rglob("work/*")) == []


def test_the_search_would_find_what_stands_there(heard: Heard) -> None:
    """The control: a name that the store, the reports and the archive do hold."""
    found = holders(heard.crowd.root / "var", [f"{PERSON}1001"])
    assert any("patrons.db" in each for each in found)
    assert any("changes.csv" in each for each in found)
    assert len(forms("x")) > 5


def test_every_file_and_folder_is_private_whatever_the_umask(heard: Heard) -> None:
    made = [heard.crowd.root / "var", heard.crowd.root / "night.plan", *(heard.crowd.root / "var").rglob("*")]
    assert len(made) > 40
    wrong = {str(path): oct(stat.S_IMODE(path.stat().st_mode)) for path in made if path.stat().st_mode & 0o077}
    assert wrong == {}
    assert [path for path in made if path.is_dir() and stat.S_IMODE(path.stat().st_mode) != 0o700] == []


def test_hostile_values_forge_no_line_and_no_colour(heard: Heard) -> None:
    said = heard.out + heard.err
    assert "\x1b" not in said
    assert not [line for line in said.splitlines() if line.startswith("2026-03-08")]


@pytest.mark.parametrize("said", ["host=db.example.org password=canary-store", "canary-store", "postgresql://ann:canary-store@[db/patrons"])
@pytest.mark.parametrize("verb", [("run", "crowd/students"), ("plan", "crowd/students"), ("runs",), ("doctor",)])
def test_a_store_that_a_reference_names_wrongly_makes_no_file_of_that_name(
    said: str, verb: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = Crowd(tmp_path).write(district=DISTRICT + "store: ${env:LIBRARY_STORE}\n")
    crowd.export(3, "101")
    monkeypatch.setenv("LIBRARY_STORE", said)
    monkeypatch.chdir(tmp_path)
    done = crowd.here(*verb)
    assert "the store's address is of no kind" in done.output
    assert "canary" not in done.output
    assert [path for path in tmp_path.rglob("*") if "canary" in path.name] == []


def test_a_secret_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    crowd = Crowd(tmp_path).write(job=SFTP.replace("${env:SFTP_PASSWORD}", f"${{file:{tmp_path / 'secret'}}}"))
    (crowd.folder / "students.yaml").rename(crowd.folder / "far.yaml")
    (tmp_path / "secret").write_text(SFTP_SECRET + "\n", encoding="utf-8")
    os.chmod(tmp_path / "secret", 0o644)  # noqa: PTH101 (the same words as the hint's)
    done = crowd.type("run", "crowd/far")
    assert done.returncode == 1
    assert "chmod 600" in done.stderr
    assert SFTP_SECRET not in done.stdout + done.stderr
