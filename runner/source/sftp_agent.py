"""The SSH agent that a job with `agent: true` logs in with, asked before any connection and with bounded waiting.

The library's own waits for an agent without end, and takes one that is not there for one without keys. Imported where a job wants an
agent and not before, for the library takes its time.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Any

from paramiko import Message, SSHException
from paramiko.agent import AgentKey, AgentSSH

from runner.counted import seconds
from runner.errors import SourceError
from runner.job.model import Sftp
from runner.source.fetched import shown

_LIST, _LISTED, _SIGN, _SIGNED = 11, 12, 13, 14
_MOST_KEYS = 256
_HINT = "start it (ssh-agent), give it the key (ssh-add), and this program the variable SSH_AUTH_SOCK of it; or name key_file instead"


class Agent(AgentSSH):
    """An agent that holds at least one key. Raises SourceError agent: no agent, no key, no answer in the job's timeout, or nonsense."""

    def __init__(self, place: Sftp) -> None:
        super().__init__()
        self._where = os.environ.get("SSH_AUTH_SOCK", "")
        self._seconds = place.timeout.total_seconds() / 2  # sooner than the login, which waits for a signature of it
        if not self._where:
            raise _fault("source.agent is true, and no SSH agent is known: SSH_AUTH_SOCK is not set in the environment of this program")
        self._conn = _connected(self._where, self._seconds)
        try:
            self._keys = self._listed()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Closes the line to the agent."""
        self._close()  # type: ignore[attr-defined]

    def _listed(self) -> tuple[AgentKey, ...]:
        _, answer = self._send_message(bytes([_LIST]))
        keys = []
        for _ in range(min(answer.get_int(), _MOST_KEYS)):
            blob, _comment = answer.get_binary(), answer.get_binary()  # a comment may be in any letters
            with suppress(Exception):  # of any kind there; a key that cannot be read opens no door, and the others still do
                keys.append(AgentKey(self, blob))
        if not keys:
            raise _fault(
                f"the SSH agent at {shown(self._where)} holds no key", "give it the job's key (ssh-add KEY), or name key_file instead"
            )
        return tuple(keys)

    def _send_message(self, message: Any) -> tuple[int, Message]:
        """Asks the agent. A SourceError passes through the library, whose own errors would be taken for the server's."""
        asked = bytes(message if isinstance(message, bytes) else message.asbytes())[0]
        try:
            kind, answer = super()._send_message(message)  # type: ignore[misc]
        except TimeoutError:
            raise _fault(f"the SSH agent at {shown(self._where)} did not answer within {seconds(self._seconds)}") from None
        except (OSError, SSHException, TypeError):
            raise _fault(f"the SSH agent at {shown(self._where)} hung up, or is no agent") from None
        if asked == _SIGN and kind != _SIGNED:
            raise _fault(
                f"the SSH agent at {shown(self._where)} would not sign with one of its keys",
                "see whether the agent is locked or asks a person each time (ssh-add -c), or name key_file instead",
            )
        if asked == _LIST and kind != _LISTED:
            raise _fault(f"the SSH agent at {shown(self._where)} would not name its keys")
        return kind, answer


def _connected(where: str, seconds: float) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(seconds)
    try:
        line.connect(where)
    except (OSError, ValueError):
        line.close()
        raise _fault(f"no SSH agent answers at {shown(where)}, which SSH_AUTH_SOCK names") from None
    return line


def _fault(text: str, hint: str = _HINT) -> SourceError:
    return SourceError(text, hint, code="agent")
