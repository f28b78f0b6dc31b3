"""What to say of a remote file that is not there: most often only the case of a letter differs."""

from __future__ import annotations

import posixpath
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING

from runner.errors import SourceError
from runner.source.fetched import shown
from runner.source.sftp_about import listed

if TYPE_CHECKING:
    from paramiko import Channel, SFTPClient

_ENOUGH = 5000  # entries looked through for a name that is alike


def explain_missing(client: SFTPClient, path: str) -> SourceError:
    """Names the nearest file of the folder, or the folder when that is what is missing. Looks no longer than one answer may take."""
    from paramiko import SFTPError, SSHException

    folder, name = posixpath.split(path)
    shown_folder = shown(folder) or "the login folder"
    names: list[str] = []
    try:
        with _cut_after_one_answers_time(client):
            names.extend(islice(_files(client, folder or "."), _ENOUGH))
    except FileNotFoundError:
        return SourceError(
            f"there is no folder {shown_folder} on the server", "check the path in source.url", code="source-missing", retry=True
        )
    except (OSError, EOFError, SSHException, SFTPError):
        pass  # that the file is missing is known; who may not look, or is not told in time, does without the names that are left
    near = _nearest(name, [each for each in names if each])
    why = "upper and lower case differ" if near and near.casefold() == name.casefold() else "check the name in source.file"
    hint = f"there is {shown(near)}; {why}" if near else "check source.url and source.file, and whether the export ran"
    return SourceError(f"there is no {shown(name)} in {shown_folder} on the server", hint, code="source-missing", retry=True)


def _files(client: SFTPClient, folder: str) -> Iterator[str]:
    """Each name in `folder` of what is no folder; "" for each that is, so that whoever counts counts them too."""
    for name, attributes in listed(client, folder):
        yield "" if stat.S_ISDIR(attributes.st_mode or 0) else name


@contextmanager
def _cut_after_one_answers_time(client: SFTPClient) -> Iterator[None]:
    """Closes the channel when the time of one answer has passed: a listing may be without end, each part of it in good time."""
    channel = client.get_channel()
    assert channel is not None
    limit = threading.Timer(channel.gettimeout() or 0.0, _closed, [channel])
    limit.daemon = True
    limit.start()
    try:
        yield
    finally:
        limit.cancel()


def _closed(channel: Channel) -> None:
    with suppress(Exception):  # the line itself may be gone by now
        channel.close()


def _nearest(name: str, names: list[str]) -> str | None:
    import difflib

    same = sorted(each for each in names if each.casefold() == name.casefold())
    return next(iter(same or difflib.get_close_matches(name, names, n=1, cutoff=0.6)), None)
