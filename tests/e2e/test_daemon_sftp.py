"""From a cold start: the daemon fetches the demo's students from a real OpenSSH server at their time, and their summary is right.

It reaches the server, the mail server and the webhook by secrets of its environment: these appear nowhere else.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.daemon.serving import ROOT, Serving, Workspace
from tests.needs import need
from tests.promises.search import holders
from tests.source.sshd import NoSshd, Sshd

SOURCE = """\
source:
  type: sftp
  url: sftp://127.0.0.1:{port}{folder}
  username: {user}
  {login}
  host_key: {pin}
  file: students.csv
  complete: {{rename: true}}
  timeout: 10s
  format: {{encoding: windows-1252}}

"""
NOTIFY = """
notify:
  email: {{server: 127.0.0.1, port: {mail}, security: tls, username: ann, password: "${{env:MAIL_PASSWORD}}", from: a@example.org,
    to: [b@example.org], when: [always]}}
  webhook: {{url: "${{env:HOOK}}", when: [always]}}
"""
SECRETS = {"KEY_PASSPHRASE": "Canary-passphrase-1", "SFTP_PASSWORD": "Canary-5ftp-word-2", "MAIL_PASSWORD": "Canary-mail-word-3"}
HOOK_TOKEN = "Canary-hook-token-4"
START = "2026-10-15T05:30:00Z"  # half past midnight in the demo's zone

pytestmark = [pytest.mark.sshd, pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc to see processes")]


@dataclass
class Night:
    """What one night left: the workspace, the daemon's words, the mails, what the webhook was sent, and every process's arguments."""

    at: Workspace
    log: str = ""
    mails: list[bytes] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    hooks: list[bytes] = field(default_factory=list)
    processes: set[str] = field(default_factory=set)

    async def handle_DATA(self, server, session, envelope) -> str:
        self.mails.append(envelope.content)
        return "250 taken"

    def let_in(self, server, session, envelope, mechanism, data) -> AuthResult:
        self.logins.append(data.password)
        return AuthResult(success=True)

    def summary(self, job: str, name: str) -> str:
        (run, *_) = [run for run in self.at.runs("demo") if run["job"] == job]
        return (self.at.var / "demo" / "runs" / run["id"] / name).read_text()


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The daemon, started on a workspace that nothing ever ran in, until two jobs are done: one that may log in, one that may not."""
    folder = tmp_path_factory.mktemp("cold")
    (folder / "sshd").mkdir(mode=0o700)
    with ExitStack() as ends:
        try:
            server = Sshd(folder / "sshd")
        except NoSshd as lacking:
            need(str(lacking))
        ends.callback(server.close)
        night = Night(Workspace(folder / "town"))
        certificate, context = _certificate(folder)
        mail = Controller(
            night, hostname="127.0.0.1", port=_free_port(), authenticator=night.let_in, auth_require_tls=False, ssl_context=context
        )
        mail.start()
        ends.callback(mail.stop)
        hook = ends.enter_context(_listener(night.hooks))
        _demo_over_sftp(night.at, server, mail.port)
        over = threading.Event()
        watch = threading.Thread(target=_watch, args=(night, over))
        watch.start()
        environment: dict[str, Any] = {**SECRETS, "HOOK": f"http://127.0.0.1:{hook}/{HOOK_TOKEN}", "SSL_CERT_FILE": str(certificate)}
        # An hour passes in a second, so that the night comes soon, and another one should this machine be too busy for the first.
        with Serving(night.at, now=START, rate=3600, **environment) as daemon:
            for job in ("students", "denied"):
                daemon.wait_for(f"demo/{job}: 2026-10-", seconds=90)
                _wait_until_done(daemon, job)
            daemon.stop()
            night.log = daemon.log
        over.set()
        watch.join()
    return night


def test_the_summary_says_what_a_run_by_hand_on_the_same_file_says(night: Night, tmp_path: Path) -> None:
    by_hand = Workspace(tmp_path)
    shutil.rmtree(by_hand.jobs)
    shutil.copytree(ROOT / "jobs" / "demo", by_hand.jobs / "demo", ignore=shutil.ignore_patterns("generator"))
    command = by_hand.command("run", "demo/students", "--json")
    done = subprocess.run(command, env=by_hand.environment(RUNNER_NOW=START), capture_output=True, text=True, timeout=100, check=False)
    expected, found = json.loads(done.stdout), json.loads(night.summary("demo/students", "summary.json"))
    assert found["counts"] == expected["counts"]
    assert found["counts"]["added"] > 2500
    assert (found["status"], found["kind"]) == (expected["status"], expected["kind"])
    assert "were added" in night.summary("demo/students", "summary.txt")
    assert "</html>" in night.summary("demo/students", "summary.html")


def test_the_summary_names_where_the_file_came_from(night: Night) -> None:
    assert "sftp://127.0.0.1:" in night.summary("demo/students", "summary.html")


def test_a_job_that_may_not_log_in_fails_with_its_reason(night: Night) -> None:
    assert "refused the login" in night.summary("demo/denied", "summary.txt")
    assert "demo/denied: error: " in night.log


def test_people_were_told_by_means_of_the_secrets(night: Night) -> None:
    assert set(night.logins) == {SECRETS["MAIL_PASSWORD"].encode()}
    assert len(night.mails) >= 2
    assert any(f"/{HOOK_TOKEN} ".encode() in each for each in night.hooks)


def test_no_secret_of_the_environment_appears_anywhere(night: Night) -> None:
    secrets = [*SECRETS.values(), HOOK_TOKEN]
    assert holders(night.at.folder, secrets) == []  # var, jobs and the daemon's log
    assert [secret for secret in secrets if secret in night.log] == []
    assert [secret for secret in secrets for mail in night.mails if secret.encode() in mail] == []
    # What the webhook was sent, but for the address that it is known by.
    sent = [each.split(b"\n", 1)[1] for each in night.hooks]
    assert [secret for secret in secrets for body in sent if secret.encode() in body] == []


def test_no_secret_of_the_environment_is_an_argument_of_a_process(night: Night) -> None:
    assert any(each.startswith("name: run demo/") for each in night.processes), "the workers were seen"
    # These tests make keys of their own, and a neighbour may be at it.
    seen = [each for each in night.processes if not each.startswith("ssh-keygen ")]
    assert [each for each in seen for secret in (*SECRETS.values(), HOOK_TOKEN) if secret in each] == []


def _demo_over_sftp(at: Workspace, server: Sshd, mail: int) -> None:
    shutil.rmtree(at.jobs)
    demo, remote = at.jobs / "demo", at.folder / "remote"
    demo.mkdir(parents=True)
    remote.mkdir()
    shutil.copy(ROOT / "jobs" / "demo" / "exports" / "students.csv", remote)
    district = (ROOT / "jobs" / "demo" / "district.yaml").read_text()
    (demo / "district.yaml").write_text(district.rstrip() + "\n" + NOTIFY.format(mail=mail))
    rekey = ["ssh-keygen", "-q", "-p", "-P", "", "-N", SECRETS["KEY_PASSPHRASE"], "-f", str(server.key)]
    subprocess.run(rekey, check=True, capture_output=True)
    text = (ROOT / "jobs" / "demo" / "students.yaml").read_text()
    # Two of them come one after the other, and a day passes in 24 seconds: on a busy machine the second is late.
    text = re.sub(r"(?m)^  grace: .*", "  grace: 3d", text)
    login = f'key_file: {server.key}\n  passphrase: "${{env:KEY_PASSPHRASE}}"'
    (demo / "students.yaml").write_text(_fetching(text, server, remote, login))
    denied = text.replace("name: students", "name: denied").replace('at: "02:00"', 'at: "03:00"')
    (demo / "denied.yaml").write_text(_fetching(denied, server, remote, 'password: "${env:SFTP_PASSWORD}"'))


def _fetching(text: str, server: Sshd, folder: Path, login: str) -> str:
    source = SOURCE.format(port=server.port, folder=folder, user=server.user, login=login, pin=server.fingerprint())
    over_sftp, count = re.subn(r"(?ms)^source:\n.*?(?=^\S)", lambda _: source, text, count=1)
    assert count == 1
    return over_sftp


def _wait_until_done(daemon: Serving, job: str) -> None:
    """Until the slot of the job is settled."""
    ends = time.monotonic() + 90
    while not re.search(rf"demo/{job}: \S+ is done", daemon.log):
        assert daemon.process.poll() is None, daemon.log
        assert time.monotonic() < ends, daemon.log
        time.sleep(0.05)


def _watch(night: Night, over: threading.Event) -> None:
    """The arguments of every process that there is, now and then."""
    while not over.wait(0.02):
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                night.processes.add(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                night.processes.add(f"name: {entry.with_name('comm').read_text()}")


@contextmanager
def _listener(got: list[bytes]) -> Iterator[int]:
    """Takes every POST: its address in one line, then its body. Gives the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(f"{self.path} \n".encode() + self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def _certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A mail server's certificate, which the daemon is told to trust: a password never goes over a line that anybody can read."""
    key, certificate = folder / "mail.key", folder / "mail.pem"
    words = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=mail", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-nodes", "-days", "2", *words, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
