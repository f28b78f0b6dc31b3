"""A real OpenSSH server for one test: own folder, own keys, own configuration, a free port, and an end that is certain."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_PROGRAM = shutil.which("sshd") or next((path for path in ("/usr/sbin/sshd", "/usr/local/sbin/sshd") if Path(path).exists()), None)
_PATIENCE = 10.0
_SFTP = "Subsystem sftp internal-sftp"


class NoSshd(Exception):
    """This machine has no OpenSSH server."""


class Sshd:
    """The server, listening on 127.0.0.1:`port`. `user` may log in with `key`; `log` is what the server says.

    `sftp`: the lines of its configuration that offer SFTP, or do not."""

    def __init__(
        self, folder: Path, *, kinds: Sequence[str] = ("ed25519",), passwords: bool = False, sftp: Sequence[str] = (_SFTP,)
    ) -> None:
        if _PROGRAM is None:
            raise NoSshd("sshd (Debian: openssh-server)")
        self.folder = folder
        self.user = getpass.getuser()
        self.key = _new_key(folder / "login", "ed25519")
        self.host_keys = [_new_key(folder / f"host_{kind}", kind) for kind in kinds]
        (folder / "authorized_keys").write_bytes((folder / "login.pub").read_bytes())
        self.log = folder / "sshd.log"
        self.log.touch(mode=0o600)
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self.port = _free_port()
        self._start(passwords, sftp)

    def fingerprint(self, number: int = 0) -> str:
        """The SHA256:... of one of its host keys, as ssh-keygen prints it."""
        command = ["ssh-keygen", "-lf", f"{self.host_keys[number]}.pub"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[1]

    def known_hosts_line(self, number: int = 0) -> str:
        """One line of a known_hosts file for it."""
        kind, key, *_ = Path(f"{self.host_keys[number]}.pub").read_text().split()
        return f"[127.0.0.1]:{self.port} {kind} {key}\n"

    def said(self) -> str:
        """What the server has logged."""
        return self.log.read_text(errors="replace")

    def sessions(self) -> list[int]:
        """The processes that serve connections now."""
        return _descendants(self._process.pid)

    def signal_sessions(self, number: int) -> int:
        """Sends a signal to every session; gives how many there were."""
        found = self.sessions()
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        return len(found)

    def close(self) -> None:
        """Ends the server and every session of it."""
        self.signal_sessions(signal.SIGKILL)
        self._process.terminate()
        self._process.wait(_PATIENCE)

    def _start(self, passwords: bool, sftp: Sequence[str]) -> None:
        assert _PROGRAM is not None
        lines = [
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            *(f"HostKey {key}" for key in self.host_keys),
            f"AuthorizedKeysFile {self.folder / 'authorized_keys'}",
            f"PidFile {self.folder / 'sshd.pid'}",
            f"PasswordAuthentication {'yes' if passwords else 'no'}",
            *("KbdInteractiveAuthentication no", "UsePAM no", "StrictModes no", "PermitRootLogin yes", "MaxStartups 200"),
            *("LogLevel VERBOSE", "UseDNS no", "MaxAuthTries 6"),
            *sftp,
        ]
        config = self.folder / "sshd_config"
        config.write_text("\n".join(lines) + "\n")
        subprocess.run([_PROGRAM, "-t", "-f", str(config)], check=True, capture_output=True, timeout=30)
        command = [_PROGRAM, "-D", "-f", str(config), "-E", str(self.log)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ends = time.monotonic() + _PATIENCE
        while not _answers(self.port):
            assert self._process.poll() is None, self.said()
            assert time.monotonic() < ends, self.said()
            time.sleep(0.02)


@contextmanager
def throwaway_user() -> Iterator[tuple[str, str]]:
    """A user of this machine with a password, for the length of the block: name and password. Needs root."""
    name, password = f"sftptest{os.getpid()}", "Only-for-a-test-4711"
    hashed = subprocess.run(["openssl", "passwd", "-6", password], check=True, capture_output=True, text=True).stdout.strip()
    add = ["useradd", "--no-create-home", "--home-dir", "/", "--shell", "/bin/sh", "--password", hashed, name]
    subprocess.run(add, check=True, capture_output=True)
    try:
        yield name, password
    finally:
        # The server's session of this user may still be closing; a user left behind is no clean end.
        for _ in range(50):
            if subprocess.run(["userdel", "--force", name], check=False, capture_output=True).returncode in (0, 6):
                break
            time.sleep(0.1)


def _new_key(path: Path, kind: str) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "test", "-f", str(path)], check=True, capture_output=True)
    return path


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            return line.recv(4) == b"SSH-"
    except OSError:
        return False


def _descendants(pid: int) -> list[int]:
    """Every process below `pid`, from /proc, or from ps where there is none."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
    parents = dict(zip(map(int, listed[::2]), map(int, listed[1::2]), strict=True))
    found, level = [], [pid]
    while level:
        level = [child for child, parent in parents.items() if parent in level]
        found += level
    return found
