"""A server that means ill, or is broken: the run and `doctor` end soon, with a sentence; nothing that it says is believed or printed."""

from __future__ import annotations

import resource
import struct
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.cli.finding import Finding
from runner.cli.sftp_probe import walk
from runner.errors import SourceError
from runner.job.model import Complete, Format, Sftp, Source
from runner.source.sftp import fetch_from_sftp
from tests.patience import stretched
from tests.source.conftest import NOW
from tests.source.played import (
    ATTRS,
    END,
    FOLDER,
    INIT,
    MISSING,
    NAME,
    PLAIN,
    READDIR,
    STAT,
    VERSION,
    Answer,
    attributes,
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
