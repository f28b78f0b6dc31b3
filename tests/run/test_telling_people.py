"""Telling people how a run went: a real SMTP server, a real HTTP listener, a metrics file; counts only unless asked."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from runner.cli import probes
from runner.job.secret import Secret, fill_in
from runner.run.engine import run_job
from runner.run.notify import tell, web
from runner.run.progress import NoProgress
from tests.run.small_district import DISTRICT, JOB, NIGHT, SmallDistrict, student


class Mailbox:
    """Takes every mail that the server gets."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.refused = ""

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if address == self.refused:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, server, session, envelope) -> str:
        self.mails.append(envelope.content)
        return "250 taken"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


@pytest.fixture
def listener() -> Iterator[tuple[list[tuple[str, bytes]], int]]:
    got: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, self.rfile.read(int(self.headers.get("Content-Length") or 0))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield got, server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def answering(answer: bytes, *, then_hold: bool = False) -> Iterator[int]:
    """The port of a listener that says `answer` to everybody, whatever is asked, and hangs up, or never does."""
    over = threading.Event()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1 << 16)
            self.request.sendall(answer)
            if then_hold:
                over.wait()

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            over.set()
            server.shutdown()


def district(tmp_path: Path, notify: str, rows: list[dict[str, str]] | None = None) -> SmallDistrict:
    made = SmallDistrict(tmp_path).write(district=DISTRICT + f"notify: {notify}\n")
    made.export(rows if rows is not None else [student(1, Last="Canaryname"), student(2, School="NOWHERE")])
    return made


def mail_settings(port: int, **more: str) -> str:
    usual = {"server": "127.0.0.1", "port": str(port), "security": "none", "from": "runner@example.org", "to": "[it@example.org]"}
    said = {**usual, "when": "[always]", **more}
    return "{email: {" + ", ".join(f"{key}: {value}" for key, value in said.items()) + "}}"


def test_a_mail_has_text_and_html_and_counts_only(tmp_path: Path, mailbox) -> None:
    box, port = mailbox
    district(tmp_path, mail_settings(port)).run()
    mail = message_from_bytes(box.mails[0], policy=default)
    text, html = (part.get_content() for part in mail.iter_parts())
    assert mail["subject"] == "small/students: complete, Smallville"
    assert "1 patron was added" in text
    assert "1 patron was added" in html
    for secret in ("Canaryname", "NOWHERE", "1001", "1002"):
        assert secret not in text + html


def test_a_mail_has_values_when_the_district_asks_for_them(tmp_path: Path, mailbox) -> None:
    box, port = mailbox
    district(tmp_path, mail_settings(port, values="true")).run()
    assert b"NOWHERE" in box.mails[0]


def test_a_mail_on_failure_is_not_sent_for_a_good_night(tmp_path: Path, mailbox) -> None:
    box, port = mailbox
    made = district(tmp_path, mail_settings(port, when="[failure]"))
    made.run()
    assert box.mails == []
    made.export([])
    made.run()
    assert message_from_bytes(box.mails[0], policy=default)["subject"] == "small/students: failed, Smallville"


def test_a_mail_on_warnings_needs_more_than_the_number(tmp_path: Path, mailbox) -> None:
    box, port = mailbox
    district(tmp_path / "a", mail_settings(port, when="[warnings]", warnings_over="1")).run()
    assert box.mails == []
    district(tmp_path / "b", mail_settings(port, when="[warnings]", warnings_over="0")).run()
    assert len(box.mails) == 1


def test_a_webhook_gets_counts_and_a_sentence_and_no_patron(tmp_path: Path, listener, monkeypatch: pytest.MonkeyPatch) -> None:
    got, port = listener
    monkeypatch.setenv("HOOK", f"http://127.0.0.1:{port}/hook")
    district(tmp_path, '{webhook: {url: "${env:HOOK}", when: [always]}}').run()
    path, body = got[0]
    assert path == "/hook"
    assert json.loads(body)["counts"]["added"] == 1
    assert b"Canaryname" not in body
    assert "messages" not in json.loads(body)


def test_a_watcher_hears_of_start_success_and_failure(tmp_path: Path, listener, monkeypatch: pytest.MonkeyPatch) -> None:
    got, port = listener
    monkeypatch.setenv("PING", f"http://127.0.0.1:{port}/check")
    made = district(tmp_path, '{ping: {url: "${env:PING}"}}')
    made.run()
    made.export([])
    made.run()
    assert [path for path, _ in got] == ["/check/start", "/check", "/check/start", "/check/fail"]


@pytest.mark.parametrize("there", ["", "# HELP patron_runner_last_run_success ...\n"])
def test_metrics_take_the_place_of_an_empty_file_or_of_such_ones(there: str, tmp_path: Path) -> None:
    file = tmp_path / "runner.prom"
    file.write_text(there)
    district(tmp_path, f"{{metrics_file: {file}}}").run()
    assert file.read_text().startswith("# HELP patron_runner_last_run_timestamp_seconds")


def _something_else(path: Path) -> None:
    path.write_text("version: 1\n")


@pytest.mark.parametrize("make", [_something_else, os.mkfifo])
def test_metrics_take_the_place_of_nothing_else(make: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "runner.prom"
    make(file)
    made = district(tmp_path, f"{{metrics_file: {file}}}")
    before = file.stat()
    made.run()
    assert (file.stat().st_ino, file.stat().st_mtime) == (before.st_ino, before.st_mtime)
    assert f"{file} holds something else" in caplog.text
    (found,) = probes.metrics_file("metrics", file)
    assert found.state == "wrong"


@pytest.mark.parametrize(("host", "carried"), [("127.0.0.1", True), ("localhost", True), ("library.example.org", False)])
def test_a_webhook_gets_values_only_where_nobody_on_the_way_can_read_them(
    host: str, carried: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    posted: list[dict[str, object]] = []
    monkeypatch.setenv("HOOK", f"http://{host}/hook")
    monkeypatch.setattr(tell, "post_json", lambda _, body: posted.append(body))
    district(tmp_path, '{webhook: {url: "${env:HOOK}", when: [always], values: true}}').run()
    assert ("Canaryname" in json.dumps(posted), "the webhook got counts only" in caplog.text) == (carried, not carried)


def test_metrics_are_one_whole_file_that_a_collector_can_read(tmp_path: Path) -> None:
    file = tmp_path / "runner.prom"
    district(tmp_path, f"{{metrics_file: {file}}}").run()
    lines = file.read_text().splitlines()
    assert 'patron_runner_last_run_records{job="small/students",outcome="added"} 1' in lines
    assert 'patron_runner_last_run_success{job="small/students"} 1' in lines
    assert file.stat().st_mode & 0o777 == 0o644


def test_nobody_who_cannot_be_told_breaks_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(tell, "PAUSES", (0.0, 0.0))
    monkeypatch.setenv("HOOK", "http://127.0.0.1:9/secret-token")
    broken = '{webhook: {url: "${env:HOOK}", when: [always]}, metrics_file: /nowhere/at/all.prom}'
    assert district(tmp_path, broken).run().status == "complete"
    assert "the webhook could not be sent" in caplog.text
    assert "secret-token" not in caplog.text


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.2p1\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"])
def test_what_answers_and_is_no_web_server_breaks_no_run(
    tmp_path: Path, answer: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tell, "PAUSES", ())
    with answering(answer) as port:
        url = f"'http://127.0.0.1:{port}'"
        made = district(tmp_path, f"{{webhook: {{url: {url}, when: [always]}}, ping: {{url: {url}}}}}")
        assert made.run().status == "complete"
    for channel in ("the start ping", "the webhook", "the ping"):
        assert f"{channel} could not be sent" in caplog.text


def test_an_address_that_is_none_is_not_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(tell, "PAUSES", ())
    monkeypatch.setenv("HOOK", "http://127.0.0.1:9/secret token")
    assert district(tmp_path, '{webhook: {url: "${env:HOOK}", when: [always]}}').run().status == "complete"
    assert "the webhook could not be sent (InvalidURL)" in caplog.text
    assert "secret" not in caplog.text


def test_an_answer_without_an_end_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "TIMEOUT", 1.0)
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx", then_hold=True) as port:
        web.post_json(Secret("", lambda: f"http://127.0.0.1:{port}"), {})


def test_an_address_that_the_mail_server_refuses_is_told_of_and_the_others_get_one_mail(
    tmp_path: Path, mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    box, port = mailbox
    box.refused = "gone@example.org"
    district(tmp_path, mail_settings(port, to="[it@example.org, gone@example.org]")).run()
    assert len(box.mails) == 1
    assert "mail reached only some of its addresses: the server refused 1" in caplog.text


def test_a_district_whose_folder_is_gone_at_the_end_of_its_run_is_told_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = district(tmp_path, f"{{metrics_file: {tmp_path / 'runner.prom'}}}")

    class Unmounted(NoProgress):
        def stage(self, name: str, total: int | None = None) -> Any:
            if name == "report":
                made.folder.rename(tmp_path / "elsewhere")
            return super().stage(name, total)

    assert run_job(made.job(), made.places, kind=None, now=NIGHT, progress=Unmounted()).status == "complete"
    assert "jobs/small cannot be read any more: old runs stay" in caplog.text
    assert 'patron_runner_last_run_success{job="small/students"} 1' in (tmp_path / "runner.prom").read_text()


def test_a_channel_is_tried_three_times() -> None:
    tries: list[int] = []

    def work() -> None:
        tries.append(1)
        raise OSError

    pauses: list[float] = []
    assert tell._tried("mail", work, pauses.append) == ["mail could not be sent (OSError)"]
    assert (len(tries), pauses) == (3, [1.0, 4.0])


@pytest.mark.parametrize("reference", ["${env:NOT_SET_HERE}", "${file:not-there}"])
def test_a_secret_that_cannot_be_found_is_named_at_once_and_with_what_to_do(tmp_path: Path, reference: str) -> None:
    def work() -> None:
        fill_in(reference, tmp_path)

    pauses: list[float] = []
    (told,) = tell._tried("mail", work, pauses.append)
    assert told.startswith("mail could not be sent: the ")
    assert reference.partition(":")[2].rstrip("}") in told
    assert "set it where the runner starts" in told or "create it with mode 600" in told
    assert pauses == []


def test_the_job_itself_says_nothing_of_telling() -> None:
    assert "notify" not in JOB


@pytest.fixture
def dripping() -> Iterator[int]:
    """A server that answers a byte now and then, for ever."""
    done = threading.Event()

    class Drip(BaseRequestHandler):
        def handle(self) -> None:
            while not done.is_set():
                try:
                    self.request.sendall(b"2")
                except OSError:
                    return
                done.wait(0.2)

    with ThreadingTCPServer(("127.0.0.1", 0), Drip) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        done.set()
        server.shutdown()


def test_a_server_that_answers_a_byte_at_a_time_does_not_keep_the_store_locked(
    tmp_path: Path, dripping: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tell, "PATIENCE", 1.0)
    mail = f"notify:\n  email: {{server: 127.0.0.1, port: {dripping}, security: none, from: a@x.org, to: [b@x.org], when: [always]}}\n"
    district = SmallDistrict(tmp_path).write(district=DISTRICT + mail)
    district.export([student(1)])
    assert district.run().status == "complete"
    assert "mail could not be sent within 1 s" in caplog.text


def test_a_bug_in_telling_is_not_taken_for_a_slow_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise AttributeError("a bug")

    with pytest.raises(AttributeError):
        tell._tried("mail", broken, lambda _: None)


def test_what_is_meant_for_this_machine_goes_through_no_proxy(
    listener: tuple[list[tuple[str, bytes]], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    got, port = listener
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    web.post_json(Secret("", lambda: f"http://127.0.0.1:{port}/hook"), {"values": True})
    assert got == [("/hook", b'{"values": true}')]
