"""A server that means ill, or is broken: the run and `doctor` end soon, with a sentence; nothing that it says is believed or printed."""

from __future__ import annotations

import resource
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import paramiko
import pytest
from paramiko.server import InteractiveQuery

from runner.cli.finding import Finding
from runner.cli.sftp_probe import walk
from runner.errors import SourceError
from runner.job.model import Complete, Format, Sftp, Source
from runner.job.secret import Secret
from runner.source.sftp import fetch_from_sftp
from tests.patience import stretched
from tests.source.conftest import NOW
from tests.source.played import (
    ATTRS,
    DATA,
    END,
    FOLDER,
    HANDLE,
    INIT,
    MISSING,
    NAME,
    OPEN,
    PLAIN,
    READ,
    READDIR,
    STAT,
    VERSION,
    Answer,
    Manners,
    attributes,
    listening,
    login_key,
    names,
    packet,
    played,
    polite,
    status,
    word,
)

TIMEOUT = timedelta(seconds=2)
MUCH = 400 << 10  # kilobytes


def source(folder: Path, port: int, pin: str, **changed: Any) -> Source:
    """The played server as a job names it."""
    said: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "folder": "/out",
        "username": "library",
        "password": None,
        "key_file": folder / "login" if (folder / "login").exists() else login_key(folder),
        "passphrase": None,
        "agent": False,
        "host_keys": (pin,),
        "known_hosts": None,
        "complete": Complete(rename=True),
        "timeout": TIMEOUT,
        "deadline": timedelta(seconds=60),
        "retries": 0,
    }
    return Source(Sftp(**{**said, **changed}), "patrons.csv", None, 50.0, 0, Format())


def fault(source: Source, folder: Path) -> SourceError:
    """How a run that fetches from there fails; nothing of it may be left."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    with pytest.raises(SourceError) as caught:
        fetch_from_sftp(source, work, NOW, first_pause=0.05)
    assert list(work.iterdir()) == []
    assert caught.value.hint
    return caught.value


def looked_at(source: Source) -> Finding:
    """What `doctor` says last of it."""
    *_, last = walk("job: source", source)
    assert isinstance(last, Finding)
    return last


def listing(answer: Callable[[int], bytes]) -> Answer:
    """A server that has not the file, and lists its folder so."""

    def play(kind: int, number: int, rest: bytes) -> bytes | None:
        if kind == STAT:
            return status(number, MISSING)
        return answer(number) if kind == READDIR else polite(kind, number, rest)

    return play


ENDLESS: dict[str, Callable[[int], bytes]] = {
    "files": lambda number: names(number, *[(b"x", PLAIN)] * 50),
    "folders": lambda number: names(number, *[(b"x", FOLDER)] * 50),
    "answers without a name": names,
    "words of success": lambda number: status(number, 0),
    "a count that is no count": lambda number: packet(NAME, struct.pack(">II", number, 0xFFFFFFFF)),
    "names of a megabyte": lambda number: packet(NAME, struct.pack(">III", number, 1, (1 << 20) - 1), b"x"),
    "extensions": lambda number: packet(
        NAME, struct.pack(">II", number, 1), word(b"a"), word(b"a"), struct.pack(">II", 1 << 31, 0xFFFFFFFF)
    ),
    "silence": lambda _: b"",
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_listing_without_end_says_soon_that_the_file_is_missing(tmp_path: Path, kind: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with played(listing(ENDLESS[kind])) as at:
        begun = time.monotonic()
        refused = fault(source(tmp_path, *at), tmp_path)
        found = looked_at(source(tmp_path, *at))
    assert time.monotonic() - begun < 2 * TIMEOUT.total_seconds() + stretched(10)
    assert (refused.code, found.state) == ("source-missing", "wrong")
    assert "there is no patrons.csv" in refused.text
    assert found.text == refused.text
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MUCH


def test_a_name_with_escapes_is_shown_escaped_and_one_with_a_slash_is_no_name(tmp_path: Path) -> None:
    told: list[int] = []

    def once(number: int) -> bytes:
        told.append(number)
        return names(number, (b"../patrons.csv", PLAIN), (b"Patrons.csv\x1b[31m\n", PLAIN)) if told == [number] else status(number, END)

    with played(listing(once)) as at:
        refused = fault(source(tmp_path, *at), tmp_path)
    assert r"there is Patrons.csv\x1b[31m\n;" in str(refused.hint)


def test_attributes_that_count_to_four_thousand_million_are_read_at_once(tmp_path: Path) -> None:
    bomb = struct.pack(">IQIIII", 1 | 4 | 8 | 1 << 31, 10, FOLDER, 0, 0, 0xFFFFFFFF)

    def play(kind: int, number: int, rest: bytes) -> bytes | None:
        return packet(ATTRS, struct.pack(">I", number), bomb) if kind == STAT else polite(kind, number, rest)

    with played(play) as at:
        begun = time.monotonic()
        assert fault(source(tmp_path, *at), tmp_path).code == "source-not-a-file"
        assert looked_at(source(tmp_path, *at)).state == "wrong"
    assert time.monotonic() - begun < stretched(10)


def test_a_message_that_breaks_off_is_no_bug_of_ours(tmp_path: Path) -> None:
    with played(lambda kind, number, rest: packet(VERSION, b"\0") if kind == INIT else polite(kind, number, rest)) as at:
        refused = fault(source(tmp_path, *at), tmp_path)
    assert (refused.code, refused.retry) == ("network", True)


def test_doctor_gives_up_on_a_server_of_which_each_word_comes_in_time_and_none_is_an_answer(tmp_path: Path) -> None:
    def play(kind: int, number: int, rest: bytes) -> bytes | Iterator[bytes] | None:
        return _words_nobody_asked_for() if kind == STAT else polite(kind, number, rest)

    with played(play) as at:
        begun = time.monotonic()
        found = looked_at(source(tmp_path, *at, timeout=timedelta(seconds=1)))
    assert (found.state, "doctor gave up after 6 seconds" in found.text) == ("wrong", True)
    assert time.monotonic() - begun < 6 + stretched(10)


def _words_nobody_asked_for() -> Iterator[bytes]:
    while True:
        yield status(1 << 30, 0)
        time.sleep(0.1)


@pytest.mark.parametrize("size", [1 << 63, (1 << 64) - 1])
def test_a_size_beyond_all_sizes_is_too_big(tmp_path: Path, size: int) -> None:
    def play(kind: int, number: int, rest: bytes) -> bytes | None:
        return packet(ATTRS, struct.pack(">I", number), attributes(size)) if kind == STAT else polite(kind, number, rest)

    with played(play) as at:
        assert fault(source(tmp_path, *at), tmp_path).code == "source-too-big"


class SecondProof(Manners):
    """Takes the key, and then asks for a code, with words for a terminal."""

    def get_allowed_auths(self, username: str) -> str:
        return "keyboard-interactive"

    def check_auth_publickey(self, username: str, key: Any) -> int:
        return paramiko.common.AUTH_PARTIALLY_SUCCESSFUL

    def check_auth_interactive(self, username: str, submethods: str) -> Any:
        return InteractiveQuery("\x1b[31mtitle", "instruction", ("code: ", True))


def test_a_server_that_asks_for_a_second_proof_prints_nothing_and_waits_for_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda *_: asked.append("typed"))
    with played(manners=SecondProof) as at:
        refused = fault(source(tmp_path, *at), tmp_path)
    assert (refused.code, refused.retry, asked) == ("login-refused", False, [])
    assert "a second proof" in refused.text
    assert capsys.readouterr() == ("", "")


class SecondPassword(Manners):
    """Takes the password, and then wants a key as well."""

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_auth_password(self, username: str, password: str) -> int:
        return paramiko.common.AUTH_PARTIALLY_SUCCESSFUL


def test_a_password_that_is_half_of_a_login_is_not_taken_for_a_login(tmp_path: Path) -> None:
    with played(manners=SecondPassword) as at:
        refused = fault(source(tmp_path, *at, key_file=None, password=Secret("${env:TEST}", lambda: "word")), tmp_path)
    assert (refused.code, refused.retry) == ("login-refused", False)
    assert "took the password of library and asks for a second proof" in refused.text


class Stalling(Manners):
    """Never says whether the key is the right one."""

    tried: ClassVar[list[float]] = []

    def check_auth_publickey(self, username: str, key: Any) -> int:
        self.tried.append(time.monotonic())
        time.sleep(2 * TIMEOUT.total_seconds())
        return paramiko.common.AUTH_FAILED


def test_a_login_that_is_not_answered_is_not_called_a_refusal_nor_tried_again(tmp_path: Path) -> None:
    with played(manners=Stalling) as at:
        refused = fault(source(tmp_path, *at, retries=2), tmp_path)
    assert (refused.code, refused.retry, len(Stalling.tried)) == ("login-unanswered", False, 1)
    assert "neither took nor refused" in refused.text


class Counting(Manners):
    """Takes no password, asks for it as a question, and says that there are four thousand million of them."""

    def get_allowed_auths(self, username: str) -> str:
        return "keyboard-interactive"

    def check_auth_interactive(self, username: str, submethods: str) -> Any:
        query = InteractiveQuery()
        query.prompts = _Endless()
        return query


class _Endless(list[Any]):
    def __len__(self) -> int:
        return 0xFFFFFFFF


def test_questions_without_number_are_refused_at_once(tmp_path: Path) -> None:
    word_of_mouth = Secret("${env:TEST}", lambda: "word")
    with played(manners=Counting) as at:
        begun = time.monotonic()
        refused = fault(source(tmp_path, *at, key_file=None, password=word_of_mouth, timeout=timedelta(seconds=20)), tmp_path)
    assert refused.code in ("login-refused", "login-unanswered")
    assert time.monotonic() - begun < stretched(5)  # whoever counts them is still at it when the timeout comes


def test_extensions_without_number_are_refused_at_once(tmp_path: Path) -> None:
    from runner.source.sftp_transport import Transport

    place = source(tmp_path, 1, "").place
    assert isinstance(place, Sftp)
    here, there = socket.socketpair()
    with there:
        transport = Transport(place, here)
        with pytest.raises(paramiko.SSHException):
            transport._parse_ext_info(paramiko.Message(struct.pack(">I", 0xFFFFFFFF)))
        transport._parse_ext_info(paramiko.Message(struct.pack(">I", 1) + word(b"server-sig-algs") + word(b"ssh-ed25519")))
        assert vars(transport)["server_extensions"] == {"server-sig-algs": b"ssh-ed25519"}
        transport.sock.close()


def test_a_packet_that_says_it_is_gigabytes_long_is_refused_at_once(tmp_path: Path) -> None:
    def talk(line: socket.socket) -> None:
        with suppress(OSError), line:
            line.sendall(b"SSH-2.0-Test\r\n\xff\xff\xff\xf4")
            while True:
                line.sendall(bytes(1 << 20))

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with listening(talk) as port:
        begun = time.monotonic()
        refused = fault(source(tmp_path, port, "SHA256:" + "A" * 43), tmp_path)
        assert looked_at(source(tmp_path, port, "SHA256:" + "A" * 43)).state == "wrong"
    assert refused.code == "network"
    assert time.monotonic() - begun < stretched(2)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MUCH // 10


def saying(body: bytes) -> Answer:
    """A server that says this of every file, and has ten bytes of each."""

    def play(kind: int, number: int, rest: bytes) -> bytes | None:
        if kind == STAT:
            return packet(ATTRS, struct.pack(">I", number), body)
        return packet(DATA, struct.pack(">I", number), word(b"id,name\n1\n")) if kind == READ else polite(kind, number, rest)

    return play


@pytest.mark.parametrize("said", [struct.pack(">IQII", 1 | 8, 10, 1, 1), struct.pack(">IQI", 1 | 4, 10, PLAIN)], ids=["no mode", "no time"])
def test_a_server_that_keeps_rights_or_times_to_itself_hands_out_its_file_all_the_same(tmp_path: Path, said: bytes) -> None:
    (tmp_path / "work").mkdir()
    with played(saying(said)) as at:
        got = fetch_from_sftp(source(tmp_path, *at), tmp_path / "work", NOW)
    assert got.path.read_bytes() == b"id,name\n1\n"


def test_a_server_that_keeps_the_size_to_itself_is_told_so(tmp_path: Path) -> None:
    with played(saying(struct.pack(">II", 4, PLAIN))) as at:
        refused = fault(source(tmp_path, *at), tmp_path)
        found = looked_at(source(tmp_path, *at))
    assert (refused.code, refused.retry, found.text) == ("source-unreadable", False, refused.text)
    assert "does not say how long" in refused.text


def test_a_handle_as_long_as_a_file_is_refused(tmp_path: Path) -> None:
    def play(kind: int, number: int, rest: bytes) -> bytes | None:
        return packet(HANDLE, struct.pack(">I", number), word(bytes(300_000))) if kind == OPEN else polite(kind, number, rest)

    with played(play) as at:
        begun = time.monotonic()
        assert fault(source(tmp_path, *at), tmp_path).code == "network"
    assert time.monotonic() - begun < stretched(5)
