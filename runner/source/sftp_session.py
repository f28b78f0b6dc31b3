"""An SFTP session that trusts only what the job names: pinned host keys or a known_hosts file, one login, bounded waiting.

Nothing is taken from the machine: no ~/.ssh/config, no fabric file, no agent and no key that the job does not name. fabric's own
policy (trust anybody) is replaced before the connection opens, so that a wrong server never sees a login.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.errors import SourceError
from runner.job.model import Sftp
from runner.source.fetched import shown

if TYPE_CHECKING:
    from paramiko import PKey, SFTPClient


@dataclass(frozen=True, slots=True)
class OfferedKey:
    """The key that a server showed: its type and `SHA256:...` fingerprint, to compare and paste."""

    kind: str
    fingerprint: str


class HostKeyRefused(SourceError):
    """The server showed a key that the job does not trust. `offered` is that key; no login was tried."""

    def __init__(self, text: str, hint: str, offered: OfferedKey) -> None:
        super().__init__(text, hint, code="host-key-refused")
        self.offered = offered


@contextmanager
def session(place: Sftp) -> Iterator[SFTPClient]:
    """An open SFTP client; every read of it ends within the job's timeout. Raises SourceError, told apart by code."""
    connection = _connection(place)
    try:
        try:
            connection.open()
            client = connection.sftp()
            client.get_channel().settimeout(place.timeout.total_seconds())
        except Exception as error:
            raise translated(error, place) from None
        finally:
            # The login has been used; nothing that is logged or dumped later may hold it.
            connection.connect_kwargs.clear()
        yield client
    finally:
        # Connection.close() does nothing when open() failed, and would leave a thread and a socket behind.
        with suppress(Exception):
            connection.client.close()


def translated(error: BaseException, place: Sftp) -> SourceError:
    """A fault of paramiko or of the network as a SourceError: what happened, what to do, and whether waiting may help."""
    import paramiko

    where = f"{shown(place.host)}:{place.port}"
    if isinstance(error, SourceError):
        return error
    if isinstance(error, paramiko.BadHostKeyException):
        return _wrong_key(place, OfferedKey(error.key.get_name(), error.key.fingerprint))
    if isinstance(error, paramiko.AuthenticationException) or "No authentication methods" in str(error):
        return SourceError(
            f"{where} refused the login of {shown(place.username)}",
            "check username and password or key; it is not tried again, for repeated failures lock accounts",
            code="login-refused",
        )
    if isinstance(error, socket.gaierror):
        return SourceError(f"the name {shown(place.host)} is unknown", "check the host in source.url, and this machine's DNS", code="host-unknown", retry=True)
    if isinstance(error, TimeoutError):
        seconds = place.timeout.total_seconds()
        return SourceError(f"{where} did not answer within {seconds:g} seconds", "see whether the server is up", code="network", retry=True)
    if isinstance(error, PermissionError):
        return SourceError(f"{where} does not let {shown(place.username)} read the file", "ask the server's keeper for the right to read", code="source-denied")
    if isinstance(error, EOFError | OSError | paramiko.SSHException):
        return SourceError(
            f"the connection to {where} failed ({type(error).__name__})",
            "see whether host and port are right, the server is up and no firewall stands between",
            code="network",
            retry=True,
        )
    raise error


def _connection(place: Sftp) -> Any:
    """A fabric connection that has not been opened, with our host key policy in it."""
    from fabric import Config, Connection
    from paramiko import SSHConfig

    seconds = place.timeout.total_seconds()
    options: dict[str, Any] = {
        "allow_agent": place.agent,
        "look_for_keys": False,
        "banner_timeout": seconds,
        "auth_timeout": seconds,
        "channel_timeout": seconds,
    }
    if place.key_file is not None:
        options["pkey"] = _private_key(place)
    if place.password is not None:
        options["password"] = place.password.reveal()
    connection = Connection(
        place.host,
        user=place.username,
        port=place.port,
        connect_timeout=seconds,
        connect_kwargs=options,
        config=Config(lazy=True, ssh_config=SSHConfig()),
    )
    _trust(connection.client, place)
    return connection


def _trust(client: Any, place: Sftp) -> None:
    """Either the pins or the known_hosts file, never both: a pin is only asked where no known host entry exists."""
    import paramiko

    class OnlyTheKnown(paramiko.MissingHostKeyPolicy):
        def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:  # noqa: ARG002
            if key.fingerprint not in place.host_keys:
                raise _wrong_key(place, OfferedKey(key.get_name(), key.fingerprint))

    client.set_missing_host_key_policy(OnlyTheKnown())
    if place.known_hosts is None:
        return
    try:
        client.load_system_host_keys(str(place.known_hosts))
    except FileNotFoundError:
        raise SourceError(f"there is no known_hosts file at {place.known_hosts}", "correct the path, or pin host_key instead", code="known-hosts") from None
    except (OSError, paramiko.SSHException) as error:
        raise _damaged_known_hosts(place, error) from None


def _damaged_known_hosts(place: Sftp, error: Exception) -> SourceError:
    line = getattr(error, "line", None)
    which = "" if line is None else f": a line that starts with {shown(str(line))[:24]!r}"
    return SourceError(
        f"{place.known_hosts} cannot be used{which}",
        "lines with @revoked, @cert-authority or broken keys are not understood; keep the server's plain lines only, or pin host_key",
        code="known-hosts",
    )


def _wrong_key(place: Sftp, offered: OfferedKey) -> HostKeyRefused:
    return HostKeyRefused(
        f"{shown(place.host)}:{place.port} showed the {offered.kind} key {offered.fingerprint}, which the job does not trust; no login was tried",
        f"ask the server's keeper for its fingerprint; only if it is this one, write host_key: {offered.fingerprint}",
        offered,
    )


def _private_key(place: Sftp) -> PKey:
    """The job's key, parsed here so that each fault has its own sentence."""
    import paramiko

    assert place.key_file is not None
    passphrase = place.passphrase.reveal().encode() if place.passphrase else None
    try:
        if place.key_file.stat().st_mode & 0o077:
            raise SourceError(f"others can read the key {place.key_file}", f"chmod 600 {place.key_file}", code="key-file")
        return paramiko.PKey.from_path(place.key_file, passphrase)
    except FileNotFoundError:
        raise SourceError(f"there is no key file {place.key_file}", "correct source.key_file", code="key-file") from None
    except (TypeError, ValueError, OSError, paramiko.SSHException):
        raise SourceError(
            f"the key {place.key_file} cannot be opened", "check that it is a private key, and passphrase: by ${env:NAME} or ${file:PATH}", code="key-file"
        ) from None
