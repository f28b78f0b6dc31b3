"""An SFTP server that is played: real SSH by paramiko, and behind it whatever answers a test wants, however hostile."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import paramiko

INIT, VERSION, OPEN, CLOSE, READ, OPENDIR, READDIR, STAT = 1, 2, 3, 4, 5, 11, 12, 17
STATUS, HANDLE, DATA, NAME, ATTRS = 101, 102, 103, 104, 105
END, MISSING, DENIED = 1, 2, 3
PLAIN, FOLDER = 0o100644, 0o040755
Answer = Callable[[int, int, bytes], bytes | Iterator[bytes] | None]


def packet(kind: int, *parts: bytes) -> bytes:
    """One message of the protocol, with its length before it."""
    body = bytes([kind]) + b"".join(parts)
    return struct.pack(">I", len(body)) + body


def word(content: bytes) -> bytes:
    """Bytes with their length before them."""
    return struct.pack(">I", len(content)) + content


def attributes(size: int, mode: int = PLAIN, time: int = 1_700_000_000) -> bytes:
    """What a server says of a file: its size, rights and times."""
    return struct.pack(">IQIII", 1 | 4 | 8, size, mode, time, time)


def status(number: int, code: int, text: bytes = b"as it is") -> bytes:
    """An answer that is a word of success or failure."""
    return packet(STATUS, struct.pack(">II", number, code), word(text), word(b""))


def names(number: int, *listed: tuple[bytes, int]) -> bytes:
    """An answer that lists names with their modes."""
    rows = b"".join(word(name) + word(name) + attributes(1, mode) for name, mode in listed)
    return packet(NAME, struct.pack(">II", number, len(listed)), rows)


class Manners(paramiko.ServerInterface):
    """Lets everybody in by key and gives each an SFTP that `answer` plays. Tests override what they want otherwise."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: Any) -> int:
        return paramiko.common.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.common.OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel: Any, name: str) -> bool:
        threading.Thread(target=play, args=(channel, self.answer), daemon=True).start()
        return True


def play(channel: Any, answer: Answer) -> None:
    """Answers each request of the client by `answer(kind, number, rest)`: a message, several, or none."""
    with suppress(OSError, EOFError, paramiko.SSHException):
        received = b""
        while block := channel.recv(65536):
            received += block
            while len(received) >= 5 and len(received) >= 4 + (size := int.from_bytes(received[:4], "big")):
                one, received = received[4 : 4 + size], received[4 + size :]
                told = answer(one[0], int.from_bytes(one[1:5], "big"), one[5:]) or b""
                for message in [told] if isinstance(told, bytes) else told:
                    channel.sendall(message)


def polite(kind: int, number: int, rest: bytes) -> bytes | None:
    """Begins the protocol and opens whatever is asked for; a base for worse manners."""
    del rest
    if kind == INIT:
        return packet(VERSION, struct.pack(">I", 3))
    if kind in (OPEN, OPENDIR):
        return packet(HANDLE, struct.pack(">I", number), word(b"h"))
    if kind == STAT:
        return packet(ATTRS, struct.pack(">I", number), attributes(10))
    return status(number, 0 if kind == CLOSE else END)


@contextmanager
def listening(talk: Callable[[socket.socket], object]) -> Iterator[int]:
    """A port on which `talk` answers each caller."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    line, _ = listener.accept()
                    threading.Thread(target=talk, args=(line,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def played(answer: Answer = polite, manners: type[Manners] = Manners) -> Iterator[tuple[int, str]]:
    """The server for the length of the block: its port and its key's fingerprint."""
    key = paramiko.ECDSAKey.generate()
    lines: list[Any] = []

    def talk(line: socket.socket) -> None:
        transport = paramiko.Transport(line)
        transport.add_server_key(key)
        lines.append(transport)
        with suppress(EOFError, paramiko.SSHException):
            transport.start_server(event=threading.Event(), server=manners(answer))

    with listening(talk) as port:
        yield port, key.fingerprint
    for transport in lines:
        transport.close()


def login_key(folder: Path) -> Path:
    """A private key that nobody else can read."""
    file = folder / "login"
    paramiko.ECDSAKey.generate().write_private_key_file(str(file))
    return file
