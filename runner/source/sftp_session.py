"""An SFTP session that trusts only what the job names: pinned host keys or a known_hosts file, one login, bounded waiting.

Nothing is taken from the machine: no ~/.ssh/config, no fabric file, no agent and no key that the job does not name. fabric's own
policy (trust anybody) is replaced before the connection opens, so that a wrong server never sees a login.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from runner.errors import SourceError
from runner.job.model import Sftp
from runner.source.sftp_faults import (
    HostKeyRefused,
    OfferedKey,
    damaged_known_hosts,
    deadline_passed,
    login_unanswered,
    no_sftp,
    no_sftp_in_time,
    translated,
    wrong_key,
)
from runner.source.sftp_key import private_key

if TYPE_CHECKING:
    from paramiko import SFTPClient, Transport

__all__ = ["HostKeyRefused", "OfferedKey", "offered_key", "session", "translated"]
_MOMENT = 0.3  # seconds


@contextmanager
def session(place: Sftp, *, ends: float | None = None) -> Iterator[SFTPClient]:
    """An open SFTP client; every answer comes within the job's timeout, and at `ends` (monotonic clock) the connection is cut.

    Raises SourceError, told apart by code, for whatever goes wrong before and inside the block."""
    connection = _connection(place)
    cut = _cut_at(connection.client, ends)
    try:
        client = _opened(connection, place)
        if ends is not None and time.monotonic() >= ends:
            raise deadline_passed(place)  # where the cut came before there was a line to be cut
        yield client
    except Exception as error:
        if ends is not None and time.monotonic() >= ends and not isinstance(error, SourceError):
            raise deadline_passed(place) from None
        raise translated(error, place) from None
    finally:
        cut.cancel()
        # Connection.close() does nothing when open() failed, and would leave a thread and a socket behind.
        with suppress(Exception):
            connection.client.close()


def offered_key(place: Sftp) -> OfferedKey:
    """The key that the server shows, without any login, to compare and paste. Raises SourceError where there is no SSH server."""
    import socket

    from runner.source.sftp_transport import Transport

    _keep_quiet()
    seconds = place.timeout.total_seconds()
    latest = time.monotonic() + seconds
    try:
        with socket.create_connection((place.host, place.port), timeout=seconds) as line:
            transport = Transport(place, line)
            try:
                transport.banner_timeout = seconds
                transport.start_client(timeout=seconds)
                key = transport.get_remote_server_key()
            finally:
                transport.close()
    except Exception as error:
        raise translated(TimeoutError() if time.monotonic() >= latest else error, place) from None
    return OfferedKey(key.get_name(), key.fingerprint)


def _opened(connection: Any, place: Sftp) -> SFTPClient:
    seconds = place.timeout.total_seconds()
    try:
        _log_in(connection, place)
        client = _sftp(connection, place)
        channel = client.get_channel()
        assert channel is not None
        channel.settimeout(seconds)  # the one setting that ends a frozen transfer
        return client
    finally:
        # The login has been used; nothing that is logged or dumped later may hold it.
        connection.connect_kwargs.clear()


def _log_in(connection: Any, place: Sftp) -> None:
    """Connects and logs in. A line that is cut after the first key or password was shown is no fault of the network to be tried again."""
    from paramiko import AuthenticationException, BadHostKeyException, SSHException

    latest = time.monotonic() + place.timeout.total_seconds()
    try:
        connection.open()
    except (AuthenticationException, BadHostKeyException):
        raise
    except (OSError, EOFError, SSHException) as error:
        line = connection.client.get_transport()
        if "No authentication methods" in str(error):
            raise
        if line is not None and line.auth_handler is not None:
            raise login_unanswered(place) from None
        if time.monotonic() >= latest:
            raise TimeoutError from None  # the library's own errors do not tell a server that is slow from one that talks nonsense
        raise


def _sftp(connection: Any, place: Sftp) -> SFTPClient:
    """The SFTP client of a connection that is logged in. Opening its channel has waits in it that no timeout of the library bounds."""
    from paramiko import SFTPError, SSHException

    latest = time.monotonic() + place.timeout.total_seconds()
    limit = _cut_at(connection.client, latest)
    try:
        client: SFTPClient = connection.sftp()
        return client
    except (OSError, EOFError, UnicodeError, SSHException, SFTPError) as error:
        if time.monotonic() >= latest:
            raise no_sftp_in_time(place) from None
        if _still_open(connection.client.get_transport()) and not isinstance(error, OSError):
            raise no_sftp(place) from None
        raise
    finally:
        limit.cancel()


def _still_open(line: Transport | None) -> bool:
    """Whether the connection itself outlives its channel. Where it does not, the channel ends a moment earlier."""
    if line is not None:
        line.join(_MOMENT)
    return line is not None and line.is_active()


def _cut_at(client: Any, ends: float | None) -> threading.Timer:
    """A clock that closes the connection at `ends`; whoever reads from it then gets an error instead of waiting on."""
    timer = threading.Timer(max(0.0, (ends or 0.0) - time.monotonic()), client.close)
    timer.daemon = True
    if ends is not None:
        timer.start()
    return timer


def _connection(place: Sftp) -> Any:
    """A fabric connection that has not been opened, with our host key policy in it."""
    from fabric import Config, Connection
    from paramiko import SSHConfig

    _keep_quiet()
    connection = Connection(
        place.host,
        user=place.username,
        port=place.port,
        connect_timeout=place.timeout.total_seconds(),
        connect_kwargs=_settings(place),
        config=Config(lazy=True, ssh_config=SSHConfig()),
    )
    _trust(connection.client, place)
    if place.agent:
        from runner.source.sftp_agent import Agent

        connection.client._agent = Agent(place)  # closed with the client
    return connection


def _settings(place: Sftp) -> dict[str, Any]:
    """How long each stage may take, and the one way to log in that the job names."""
    from runner.source.sftp_transport import transport_for

    seconds = place.timeout.total_seconds()
    settings: dict[str, Any] = {
        "allow_agent": place.agent,
        "look_for_keys": False,
        "banner_timeout": seconds,
        "auth_timeout": seconds,
        "channel_timeout": seconds,
        "transport_factory": transport_for(place),
    }
    if place.key_file is not None:
        settings["pkey"] = private_key(place)
    if place.password is not None:
        settings["password"] = place.password.reveal()
    return settings


def _keep_quiet() -> None:
    """paramiko's own log prints tracebacks where nobody set a log up; whatever it has to say arrives as an exception too."""
    log = logging.getLogger("paramiko")
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.NullHandler())


def _trust(client: Any, place: Sftp) -> None:
    """Either the pins or the known_hosts file, never both: a pin is only asked where no known host entry exists."""
    import paramiko
    from paramiko.hostkeys import InvalidHostKey

    pins = {pin.rstrip("=") for pin in place.host_keys}

    class OnlyTheKnown(paramiko.MissingHostKeyPolicy):
        def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:  # noqa: ARG002
            if key.fingerprint not in pins:
                raise wrong_key(place, OfferedKey(key.get_name(), key.fingerprint))

    client.set_missing_host_key_policy(OnlyTheKnown())
    if place.known_hosts is None:
        return
    try:
        client.load_system_host_keys(str(place.known_hosts))
    except FileNotFoundError:
        raise SourceError(
            f"there is no known_hosts file at {place.known_hosts}", "correct the path, or pin host_key instead", code="known-hosts"
        ) from None
    except (OSError, ValueError, paramiko.SSHException, InvalidHostKey) as error:
        raise damaged_known_hosts(place, error) from None
