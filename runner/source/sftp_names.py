"""What to say of a remote file that is not there: most often only the case of a letter differs."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from runner.errors import SourceError
from runner.source.fetched import shown

if TYPE_CHECKING:
    from paramiko import SFTPClient

_ENOUGH = 5000  # names looked through for one that is alike


def explain_missing(client: SFTPClient, path: str) -> SourceError:
    """Names the nearest file of the folder, or the folder when that is what is missing."""
    folder, name = posixpath.split(path)
    shown_folder = shown(folder) or "the login folder"
    try:
        names = list(islice(_files(client, folder or "."), _ENOUGH))
    except FileNotFoundError:
        return SourceError(
            f"there is no folder {shown_folder} on the server", "check the path in source.url", code="source-missing", retry=True
        )
    except PermissionError:
        names = []
    near = _nearest(name, names)
    hint = (
        f"there is {shown(near)}; upper and lower case differ" if near else "check source.url and source.file, and whether the export ran"
    )
    return SourceError(f"there is no {shown(name)} in {shown_folder} on the server", hint, code="source-missing", retry=True)


def _files(client: SFTPClient, folder: str) -> Iterator[str]:
    """What is no folder in `folder`. The library's own listing ends at the first name that is not UTF-8; here such bytes are kept apart."""
    from paramiko import SFTPAttributes
    from paramiko.sftp import CMD_CLOSE, CMD_OPENDIR, CMD_READDIR

    _, opened = client._request(CMD_OPENDIR, folder)  # type: ignore[attr-defined]
    handle = opened.get_string()
    while True:
        try:
            _, answer = client._request(CMD_READDIR, handle)  # type: ignore[attr-defined]
        except EOFError:
            client._request(CMD_CLOSE, handle)  # type: ignore[attr-defined]
            return
        for _ in range(answer.get_int()):
            name = answer.get_string().decode(errors="surrogateescape")
            answer.get_string()  # the name once more, in a line for people
            about = SFTPAttributes._from_msg(answer, name, "")  # type: ignore[attr-defined]
            if not stat.S_ISDIR(about.st_mode or 0):
                yield name


def _nearest(name: str, names: list[str]) -> str | None:
    import difflib

    same = sorted(each for each in names if each.casefold() == name.casefold())
    return next(iter(same or difflib.get_close_matches(name, names, n=1, cutoff=0.6)), None)
