"""Traps in the file system: each is made in an empty folder, and `file` is what a job would name."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

from tests.hostile.cases import HEADER_LINE, TABLE, Case, Maker, table

PLAIN = table(TABLE).encode()


def place_cases() -> Iterator[Case]:
    yield from _links()
    yield from _no_files()
    yield from _rights_and_size()
    yield from _names()


def _place(name: str, what: str, make: Maker, file: str | None = None) -> Case:
    return Case(f"fs/{name}", what, make, file=file or name)


def _links() -> Iterator[Case]:
    def link_to(target: str) -> Maker:
        def make(path: Path) -> None:
            (path.parent / "target.csv").write_bytes(PLAIN)
            path.symlink_to(target)

        return make

    yield _place("symlink-passwd.csv", "a link to the machine's accounts", link_to("/etc/passwd"))
    yield _place("symlink-good.csv", "a link to a good file beside it", link_to("target.csv"))
    yield _place("symlink-loop.csv", "a link to itself", link_to("symlink-loop.csv"))
    yield _place("symlink-dangling.csv", "a link to nothing", link_to("nowhere.csv"))
    yield _place("symlink-devzero.csv", "a link to a file without end", link_to("/dev/zero"))
    yield _place("linkdir/patrons.csv", "a good file below a linked folder", _below_a_linked_folder)
    yield _place("hardlink.csv", "a second name of a file", _hard_link)


def _no_files() -> Iterator[Case]:
    yield _place("fifo.csv", "a named pipe", os.mkfifo)
    yield _place("folder.csv", "a folder", Path.mkdir)
    yield _place("socket.csv", "a socket", _socket)


def _rights_and_size() -> Iterator[Case]:
    yield _place("mode000.csv", "no right to read it", lambda path: _with_mode(path, 0))
    yield _place("mode666.csv", "anybody may write it", lambda path: _with_mode(path, 0o666))
    yield _place("sparse-1tb.csv", "a hole of 1 TiB", _sparse)
    yield _place("growing.csv", "to be appended to while it is read", _plain)


def _names() -> Iterator[Case]:
    yield _place("patrons[1].csv", "brackets in the name", _plain)
    yield _place("star*.csv", "a star in the name, and a file that it would match", _with_a_decoy)
    yield _place("-rf.csv", "a name like an option", _plain)
    yield _place("new-line.csv", "a line end in the name", _plain, "new\nline.csv")
    yield _place("escape.csv", "an escape for the terminal in the name", _plain, "esc\x1b[2J.csv")
    yield _place("<b>&name.csv", "markup in the name", _plain)
    yield _place("long-name.csv", "a name of 244 bytes", _plain, "l" * 240 + ".csv")
    yield _place("Patrons.CSV", "a name in other case", _plain)
    yield _place("decomposed.csv", "an accent in pieces in the name", _plain, "e\u0301.csv")


def _plain(path: Path) -> None:
    path.write_bytes(PLAIN)


def _with_a_decoy(path: Path) -> None:
    path.write_bytes(PLAIN)
    (path.parent / "star-decoy.csv").write_bytes(PLAIN)


def _with_mode(path: Path, mode: int) -> None:
    path.write_bytes(PLAIN)
    path.chmod(mode)


def _below_a_linked_folder(path: Path) -> None:
    real = path.parent.with_name("real")
    real.mkdir()
    (real / path.name).write_bytes(PLAIN)
    path.parent.symlink_to(real)


def _hard_link(path: Path) -> None:
    (path.parent / "one.csv").write_bytes(PLAIN)
    path.hardlink_to(path.parent / "one.csv")


def _socket(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # a socket's name may have 107 bytes at most
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(before)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.write(HEADER_LINE.encode() + b"\n")
        file.truncate(1 << 40)
