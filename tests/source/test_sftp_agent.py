"""`agent: true` logs in with a key of the running agent and with nothing else; an agent that fails is named, and never waited for long."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from runner.errors import SourceError
from tests.patience import stretched
from tests.source.conftest import Desk

pytestmark = pytest.mark.sshd
Started = Callable[..., Path]
TIMEOUT = timedelta(seconds=2)
LIST, SIGN = 11, 13  # what an agent is asked


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Started]:
    """Starts agents that hold these keys, and gives the place where each answers."""
    begun: list[subprocess.Popen[bytes]] = []

    def start(*keys: Path) -> Path:
        place = tmp_path / f"agent{len(begun)}"
        begun.append(subprocess.Popen(["ssh-agent", "-D", "-a", str(place)], stdout=subprocess.DEVNULL))
        ends = time.monotonic() + stretched(10)
        while not place.exists() and time.monotonic() < ends:
            time.sleep(0.02)
        for key in keys:
            subprocess.run(["ssh-add", "-q", str(key)], env={**os.environ, "SSH_AUTH_SOCK": str(place)}, check=True, capture_output=True)
        return place

    yield start
    for each in begun:
        each.terminate()
        each.wait(10)


@pytest.fixture
def new_keys(tmp_path: Path) -> Callable[[int], list[Path]]:
    """Makes so many keys that no server knows."""

    def make(number: int) -> list[Path]:
        keys = [tmp_path / f"key{each}" for each in range(number)]
        for key in keys:
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, capture_output=True)
        return keys

    return make


@contextmanager
def played_agent(place: Path, talk: Callable[[socket.socket], object]) -> Iterator[None]:
    """Something at `place` that `talk` makes an agent of."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen(4)

        def serve() -> None:
            with suppress(OSError):
                line, _ = listener.accept()
                with line:
                    talk(line)

        threading.Thread(target=serve, daemon=True).start()
        yield


def between(real: Path, change: Callable[[int, bytes], bytes]) -> Callable[[socket.socket], object]:
    """Passes everything on to the agent at `real`; of what that tells, `change` makes the answer, by the kind of what was asked."""

    def talk(line: socket.socket) -> None:
        with socket.socket(socket.AF_UNIX) as far:
            far.connect(str(real))
            while asked := line.recv(65536):
                far.sendall(asked)
                line.sendall(change(asked[4], far.recv(65536)))

    return talk


def fault(desk: Desk, monkeypatch: pytest.MonkeyPatch, place: Path | None) -> tuple[SourceError, int]:
    """How a run with this agent fails, and how many connections the server saw of it."""
    desk.write(b"a\n1\n")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    if place is not None:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(place))
    before = desk.server.said().count("Connection from")
    with pytest.raises(SourceError) as caught:
        desk.fetch(key_file=None, agent=True, retries=2, timeout=TIMEOUT)
    assert caught.value.hint
    assert not caught.value.retry
    return caught.value, desk.server.said().count("Connection from") - before


def test_the_right_key_of_the_agent_opens_the_door(
    desk: Desk, agent: Started, new_keys: Callable[[int], list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(b"a\n1\n")
    monkeypatch.setenv("SSH_AUTH_SOCK", str(agent(*new_keys(2), desk.server.key)))
    assert desk.fetch(key_file=None, agent=True).size == 4


def test_a_key_of_the_agent_is_not_used_unasked(desk: Desk, agent: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", str(agent(desk.server.key)))
    desk.write(b"a\n1\n")
    with pytest.raises(SourceError) as caught:
        desk.fetch(key_file=None)
    assert caught.value.code == "login-refused"


def test_a_key_that_the_server_does_not_know_is_a_refused_login(
    desk: Desk, agent: Started, new_keys: Callable[[int], list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, connections = fault(desk, monkeypatch, agent(*new_keys(1)))
    assert (refused.code, connections) == ("login-refused", 1)


def test_an_agent_with_more_keys_than_the_server_hears_is_tried_once(
    desk: Desk, agent: Started, new_keys: Callable[[int], list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, connections = fault(desk, monkeypatch, agent(*new_keys(8), desk.server.key))
    assert (refused.code, connections) == ("login-unanswered", 1)
    assert "the job's key only" in str(refused.hint)


def test_no_agent_is_told_without_a_connection(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unset, none = fault(desk, monkeypatch, None)
    gone, nothing = fault(desk, monkeypatch, tmp_path / "gone")
    assert (unset.code, gone.code, none, nothing) == ("agent", "agent", 0, 0)
    assert "SSH_AUTH_SOCK is not set" in unset.text
    assert str(tmp_path / "gone") in gone.text


def test_an_agent_without_a_key_says_so(desk: Desk, agent: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    refused, connections = fault(desk, monkeypatch, agent())
    assert (refused.code, connections) == ("agent", 0)
    assert "holds no key" in refused.text


def hung(line: socket.socket) -> None:
    while line.recv(100):
        pass


def counting(line: socket.socket) -> None:
    """Says that it holds four thousand million keys, and names none."""
    line.recv(100)
    line.sendall(struct.pack(">IBI", 5, 12, 0xFFFFFFFF))
    hung(line)


def closing(line: socket.socket) -> None:
    line.recv(1)


def refusing(line: socket.socket) -> None:
    line.recv(100)
    line.sendall(struct.pack(">IB", 1, 5))
    hung(line)


@pytest.mark.parametrize("talk", [hung, closing, refusing, counting])
def test_an_agent_that_is_none_is_left_soon(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, talk: Callable[[socket.socket], object]
) -> None:
    with played_agent(tmp_path / "played", talk):
        begun = time.monotonic()
        refused, _ = fault(desk, monkeypatch, tmp_path / "played")
    assert refused.code == "agent"
    assert time.monotonic() - begun < TIMEOUT.total_seconds() + stretched(10)


def in_a_row(*parts: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(each)) + each for each in parts)


@pytest.mark.parametrize(
    "before",
    [
        in_a_row(in_a_row(b"ssh-ed25519", bytes(5)), b"a key that is none"),
        in_a_row(in_a_row(b"ssh-rsa") + b"\xff", b"another"),
        in_a_row(in_a_row(b"\xff\xfe"), b"without a name"),
    ],
    ids=["too short", "broken", "no name"],
)
def test_a_key_that_cannot_be_read_does_not_take_the_others_with_it(
    desk: Desk, agent: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes
) -> None:
    def another_first(kind: int, told: bytes) -> bytes:
        if kind != LIST:
            return told
        key = told[13 : 13 + int.from_bytes(told[9:13], "big")]
        return in_a_row(struct.pack(">BI", 12, 2) + before + in_a_row(key, "der Schlüssel".encode("latin-1")))

    with played_agent(tmp_path / "played", between(agent(desk.server.key), another_first)):
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "played"))
        desk.write(b"a\n1\n")
        assert desk.fetch(key_file=None, agent=True).size == 4


@pytest.mark.parametrize("answer", [b"", struct.pack(">IB", 1, 5)], ids=["silence", "a refusal"])
def test_an_agent_that_does_not_sign_is_blamed_and_not_the_server(
    desk: Desk, agent: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    unsigned = between(agent(desk.server.key), lambda kind, told: answer if kind == SIGN else told)
    with played_agent(tmp_path / "played", unsigned):
        refused, connections = fault(desk, monkeypatch, tmp_path / "played")
    assert (refused.code, connections) == ("agent", 1)
