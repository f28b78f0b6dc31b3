"""`runner doctor` on an SFTP source, step by step: name, port, key, login, folder, file. The first step that fails ends the walk."""

from __future__ import annotations

import posixpath
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from runner.cli.finding import Finding
from runner.cli.source_probe import Seen
from runner.counted import seconds
from runner.errors import RunnerError, SourceError
from runner.job.model import Sftp, Source
from runner.source.fetched import shown

if TYPE_CHECKING:
    from paramiko import SFTPAttributes, SFTPClient

    from runner.source.sftp_faults import OfferedKey


def walk(name: str, source: Source) -> Iterator[Finding | Seen]:
    """One finding for each step that is well, what the file is at the end, or what to do where a step fails. Copies nothing."""
    place = cast(Sftp, source.place)
    try:
        yield from _way_to_the_server(name, place)
        offered = _offered(place)
        yield from _behind_the_door(name, source, place, offered)
    except RunnerError as error:
        yield Finding(f"{name}: {_STEPS.get(error.code, 'server')}", "wrong", error.text, error.hint)


def unknown_server(job_file: Path) -> Iterator[Finding]:
    """The fingerprint of the server that an otherwise unfinished job names, so that it can be compared and pasted in."""
    from runner.job.check import read_document
    from runner.job.values.source import server_of

    document = read_document(job_file)
    place = server_of(document.text("source", "url") or "")
    if place is None:
        return
    name = f"{job_file.stem}: source"
    try:
        yield from _way_to_the_server(name, place)
        offered = _offered(place)
    except RunnerError as error:
        yield Finding(f"{name}: server", "wrong", error.text, error.hint)
        return
    hint = f"compare it with the one that the server's keeper gives you; if they are the same, write host_key: {offered.fingerprint}"
    yield Finding(f"{name}: key", "wrong", f"the server shows the {offered.kind} key {offered.fingerprint}; the job trusts none yet", hint)


_ANSWERS = 6  # of the server, of which a look needs about so many from the login to the first byte
_STEPS = {
    "host-unknown": "name",
    "host-key-refused": "key",
    "known-hosts": "key",
    "login-refused": "login",
    "login-unanswered": "login",
    "agent": "login",
    "no-sftp": "sftp",
    "key-file": "login",
    "variable-missing": "login",
    "secret-file-missing": "login",
    "secret-file-open": "login",
    "secret-file-unreadable": "login",
    "source-missing": "file",
    "source-denied": "file",
    "source-not-a-file": "file",
    "source-unreadable": "file",
}


def _way_to_the_server(name: str, place: Sftp) -> Iterator[Finding]:
    from runner.source.sftp_faults import translated, where

    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        yield Finding(f"{name}: name", "ok", f"{shown(place.host)} is {', '.join(dict.fromkeys(str(each[4][0]) for each in found))}")
        with socket.create_connection((place.host, place.port), timeout=place.timeout.total_seconds()):
            yield Finding(f"{name}: port", "ok", f"{where(place)} answers")
    except (OSError, UnicodeError) as error:
        raise translated(error, place) from None


def _offered(place: Sftp) -> OfferedKey:
    from runner.source.sftp_session import offered_key

    return offered_key(place)


def _behind_the_door(name: str, source: Source, place: Sftp, offered: OfferedKey) -> Iterator[Finding | Seen]:
    from runner.source.sftp import address, remote_path
    from runner.source.sftp_names import explain_missing
    from runner.source.sftp_session import session

    path = remote_path(source)
    patience = min(place.deadline, _ANSWERS * place.timeout).total_seconds()
    try:
        with session(place, ends=time.monotonic() + patience) as client:
            yield _trusted(name, _used(client) or offered)
            yield _logged_in(name, place)
            try:
                yield _folder(name, client, posixpath.dirname(path))
                about = _file(client, path)
            except FileNotFoundError:
                raise explain_missing(client, path) from None
    except SourceError as error:
        if error.code in ("login-refused", "login-unanswered", "no-sftp"):
            yield _trusted(name, offered)
        if error.code == "no-sftp":
            yield _logged_in(name, place)
        raise (_given_up(place, patience) if error.code == "deadline" else error) from None
    yield Seen(address(place, path), about.st_size or 0, datetime.fromtimestamp(about.st_mtime or 0, UTC))


def _file(client: SFTPClient, path: str) -> SFTPAttributes:
    """What the server says of the file, of which one byte was read. Raises SourceError, and what the client raises."""
    from runner.source.sftp_about import plain_file

    about = plain_file(client, path)
    with client.open(path, "rb") as opened:
        opened.read(1)
    return about


def _given_up(place: Sftp, patience: float) -> SourceError:
    from runner.source.sftp_faults import where

    return SourceError(
        f"{where(place)} was too slow: doctor gave up after {seconds(patience)}, and each of its answers may take"
        f" {seconds(place.timeout.total_seconds())}",
        "see whether the server is well and the line is fast enough; a run waits until source.deadline, and then gives up too",
        code="deadline",
        retry=True,
    )


def _trusted(name: str, key: OfferedKey) -> Finding:
    return Finding(f"{name}: key", "ok", f"the server shows the {key.kind} key {key.fingerprint}, and is trusted")


def _logged_in(name: str, place: Sftp) -> Finding:
    return Finding(f"{name}: login", "ok", f"{shown(place.username)} may log in")


def _used(client: SFTPClient) -> OfferedKey | None:
    """The key that this session was opened with: of several, known_hosts decides which one is asked for."""
    from runner.source.sftp_faults import OfferedKey

    channel = client.get_channel()
    key = channel.get_transport().get_remote_server_key() if channel is not None else None
    return OfferedKey(key.get_name(), key.fingerprint) if key is not None else None


def _folder(name: str, client: SFTPClient, folder: str) -> Finding:
    from runner.source.sftp_about import attributes_of

    attributes_of(client, folder or ".")
    return Finding(f"{name}: folder", "ok", f"{shown(folder) or 'the login folder'} is there")
