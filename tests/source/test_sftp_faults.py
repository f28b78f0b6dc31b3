"""Every fault of a server has a code, a sentence and a flag that says whether waiting may help; none is a bare traceback."""

from __future__ import annotations

import base64
import errno
import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ed448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from runner.errors import RunnerError, SourceError
from runner.job.model import Complete, Sftp
from runner.job.secret import Secret
from runner.source import sftp_session
from runner.source.sftp_faults import translated
from tests.needs import need
from tests.patience import stretched
from tests.source.conftest import Desk
from tests.source.played import listening
from tests.source.sshd import Sshd, throwaway_user

pytestmark = pytest.mark.sshd


def _pem(key: Any) -> bytes:
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _openssh(kind: bytes) -> bytes:
    """As OpenSSH writes it, as far as anybody reads who does not know its kind."""
    words = (b"none", b"none", b"", 1, _counted(kind) + _counted(bytes(32)), bytes(64))
    body = b"openssh-key-v1\0" + b"".join(word.to_bytes(4, "big") if isinstance(word, int) else _counted(word) for word in words)
    return b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + base64.encodebytes(body) + b"-----END OPENSSH PRIVATE KEY-----\n"


def _counted(word: bytes) -> bytes:
    return len(word).to_bytes(4, "big") + word


UNUSUAL_KEYS: dict[str, Callable[[], bytes]] = {
    "dsa": lambda: _pem(dsa.generate_private_key(1024)),
    "ed448": lambda: _pem(ed448.Ed448PrivateKey.generate()),
    "x25519": lambda: _pem(x25519.X25519PrivateKey.generate()),
    "security key": lambda: _openssh(b"sk-ssh-ed25519@openssh.com"),
}
SHORT = timedelta(seconds=1)
DEADLINE = timedelta(seconds=4)  # long enough to log in on a machine that is a few times slower
_LOG_IN = 30_000  # bytes, more than the server says before it sends the file


def fault(desk: Desk, name: str = "patrons.csv", **changed: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        desk.fetch(name, **changed)
    assert desk.leftovers() == []
    assert caught.value.hint
    return caught.value


def secret(value: str) -> Secret:
    return Secret("${env:TEST}", lambda: value)


def silent(line: socket.socket) -> None:
    """Says nothing until the caller hangs up, or has waited for a minute."""
    with suppress(OSError), line:
        line.settimeout(60)
        while line.recv(100):
            pass


def banner_only(line: socket.socket) -> None:
    line.sendall(b"SSH-2.0-Test\r\n")
    silent(line)


def no_ssh(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    line.close()


def test_a_login_that_is_refused_is_not_tried_again(desk: Desk) -> None:
    refused = fault(desk, key_file=None, password=secret("wrong"), retries=3)
    assert (refused.code, refused.retry) == ("login-refused", False)
    assert "wrong" not in refused.text + (refused.hint or "")


def test_a_user_that_is_unknown_is_a_refused_login(desk: Desk) -> None:
    assert fault(desk, username="nobody-of-that-name").code == "login-refused"


def test_a_key_that_the_server_does_not_know_is_a_refused_login(desk: Desk, evil: Sshd) -> None:
    assert fault(desk, key_file=evil.key).code == "login-refused"


def test_a_password_opens_the_door(desk: Desk) -> None:
    if os.geteuid() != 0:
        need("root, to make a user with a password")
    desk.work.parent.chmod(0o755)
    with throwaway_user() as (name, password):
        desk.remote = Path("/etc")
        got = desk.fetch("passwd", username=name, key_file=None, password=secret(password))
    assert got.size > 0


@pytest.mark.parametrize("form", ["RFC4716", "PEM"])
@pytest.mark.parametrize(
    ("lock", "given", "says", "advice"),
    [
        ("open sesame", "open sesame", None, None),
        ("open sesame", "wrong", "cannot be opened", "check the passphrase, and"),
        ("open sesame", None, "is locked with a passphrase, and the job gives none", "source.passphrase"),
        ("open sesame", "", "is locked with a passphrase, and the job gives none", "source.passphrase"),
        ("", "open sesame", "is not locked, and the job gives a passphrase", "take source.passphrase out"),
        ("", "", None, None),
    ],
)
def test_a_key_and_its_passphrase_fit_or_the_message_says_which_is_too_much(
    desk: Desk, form: str, lock: str, given: str | None, says: str | None, advice: str | None
) -> None:
    key = desk.work.parent / "key"
    make = ["ssh-keygen", "-q", "-t", "ecdsa", "-m", form, "-N", lock, "-f", str(key)]
    subprocess.run(make, check=True, capture_output=True)
    refused = fault(desk, key_file=key, passphrase=None if given is None else secret(given))
    if says is None or advice is None:
        assert refused.code == "login-refused"  # the key was opened, and the server does not know it
        return
    assert (refused.code, refused.retry) == ("key-file", False)
    assert says in refused.text
    assert advice in str(refused.hint)


def test_a_locked_key_opens_the_door_with_its_passphrase(desk: Desk) -> None:
    locked = desk.work.parent / "locked"
    locked.write_bytes(desk.server.key.read_bytes())
    locked.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "open sesame", "-f", str(locked)], check=True, capture_output=True)
    desk.write(b"a\n1\n")
    assert desk.fetch(key_file=locked, passphrase=secret("open sesame")).size == 4


@pytest.mark.parametrize("what", ["absent", "a folder", "no key", "readable by others"])
def test_a_key_file_that_cannot_be_used_is_told_before_any_connection(desk: Desk, what: str) -> None:
    key = desk.work.parent / "key"
    if what == "a folder":
        key.mkdir()
    elif what == "no key":
        key.write_text("no key at all")
        key.chmod(0o600)
    elif what == "readable by others":
        key.write_bytes(desk.server.key.read_bytes())
        key.chmod(0o644)
    refused = fault(desk, key_file=key, port=1)
    assert (refused.code, refused.retry) == ("key-file", False)


def unusual_key(desk: Desk, kind: str) -> Path:
    """A private key that is whole and of a kind that the SSH library does not work with."""
    key = desk.work.parent / kind
    key.write_bytes(UNUSUAL_KEYS[kind]())
    key.chmod(0o600)
    return key


@pytest.mark.parametrize("kind", ["dsa", "ed448", "x25519", "security key"])
@pytest.mark.filterwarnings("error")
def test_a_key_of_a_kind_that_cannot_be_used_says_which_kind_to_make(desk: Desk, kind: str) -> None:
    refused = fault(desk, key_file=unusual_key(desk, kind), port=1)
    assert (refused.code, refused.retry) == ("key-file", False)
    assert "of a kind that" in refused.text
    assert "ssh-keygen -t ed25519" in str(refused.hint)


@pytest.mark.parametrize("content", [b"garbage\n", b"\xff\xfe", b"ssh-rsa AAAAB3NzaC1yc2E= of another key\n"])
def test_a_broken_certificate_beside_a_good_key_is_named(desk: Desk, content: bytes) -> None:
    key = desk.work.parent / "key"
    key.write_bytes(desk.server.key.read_bytes())
    key.chmod(0o600)
    certificate = desk.work.parent / "key-cert.pub"
    certificate.write_bytes(content)
    refused = fault(desk, key_file=key, port=1)
    assert refused.code == "key-file"
    assert f"the certificate {certificate}" in refused.text
    assert "passphrase" not in str(refused.hint)


def test_a_closed_port_may_open_again(desk: Desk) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        refused = fault(desk, port=held.getsockname()[1])
    assert (refused.code, refused.retry) == ("network", True)


def test_a_name_that_is_unknown_may_become_known(desk: Desk) -> None:
    refused = fault(desk, host="sis.invalid")
    assert (refused.code, refused.retry) == ("host-unknown", True)


@pytest.mark.parametrize("host", ["sis..example.org", "s" * 64 + ".example.org"])
def test_a_name_that_can_be_nobodys_is_unknown(desk: Desk, host: str) -> None:
    refused = fault(desk, host=host)
    assert (refused.code, refused.retry) == ("host-unknown", False)


@pytest.mark.parametrize("talk", [silent, banner_only])
def test_a_server_that_is_silent_before_the_login_is_said_to_be(desk: Desk, talk: Callable[[socket.socket], object]) -> None:
    with listening(talk) as port:
        assert "did not answer within" in fault(desk, port=port, timeout=SHORT).text
        with pytest.raises(SourceError, match="did not answer within"):
            sftp_session.offered_key(desk.place(port=port, timeout=SHORT))


@pytest.mark.parametrize("talk", [silent, banner_only, no_ssh])
def test_a_server_that_does_not_speak_ssh_is_left_soon(desk: Desk, talk: Callable[[socket.socket], object]) -> None:
    with listening(talk) as port:
        begun = time.monotonic()
        refused = fault(desk, port=port, timeout=SHORT)
    assert (refused.code, refused.retry) == ("network", True)
    assert time.monotonic() - begun < 20  # a few timeouts of a second, where the server would have it wait for a minute


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """The loggers whose words reach the root, where a program without a log of its own prints them."""
    names: list[str] = []

    class Root(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            names.append(record.name)

    root = Root()
    logging.getLogger().addHandler(root)
    yield names
    logging.getLogger().removeHandler(root)


def test_the_librarys_own_traceback_of_a_silent_server_is_not_printed(desk: Desk, logged: list[str]) -> None:
    with listening(silent) as port:
        fault(desk, port=port, timeout=SHORT)
    assert logged == []


def test_a_call_that_nobody_answers_ends_with_the_timeout(desk: Desk) -> None:
    """A listener whose queue is full drops further calls, as a firewall would."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        callers = [socket.socket() for _ in range(4)]
        for caller in callers:
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        refused = fault(desk, port=listener.getsockname()[1], timeout=SHORT)
        for caller in callers:
            caller.close()
    assert (refused.code, refused.retry) == ("network", True)


def test_a_file_that_is_missing_may_still_come(desk: Desk) -> None:
    refused = fault(desk)
    assert (refused.code, refused.retry) == ("source-missing", True)


def test_a_name_in_another_case_is_named(desk: Desk) -> None:
    desk.write(b"a\n1\n", "Patrons.CSV")
    assert "there is Patrons.CSV; upper and lower case differ" in str(fault(desk).hint)


def test_a_name_that_is_alike_is_not_said_to_differ_in_case(desk: Desk) -> None:
    desk.write(b"a\n1\n", "patrons.cvs")
    assert str(fault(desk).hint) == "there is patrons.cvs; check the name in source.file"


def test_a_missing_file_is_told_beside_a_name_that_is_no_utf_8(desk: Desk) -> None:
    desk.write(b"a\n1\n", "Patrons.csv")
    (desk.remote / os.fsdecode(b"\xe9l\xe8ves.csv")).write_bytes(b"x")
    refused = fault(desk)
    assert refused.code == "source-missing"
    assert "there is Patrons.csv" in str(refused.hint)


def test_the_nearest_name_may_itself_be_no_utf_8(desk: Desk) -> None:
    (desk.remote / os.fsdecode(b"Patr\xf6ns.csv")).write_bytes(b"x")
    assert r"there is Patr\udcf6ns.csv" in str(fault(desk).hint)


def test_a_name_is_found_among_more_than_one_answer_holds(desk: Desk) -> None:
    for number in range(300):
        desk.write(b"", f"other-{number}.txt")
    desk.write(b"", "PATRONS.csv")
    assert "there is PATRONS.csv" in str(fault(desk).hint)


@pytest.mark.parametrize(
    "lines",
    [["Subsystem sftp /bin/false"], ["Subsystem sftp /bin/echo Welcome"], ["Subsystem sftp internal-sftp", "ForceCommand /bin/true"], []],
)
def test_a_server_that_takes_the_login_and_offers_no_sftp_says_so(desk: Desk, started: Callable[..., Sshd], lines: list[str]) -> None:
    server = started(sftp=lines)
    refused = fault(desk, port=server.port, host_keys=(server.fingerprint(),), key_file=server.key)
    assert (refused.code, refused.retry) == ("no-sftp", False)
    assert "the login worked" in refused.text
    assert "firewall" not in str(refused.hint)


@pytest.mark.parametrize("line", ["KexAlgorithms diffie-hellman-group1-sha1", "Ciphers chacha20-poly1305@openssh.com"])
def test_a_server_with_which_no_encryption_is_shared_is_not_blamed_on_the_network(
    desk: Desk, started: Callable[..., Sshd], line: str
) -> None:
    server = started(sftp=["Subsystem sftp internal-sftp", line])
    refused = fault(desk, port=server.port, host_keys=(server.fingerprint(),), key_file=server.key)
    assert (refused.code, refused.retry) == ("no-common-encryption", False)


@pytest.mark.parametrize("ways", ["publickey,password", "publickey,publickey"])
def test_a_key_that_is_half_of_a_login_is_not_taken_for_a_login(desk: Desk, started: Callable[..., Sshd], ways: str) -> None:
    server = started(passwords=True, sftp=["Subsystem sftp internal-sftp", f"AuthenticationMethods {ways}"])
    refused = fault(desk, port=server.port, host_keys=(server.fingerprint(),), key_file=server.key)
    assert (refused.code, refused.retry) == ("login-refused", False)
    assert "asks for a second proof" in refused.text


def test_a_command_in_place_of_sftp_that_says_nothing_is_left_after_the_timeout(desk: Desk, started: Callable[..., Sshd]) -> None:
    server = started(sftp=["Subsystem sftp internal-sftp", "ForceCommand /bin/sleep 60"])
    refused = fault(desk, port=server.port, host_keys=(server.fingerprint(),), key_file=server.key, timeout=timedelta(seconds=2))
    assert (refused.code, refused.retry) == ("network", True)
    assert "the login worked" in refused.text


def test_a_line_that_is_cut_after_the_login_may_come_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import fabric

    def cut(connection: Any) -> Any:
        connection.client.close()
        raise EOFError

    monkeypatch.setattr(fabric.Connection, "sftp", cut)
    refused = fault(desk)
    assert (refused.code, refused.retry) == ("network", True)


def test_a_folder_that_is_missing_is_named(desk: Desk) -> None:
    refused = fault(desk, folder=f"{desk.remote}/nowhere")
    assert refused.code == "source-missing"
    assert "there is no folder" in refused.text
    assert "nowhere" in refused.text


def test_a_folder_is_no_file(desk: Desk) -> None:
    (desk.remote / "patrons.csv").mkdir()
    refused = fault(desk)
    assert (refused.code, refused.retry) == ("source-not-a-file", False)


def test_a_file_larger_than_any_patron_file_is_not_begun(desk: Desk) -> None:
    with desk.write(b"").open("r+b") as file:
        file.truncate(2**40)
    refused = fault(desk)
    assert (refused.code, refused.retry) == ("source-too-big", False)


@pytest.mark.parametrize(
    ("error", "code", "retry"),
    [
        (PermissionError(errno.EACCES, "x"), "source-denied", False),
        (OSError("Failure"), "source-unreadable", True),
        (OSError(errno.ENOSPC, "x"), "disk-full", False),
        (ConnectionResetError(errno.ECONNRESET, "x"), "network", True),
        (EOFError(), "network", True),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), "network", True),
        (TimeoutError(), "network", True),
    ],
)
def test_what_arrives_from_the_library_has_a_code(desk: Desk, error: Exception, code: str, retry: bool) -> None:
    told = translated(error, desk.place())
    assert isinstance(told, SourceError)
    assert (told.code, told.retry) == (code, retry)


def test_a_bug_of_ours_is_not_dressed_up_as_a_fault_of_the_server(desk: Desk) -> None:
    with pytest.raises(ZeroDivisionError):
        translated(ZeroDivisionError(), desk.place())


def test_a_password_that_cannot_be_found_is_told_by_its_reference(desk: Desk) -> None:
    def missing() -> str:
        raise RunnerError("the environment variable TEST is not set", code="variable-missing")

    with pytest.raises(RunnerError, match="TEST is not set"):
        desk.fetch(key_file=None, password=Secret("${env:TEST}", missing))


def test_twenty_failed_logins_leave_no_thread_and_no_descriptor(desk: Desk) -> None:
    wrong: dict[str, Any] = {"key_file": None, "password": secret("wrong"), "username": "nobody-of-that-name"}
    fault(desk, **wrong)
    before = _settled()
    for _ in range(20):
        fault(desk, **wrong)
    after = _settled()
    assert after[0] <= before[0]
    assert after[1] <= before[1]


def test_the_password_does_not_outlive_the_login(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    whole = sftp_session._connection

    def watched(place: Sftp) -> Any:
        made.append(whole(place))
        return made[-1]

    monkeypatch.setattr(sftp_session, "_connection", watched)
    desk.write(b"a\n1\n")
    fault(desk, key_file=None, password=secret("canary-password"))
    desk.fetch()
    assert [connection.connect_kwargs for connection in made] == [{}, {}]


@pytest.mark.alone
@pytest.mark.parametrize("moment", ["before the channel", "in the transfer"])
def test_a_frozen_server_ends_the_run_within_twice_the_timeout_and_two_seconds(
    desk: Desk, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(bytes(8 << 20))
    frozen: list[tuple[float, int]] = []

    def freeze(*_: object) -> None:
        if not frozen:
            frozen.append((time.monotonic(), desk.server.signal_sessions(signal.SIGSTOP)))

    if moment == "before the channel":
        import fabric

        whole = fabric.Connection.sftp

        def freeze_first(connection: Any) -> Any:
            freeze()
            return whole(connection)

        monkeypatch.setattr(fabric.Connection, "sftp", freeze_first)
    try:
        refused = fault(desk, timeout=timedelta(seconds=1.5), progress=freeze)
    finally:
        took = time.monotonic() - frozen[0][0]
        desk.server.signal_sessions(signal.SIGKILL)
    assert (refused.code, refused.retry) == ("network", True)
    assert took < 2 * 1.5 + stretched(2)


def test_a_deadline_ends_a_transfer_that_crawls(desk: Desk) -> None:
    """The whole file would take two minutes: no machine is too fast for this, and a slow one only begins it later."""
    desk.write(bytes(8 << 20))
    slow = threading.Event()
    with listening(_slowly(desk, slow, 4096, 0.06)) as port:
        begun = time.monotonic()
        refused = fault(desk, port=port, timeout=timedelta(seconds=5), deadline=DEADLINE)
    assert slow.is_set()
    assert (refused.code, refused.retry) == ("deadline", True)
    assert time.monotonic() - begun < DEADLINE.total_seconds() + stretched(10)


def test_a_server_that_sends_a_byte_now_and_then_cannot_stretch_the_deadline(desk: Desk) -> None:
    """Each byte starts the channel's own timeout anew, so the deadline has to cut the line."""
    desk.write(bytes(1 << 20))
    slow = threading.Event()
    with listening(_slowly(desk, slow, 64, 0.3)) as port:
        begun = time.monotonic()
        refused = fault(desk, port=port, deadline=DEADLINE)
    assert slow.is_set()
    assert refused.code == "deadline"
    assert time.monotonic() - begun < DEADLINE.total_seconds() + stretched(10)


def test_a_quiet_time_that_the_deadline_does_not_allow_ends_at_once(desk: Desk) -> None:
    desk.write(b"a\n1\n")
    begun = time.monotonic()
    refused = fault(desk, complete=Complete(quiet=timedelta(hours=1)), deadline=timedelta(minutes=1))
    assert (refused.code, refused.retry) == ("source-changing", True)
    assert time.monotonic() - begun < 40


def _settled() -> tuple[int, int]:
    """How many threads and descriptors this process has, once those that are ending have ended."""
    seen = -1, -1
    while seen != (seen := (threading.active_count(), len(os.listdir("/proc/self/fd")))):  # noqa: PTH208
        time.sleep(0.3)
    return seen


def _slowly(desk: Desk, slow: threading.Event, size: int, pause: float) -> Callable[[socket.socket], None]:
    """A line to the server that after a log-in's worth of bytes (`slow` is set then) lets so many bytes through at a time."""

    def talk(line: socket.socket) -> None:
        with suppress(OSError), line, socket.create_connection(("127.0.0.1", desk.server.port)) as far:
            threading.Thread(target=_pass_on, args=(line, far), daemon=True).start()
            passed = 0
            while block := far.recv(4096 if passed < _LOG_IN else size):
                line.sendall(block)
                passed += len(block)
                if passed >= _LOG_IN:
                    slow.set()
                    time.sleep(pause)

    return talk


def _pass_on(here: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while block := here.recv(4096):
            there.sendall(block)
