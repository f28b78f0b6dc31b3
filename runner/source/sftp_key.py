"""The private key that a job names, parsed before any connection, so that each fault of it has its own sentence."""

from __future__ import annotations

import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import RunnerError, SourceError
from runner.job.model import Sftp
from runner.job.secret import read_private_file

if TYPE_CHECKING:
    from paramiko import PKey


def private_key(place: Sftp) -> PKey:
    """The job's key, with the certificate that lies beside it, if any. Raises SourceError key-file."""
    import paramiko
    from cryptography.exceptions import UnsupportedAlgorithm
    from paramiko.pkey import UnknownKeyType

    key = place.key_file
    assert key is not None
    passphrase = (place.passphrase.reveal().encode() if place.passphrase else b"") or None
    try:
        read_private_file(key)  # not for its text: it must be a plain file that nobody else can read
    except RunnerError as error:
        raise SourceError(error.text.replace("secret file", "key file"), error.hint, code="key-file") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old kinds of keys: they are refused below
            return paramiko.PKey.from_path(key, passphrase)  # type: ignore[arg-type]  # it hands bytes on, and text would fail
    except (UnknownKeyType, UnsupportedAlgorithm):
        raise _of_another_kind(key) from None
    except (TypeError, ValueError, OSError, paramiko.SSHException) as error:
        raise _certificate_broken(key) if _in_the_certificate(error) else _cannot_be_opened(key, error, passphrase) from None


def _in_the_certificate(error: Exception) -> bool:
    """Whether the key itself was opened: the library reads the certificate after it, and its errors do not say of which they are."""
    return any(frame.name == "load_certificate" for frame in traceback.extract_tb(error.__traceback__))


def _of_another_kind(key: Path) -> SourceError:
    return SourceError(
        f"the key {key} is of a kind that this program cannot use (it knows Ed25519, ECDSA and RSA)",
        "make a new one with ssh-keygen -t ed25519 -f NEWKEY, let the server's keeper add NEWKEY.pub, and name NEWKEY in key_file",
        code="key-file",
    )


def _certificate_broken(key: Path) -> SourceError:
    return SourceError(
        f"the certificate {key}-cert.pub beside the key cannot be used: it is damaged, unreadable, or belongs to another key",
        "get it anew from whoever signs the keys, or take it away if the server does not ask for one",
        code="key-file",
    )


def _cannot_be_opened(key: Path, error: Exception, passphrase: bytes | None) -> SourceError:
    text, kind = (
        f"the key {key} cannot be opened",
        "that it is a private key as OpenSSH writes it (ssh-keygen -p -f KEY brings others there)",
    )
    if isinstance(error, TypeError):  # the library's way to say that there is a passphrase too many or too few
        if passphrase:
            hint = "take source.passphrase out of the job, or lock the key with it: ssh-keygen -p -f KEY"
            return SourceError(f"the key {key} is not locked, and the job gives a passphrase for it", hint, code="key-file")
        hint = "let source.passphrase say where its passphrase stands, such as ${file:/run/secrets/NAME}"
        return SourceError(f"the key {key} is locked with a passphrase, and the job gives none", hint, code="key-file")
    return SourceError(text, f"check the passphrase, and {kind}" if passphrase else f"check {kind}", code="key-file")
