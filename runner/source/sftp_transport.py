"""paramiko's transport with bounds: what a server sends before, during and after the login takes only so much memory and no terminal.

Imported where a connection is made and not before, for the library takes its time.
"""

from __future__ import annotations

import socket
import threading
from functools import partial
from typing import Any

import paramiko
from paramiko.auth_handler import AuthHandler

from runner.job.model import Sftp
from runner.source.sftp_faults import second_proof

_LONGEST_PACKET = 1 << 18  # bytes, as in OpenSSH; we ask for packets of 32 KiB
_MOST_WORDS = 64  # that a server may count up in one message; it has use for two or three


def transport_for(place: Sftp) -> Any:
    """What makes the transport of a connection to `place`, out of an open socket."""
    return partial(Transport, place)


class Transport(paramiko.Transport):
    """Asks for AES-GCM first: hardware does all of it, and it needs no second pass over every packet."""

    def __init__(self, place: Sftp, line: socket.socket, **options: Any) -> None:
        super().__init__(_Line(fileno=line.detach()), **options)
        self._place = place
        offers = self.get_security_options()
        offers.ciphers = sorted(offers.ciphers, key=lambda name: "-gcm" not in name)

    def auth_publickey(self, *given: Any, **more: Any) -> list[str]:
        """As the library's own, which takes a key that is half of a login for the whole of it."""
        return self._whole(super().auth_publickey(*given, **more))

    def auth_password(self, *given: Any, **more: Any) -> list[str]:
        """The same of a password."""
        return self._whole(super().auth_password(*given, **more))

    def auth_interactive_dumb(self, *_: Any, **__: Any) -> list[str]:
        """The library's own prints what the server says on the terminal, letter for letter, and waits for somebody to type."""
        raise second_proof(self._place)

    def _whole(self, wanted: list[str]) -> list[str]:
        if wanted:
            raise second_proof(self._place)
        return wanted

    def auth_interactive(self, username: str, handler: Any, submethods: str = "") -> list[str]:
        """As the library's own, with our handler of its messages."""
        answered = threading.Event()
        self.auth_handler = _Handler(self)
        self.auth_handler.auth_interactive(username, handler, answered, submethods)
        return self.auth_handler.wait_for_response(answered)

    def _parse_ext_info(self, message: paramiko.Message) -> None:
        _refuse_endless(message)
        message.rewind()
        super()._parse_ext_info(message)  # type: ignore[misc]


class _Handler(AuthHandler):
    def _parse_userauth_info_request(self, message: paramiko.Message) -> None:
        for _ in range(3):  # title, instruction, language
            message.get_string()
        _refuse_endless(message)
        message.rewind()
        super()._parse_userauth_info_request(message)  # type: ignore[misc]


class _Line(socket.socket):
    def recv(self, size: int, flags: int = 0) -> bytes:
        """Refuses what the library asks for where a packet says that it is gigabytes long."""
        if size > _LONGEST_PACKET:
            raise paramiko.SSHException("a packet that is longer than any")
        return super().recv(size, flags)


def _refuse_endless(message: paramiko.Message) -> None:
    if message.get_int() > _MOST_WORDS:
        raise paramiko.SSHException("a count that is no count")
