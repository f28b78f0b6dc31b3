"""Whom an SFTP job trusts: the pinned key or the known_hosts file and nobody else, and nothing that lies about on the machine."""

from __future__ import annotations

import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import paramiko
import pytest

from runner.errors import SourceError
from runner.source.sftp_session import HostKeyRefused, offered_key
from tests.source.conftest import Desk, Started
from tests.source.played import Manners, listening, polite
from tests.source.sshd import Sshd

pytestmark = pytest.mark.sshd
CONTENT = b"id,name\n1,Ann\n"
OTHER = "SHA256:" + "A" * 43


def refused(desk: Desk, **changed: Any) -> SourceError:
    desk.write(CONTENT)
    with pytest.raises(SourceError) as caught:
        desk.fetch(**changed)
    assert desk.leftovers() == []
    return caught.value


def known_hosts(desk: Desk, text: str) -> dict[str, Any]:
    file = desk.work.parent / "known_hosts"
    file.write_text(text)
    return {"host_keys": (), "known_hosts": file}


def test_the_pinned_server_is_trusted(desk: Desk) -> None:
    desk.write(CONTENT)
    assert desk.fetch().path.read_bytes() == CONTENT


def test_one_of_several_pins_is_enough(desk: Desk) -> None:
    desk.write(CONTENT)
    desk.fetch(host_keys=(OTHER, desk.server.fingerprint() + "="))


def test_another_key_is_refused_with_the_fingerprint_to_compare(desk: Desk) -> None:
    fault = refused(desk, host_keys=(OTHER,))
    assert isinstance(fault, HostKeyRefused)
    assert (fault.code, fault.retry, fault.offered.fingerprint) == ("host-key-refused", False, desk.server.fingerprint())
    assert desk.server.fingerprint() in fault.text


def test_no_trust_at_all_is_no_trust_in_anybody(desk: Desk) -> None:
    assert refused(desk, host_keys=()).code == "host-key-refused"


@pytest.mark.parametrize("trusted", ["pin", "known_hosts"])
def test_a_server_with_another_key_sees_no_login_attempt(desk: Desk, evil: Sshd, trusted: str) -> None:
    line = desk.server.known_hosts_line().replace(f":{desk.server.port} ", f":{evil.port} ")
    way = known_hosts(desk, line) if trusted == "known_hosts" else {}
    fault = refused(desk, port=evil.port, **way)
    assert fault.code == "host-key-refused"
    told = evil.said()
    assert "Connection from" in told
    assert not [line for line in told.splitlines() if "Failed" in line or "Accepted" in line or "publickey" in line]


@pytest.mark.parametrize("hashed", [False, True])
def test_a_server_in_known_hosts_is_trusted(desk: Desk, hashed: bool) -> None:
    desk.write(CONTENT)
    way = known_hosts(desk, desk.server.known_hosts_line())
    if hashed:
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(way["known_hosts"])], check=True, capture_output=True)
    desk.fetch(**way)


def test_a_server_of_which_known_hosts_knows_one_key_of_several_is_asked_for_that_one(desk: Desk, started: Started) -> None:
    desk.server = started(kinds=("ed25519", "ecdsa"))
    desk.write(CONTENT)
    desk.fetch(**known_hosts(desk, desk.server.known_hosts_line(1)))


def test_a_server_that_known_hosts_does_not_know_is_refused(desk: Desk) -> None:
    assert refused(desk, **known_hosts(desk, "")).code == "host-key-refused"


@pytest.mark.parametrize("line", ["@revoked {}", "@cert-authority {}", "[127.0.0.1]:22 ssh-ed25519 AAAA!!!broken"])
def test_a_known_hosts_file_with_a_line_that_is_not_understood_is_refused_as_a_whole(desk: Desk, line: str) -> None:
    good = desk.server.known_hosts_line()
    fault = refused(desk, **known_hosts(desk, good + line.format(good)))
    assert (fault.code, fault.retry) == ("known-hosts", False)


def test_a_known_hosts_file_that_is_absent_is_named(desk: Desk) -> None:
    fault = refused(desk, host_keys=(), known_hosts=desk.work / "absent")
    assert fault.code == "known-hosts"
    assert "absent" in fault.text


def test_the_offered_key_can_be_seen_without_a_login(desk: Desk) -> None:
    seen = offered_key(desk.place(host_keys=()))
    assert (seen.kind, seen.fingerprint) == ("ssh-ed25519", desk.server.fingerprint())


def test_nothing_of_the_machine_is_read(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy command, another port, a user, a password and trust in any server lie about; none of it is taken."""
    home, touched = tmp_path / "home", tmp_path / "touched"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "config").write_text(f"Host *\n  ProxyCommand touch {touched}\n  Port 1\n  User nobody\n  StrictHostKeyChecking no\n")
    (home / ".ssh" / "known_hosts").write_text("127.0.0.1 ssh-ed25519 broken!\n")
    (home / ".ssh" / "id_ed25519").write_bytes(desk.server.key.read_bytes())
    (home / ".fabric.yaml").write_text("port: 1\nuser: nobody\nconnect_kwargs: {password: wrong}\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("FABRIC_PORT", "1")
    desk.write(CONTENT)
    desk.fetch()
    assert not touched.exists()


def test_a_key_in_the_home_folder_is_no_login(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_ed25519").write_bytes(desk.server.key.read_bytes())
    (tmp_path / ".ssh" / "id_ed25519").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert refused(desk, key_file=None).code == "login-refused"


def test_a_server_that_shows_another_key_at_the_second_try_is_refused_then(desk: Desk) -> None:
    shown: list[paramiko.PKey] = [paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()]
    first, second = (key.fingerprint for key in shown)

    def talk(line: socket.socket) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            transport = paramiko.Transport(line)
            transport.add_server_key(shown.pop(0))
            transport.start_server(server=Closing(polite))

    with listening(talk) as port, pytest.raises(SourceError) as caught:
        desk.fetch(port=port, host_keys=(first,), retries=3)
    assert (caught.value.code, shown) == ("host-key-refused", [])
    assert second in caught.value.text


class Closing(Manners):
    """Cuts the line as soon as the login is done."""

    def check_channel_subsystem_request(self, channel: paramiko.Channel, name: str) -> bool:
        channel.get_transport().close()
        return False
