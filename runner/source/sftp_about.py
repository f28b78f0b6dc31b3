"""What a server says of its files, read with bounds: a number in an answer never says how long we read or how much we keep.

The library's own reading of attributes counts to whatever the server writes (four thousand million, if it likes), in a loop that no
timeout ends. Here the extensions, which we have no use for, are left unread.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING

from runner.errors import SourceError
from runner.source.fetched import shown

if TYPE_CHECKING:
    from paramiko import Message, SFTPAttributes, SFTPClient

_SIZE, _OWNER, _MODE, _TIMES, _EXTENDED = 1, 2, 4, 8, 1 << 31
_MOST_EXTENSIONS = 64  # skipped behind a name; servers send none or a few
_LONGEST_NAME = 1024  # letters; file systems have 255


def attributes_of(client: SFTPClient, path: str) -> SFTPAttributes:
    """Size, mode and times of `path`, links followed. Raises FileNotFoundError, PermissionError, OSError, and paramiko's own errors."""
    from paramiko import SFTPError
    from paramiko.sftp import CMD_ATTRS, CMD_STAT

    kind, answer = client._request(CMD_STAT, path)  # type: ignore[attr-defined]
    if kind != CMD_ATTRS:
        raise SFTPError("no attributes in the answer")
    return _attributes(answer)[0]


def plain_file(client: SFTPClient, path: str) -> SFTPAttributes:
    """The same of a file, with its size and time. Of one without a mode opening it will tell; one without a time counts as very old.

    Raises SourceError source-not-a-file, and source-unreadable where the server keeps the size to itself."""
    said = attributes_of(client, path)
    if said.st_mode is not None and not stat.S_ISREG(said.st_mode):
        raise SourceError(f"{shown(path)} is no plain file", "name a file in source.file", code="source-not-a-file")
    if said.st_size is None:
        raise SourceError(
            f"the server does not say how long {shown(path)} is, so nobody could tell whether it came whole",
            "ask the server's keeper whether it can be set to tell the size of files, as nearly every server does",
            code="source-unreadable",
        )
    said.st_mtime = said.st_mtime or 0
    return said


def listed(client: SFTPClient, folder: str) -> Iterator[tuple[str, SFTPAttributes]]:
    """Name by name what lies in `folder`; a name that is no name (too long, or with a slash) comes as "". The server decides how many.

    The library's own listing ends at the first name that is not UTF-8; here such bytes are kept apart. Raises as `attributes_of` does."""
    from paramiko import SFTPError
    from paramiko.sftp import CMD_CLOSE, CMD_HANDLE, CMD_NAME, CMD_OPENDIR, CMD_READDIR

    kind, opened = client._request(CMD_OPENDIR, folder)  # type: ignore[attr-defined]
    if kind != CMD_HANDLE:
        raise SFTPError("no handle in the answer")
    handle = opened.get_string()
    while True:
        try:
            kind, answer = client._request(CMD_READDIR, handle)  # type: ignore[attr-defined]
        except EOFError:
            client._request(CMD_CLOSE, handle)  # type: ignore[attr-defined]
            return
        if kind != CMD_NAME:
            raise SFTPError("no names in the answer")
        for _ in range(answer.get_int()):
            yield _entry(answer)


def _entry(answer: Message) -> tuple[str, SFTPAttributes]:
    raw = answer.get_string()
    answer.get_string()  # the name once more, in a line for people
    attributes, extended = _attributes(answer)
    for _ in range(min(extended, _MOST_EXTENSIONS) * 2):
        answer.get_string()
    name = raw.decode(errors="surrogateescape") if len(raw) <= _LONGEST_NAME and b"/" not in raw else ""
    return name, attributes


def _attributes(answer: Message) -> tuple[SFTPAttributes, int]:
    """The attributes, and how many extensions the server says follow them."""
    from paramiko import SFTPAttributes

    said, flags = SFTPAttributes(), answer.get_int()
    if flags & _SIZE:
        said.st_size = answer.get_int64()
    if flags & _OWNER:
        said.st_uid, said.st_gid = answer.get_int(), answer.get_int()
    if flags & _MODE:
        said.st_mode = answer.get_int()
    if flags & _TIMES:
        said.st_atime, said.st_mtime = answer.get_int(), answer.get_int()
    return said, answer.get_int() if flags & _EXTENDED else 0
