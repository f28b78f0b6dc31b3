"""A value that never prints itself, and the references by which such values are found."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from runner.errors import RunnerError
from runner.half_letters import has_half_letters

REFERENCE = re.compile(r"\$\{(env|file):([^{}]*)\}")
# Parts of the names of keys that may hold a secret, misspelt ones too: whoever writes `passwort:` sees the line again in an error.
SECRET_WORDS = r"pas+[\s_-]?(?:w|ph)|pwd|secret|token|credential|api_?key|private_?key"
# The codes of the errors with which a secret cannot be read. Their words name its reference, never a value.
NO_SECRET = ("variable-missing", "secret-file-missing", "secret-file-open", "secret-file-unreadable")
VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# An address up to its password: what stands for the user may be a reference.
TO_PASSWORD = r"://(?:\$\{[^{}]*\}|(?!\$\{)[^/\s:@])*:"
_BEFORE_PASSWORD = re.compile(f"{TO_PASSWORD}$")
_BEFORE_PARAMETER = re.compile(r"^postgres(?:ql)?://\S*[?&](?:ssl)?password=$")
_PLAIN = re.compile(r"[A-Za-z0-9._~-]")
_MAX_BYTES = 64 * 1024


class Secret(Struct, frozen=True, eq=False):
    """A secret by reference (`reference` is the text in the file, such as `${env:NAME}`); `reveal()` reads it at the moment of use.

    Prints as `***`. `reveal` raises RunnerError with the reference, never the value, when it cannot be read."""

    reference: str
    reveal: Callable[[], str]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.reference == other.reference

    def __hash__(self) -> int:
        return hash(self.reference)

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "Secret(***)"


def secret_of(text: str, folder: Path) -> Secret:
    """A Secret for a text with references; relative file references are meant from `folder`."""
    return Secret(text, lambda: fill_in(text, folder))


def fill_in(text: str, folder: Path) -> str:
    """The text with every `${env:NAME}` and `${file:PATH}` replaced. Raises RunnerError naming what is missing, never a value.

    What stands for the password in an address is taken letter for letter: a / or @ of it would end it, and call another host."""

    def value(match: re.Match[str]) -> str:
        kind, name = match.groups()
        found = _variable(name) if kind == "env" else read_private_file(folder / name).removesuffix("\n").removesuffix("\r")
        before, after = text[: match.start()], text[match.end() :]
        password = _BEFORE_PASSWORD.search(before) and after.startswith("@")
        parameter = _BEFORE_PARAMETER.search(before) and (not after or after.startswith("&"))
        return _letter_for_letter(found) if password or parameter else found

    return REFERENCE.sub(value, text)


def _letter_for_letter(text: str) -> str:
    """The text with every character that means something in an address as %XX."""
    plain = (chr(byte) if _PLAIN.match(chr(byte)) else f"%{byte:02X}" for byte in text.encode())
    return "".join(plain)


def read_private_file(path: Path) -> str:
    """The text of a file that nobody else can read (promise P7).

    Accepted are files without any right for others, and without any right for the group unless root owns them (so systemd hands
    over credentials). Raises RunnerError: `secret-file-missing`, `secret-file-open` with the chmod to type, `secret-file-unreadable`.
    """
    try:
        # Without blocking: a pipe in the file's place must not hang the run.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise RunnerError(f"the secret file {path} does not exist", "create it with mode 600", code="secret-file-missing") from None
    except OSError as error:
        text = f"the secret file {path} cannot be read ({error.strerror})"
        raise RunnerError(text, "let the user that runs this own it", code="secret-file-unreadable") from None
    try:
        _check_private(path, os.fstat(handle))  # before a file object is made of it, which a folder would refuse in words of its own
        raw = os.read(handle, _MAX_BYTES + 1)
    finally:
        os.close(handle)
    try:
        if len(raw) <= _MAX_BYTES:
            return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    raise RunnerError(
        f"the secret file {path} is not a short text", "it must hold the secret alone, as UTF-8", code="secret-file-unreadable"
    )


def _check_private(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise RunnerError(f"{path} is not a file", "name a plain file", code="secret-file-unreadable")
    group_may = facts.st_uid == 0 and os.geteuid() != 0 and not facts.st_mode & 0o020
    if facts.st_mode & 0o007 or (facts.st_mode & 0o070 and not group_may):
        raise RunnerError(f"others can read the secret file {path}", f"type: chmod 600 {path}", code="secret-file-open")


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise RunnerError(
            f"the environment variable {name} is not set", f"set it where the runner starts: {name}=...", code="variable-missing"
        )
    if has_half_letters(value):
        raise RunnerError(
            f"the environment variable {name} is not UTF-8", "write it in UTF-8, or put it in a file", code="variable-missing"
        )
    return value
