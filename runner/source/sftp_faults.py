"""What goes wrong with an SFTP server, in our own words: a code, a sentence, what to do, and whether waiting may help."""

from __future__ import annotations

import errno
import socket
import traceback

from msgspec import Struct

from runner.counted import seconds
from runner.errors import RunnerError, SourceError
from runner.job.model import Sftp
from runner.source.fetched import shown

_UNANSWERED = ("Authentication timeout", "Authentication failed: transport shut down")  # the library's words where no answer came
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class OfferedKey(Struct, frozen=True):
    """The key that a server showed: its type and `SHA256:...` fingerprint, to compare and paste."""

    kind: str
    fingerprint: str


class HostKeyRefused(SourceError):
    """The server showed a key that the job does not trust. `offered` is that key; no login was tried."""

    def __init__(self, text: str, hint: str, offered: OfferedKey) -> None:
        super().__init__(text, hint, code="host-key-refused")
        self.offered = offered


def translated(error: BaseException, place: Sftp) -> RunnerError:
    """A fault of paramiko or of the network as a SourceError. Whatever is neither (a bug of ours) is raised as it is."""
    import paramiko
    from paramiko.ssh_exception import IncompatiblePeer

    if isinstance(error, RunnerError):
        return error
    if isinstance(error, paramiko.BadHostKeyException):
        return wrong_key(place, OfferedKey(error.key.get_name(), error.key.fingerprint))
    if isinstance(error, paramiko.AuthenticationException) and str(error).startswith(_UNANSWERED):
        return login_unanswered(place)
    if isinstance(error, paramiko.AuthenticationException) or "No authentication methods" in str(error):
        return SourceError(
            f"{where(place)} refused the login of {shown(place.username)}",
            "check username and password or key; it is not tried again, for repeated failures lock accounts",
            code="login-refused",
        )
    if isinstance(error, IncompatiblePeer):
        return SourceError(
            f"{where(place)} and this program have no way of encryption in common: what the server offers is too old, or too new",
            "ask the server's keeper to bring it up to date, and see whether there is a newer version of this program",
            code="no-common-encryption",
        )
    if isinstance(error, UnicodeError) and "'idna' codec" in str(error):
        return _unknown_host(place, retry=False)  # no name at all: an empty part, or one of more than 63 letters
    if isinstance(error, OSError):
        return _of_the_system(error, place)
    if isinstance(error, EOFError | UnicodeError | paramiko.SSHException | paramiko.SFTPError):
        return _broken_off(error, place)
    if _inside_the_library(error):
        return _broken_off(error, place)
    raise error


def _inside_the_library(error: BaseException) -> bool:
    """Whether the library itself tripped over what a server sent: short messages and false signatures are errors of any kind there."""
    frames = [frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__)]
    return isinstance(error, Exception) and bool(frames) and frames[-1].partition(".")[0] in ("paramiko", "cryptography")


def where(place: Sftp) -> str:
    """The server for people: host and port."""
    host = shown(place.host)
    return f"[{host}]:{place.port}" if ":" in host else f"{host}:{place.port}"


def wrong_key(place: Sftp, offered: OfferedKey) -> HostKeyRefused:
    """The refusal of a server, with the fingerprint to compare."""
    return HostKeyRefused(
        f"{where(place)} showed the {offered.kind} key {offered.fingerprint}, which the job does not trust; no login was tried",
        f"ask the server's keeper for its fingerprint; only if it is this one, write host_key: {offered.fingerprint}",
        offered,
    )


def damaged_known_hosts(place: Sftp, error: Exception) -> SourceError:
    """The known_hosts file cannot be used as a whole; the line is named where the library says which."""
    line = getattr(error, "line", None)
    which = "" if line is None else f": a line that starts with {shown(str(line))[:24]!r}"
    return SourceError(
        f"{place.known_hosts} cannot be used{which}",
        "lines with @revoked, @cert-authority or broken keys are not understood; keep the server's plain lines only, or pin host_key",
        code="known-hosts",
    )


def deadline_passed(place: Sftp) -> SourceError:
    """The deadline came before the file was here."""
    return SourceError(
        f"{where(place)} was too slow: the deadline of {seconds(place.deadline.total_seconds())} passed before the file was here",
        "raise source.deadline, or look at the line",
        code="deadline",
        retry=True,
    )


def login_unanswered(place: Sftp) -> SourceError:
    """The server let the time of an answer pass, or hung up, after a key or password was shown: that may have been a refusal."""
    hint = (
        "give the agent the job's key only, for it offers one after the other, and many servers hang up at the sixth; or name key_file"
        if place.agent
        else "see what the server's log says of it; it is not tried again, for it may have been a refusal, and repeated ones lock accounts"
    )
    text = f"{where(place)} neither took nor refused the login of {shown(place.username)}: it hung up, or did not answer in time"
    return SourceError(text, hint, code="login-unanswered")


def second_proof(place: Sftp) -> SourceError:
    """The key or password was taken, and the server wants something more, most often what a person has to type."""
    taken = "password" if place.password is not None else "key"
    return SourceError(
        f"{where(place)} took the {taken} of {shown(place.username)} and asks for a second proof beside it, such as a code",
        f"ask the server's keeper to let this user in by {taken} alone: nobody is there to type when the job runs",
        code="login-refused",
    )


def no_sftp(place: Sftp) -> SourceError:
    """The login worked, the line stands, and no SFTP answers on it."""
    return SourceError(
        f"the login worked, but {where(place)} does not offer SFTP to {shown(place.username)}",
        "ask the server's keeper to allow SFTP for this user: an SFTP subsystem, no other command, no words of a login script before it",
        code="no-sftp",
    )


def no_sftp_in_time(place: Sftp) -> SourceError:
    """The login worked, and then nothing came: the server hangs, or runs something else that waits for words."""
    return SourceError(
        f"the login worked, but {where(place)} did not begin SFTP within {seconds(place.timeout.total_seconds())}",
        "see whether the server is well, and whether it offers SFTP to this user with no other command before it",
        code="network",
        retry=True,
    )


def _unknown_host(place: Sftp, *, retry: bool) -> SourceError:
    hint = "check the host in source.url, and this machine's DNS"
    return SourceError(f"the name {shown(place.host)} is unknown", hint, code="host-unknown", retry=retry)


def _of_the_system(error: OSError, place: Sftp) -> SourceError:
    if isinstance(error, socket.gaierror):
        return _unknown_host(place, retry=True)
    if isinstance(error, TimeoutError):
        hint = "see whether the server is up"
        return SourceError(
            f"{where(place)} did not answer within {seconds(place.timeout.total_seconds())}", hint, code="network", retry=True
        )
    if isinstance(error, PermissionError):
        text = f"{where(place)} does not let {shown(place.username)} read the file"
        return SourceError(text, "ask the server's keeper for the right to read", code="source-denied")
    if error.errno in _NO_ROOM:
        return SourceError("there is no room for a copy of the file", "free some space where var/ lies", code="disk-full")
    if type(error) is OSError and error.errno is None and not isinstance(error, ConnectionError):
        hint = "look at the server's disk and log; it gave no reason"
        return SourceError(f"{where(place)} failed to hand out the file", hint, code="source-unreadable", retry=True)
    return _broken_off(error, place)


def _broken_off(error: BaseException, place: Sftp) -> SourceError:
    return SourceError(
        f"the connection to {where(place)} failed ({type(error).__name__})",
        "see whether host and port are right, the server is up and no firewall stands between",
        code="network",
        retry=True,
    )
