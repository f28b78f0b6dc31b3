"""Passwords and keyed fingerprints: the key file, HMAC-SHA-256, and salted scrypt hashes made in threads.

A clear password lives in memory only, from the mapping to the hash. The key never enters the store, a backup or a run folder.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from runner.errors import RunnerError
from runner.run.places import make_private
from runner.run.progress import Stage

_SCRYPT = {"n": 2**14, "r": 8, "p": 1}
HASHES = pl.Schema({"ref": pl.UInt32, "password_hash": pl.String, "password_mac": pl.String})


def load_key(path: Path, *, create: bool) -> bytes:
    """The 256-bit key of this district's fingerprints; made at the first use when `create`, else a passing one that equals nothing.

    Raises RunnerError when others can read the file or it is damaged."""
    try:
        if path.stat().st_mode & 0o077:
            raise RunnerError(f"others can read the key file {path}", f"chmod 600 {path}", code="key-file-open")
        key = path.read_bytes()
    except FileNotFoundError:
        return _make_key(path) if create else secrets.token_bytes(32)
    if len(key) != 32:
        raise RunnerError(
            f"the key file {path} is damaged", "put it back from a backup; without it every password counts as changed", code="key-file"
        )
    return key


def text_mac(key: bytes) -> Callable[[pl.Series], pl.Series]:
    """A function that gives the keyed fingerprint of each text (base64 of HMAC-SHA-256), null for null."""

    def fingerprint(texts: pl.Series) -> pl.Series:
        made = [None if each is None else _mac(key, each) for each in texts.to_list()]
        return pl.Series(texts.name, made, dtype=pl.String)

    return fingerprint


def record_mac(key: bytes) -> Callable[[pl.DataFrame], pl.Series]:
    """A function that gives the keyed fingerprint of each record of a frame: its values, wherever in the file it stands, and in whatever
    form their letters come."""

    def fingerprint(records: pl.DataFrame) -> pl.Series:
        ordered = records.select(sorted(set(records.columns) - {"line", "row_hash"}))
        texts = ordered.select(pl.struct(pl.all()).struct.json_encode().alias("record"))["record"]
        return text_mac(key)(texts.str.normalize("NFC"))

    return fingerprint


def hash_passwords(passwords: pl.DataFrame, stage: Stage) -> pl.DataFrame:
    """Salted scrypt hashes (HASHES) of clear passwords: takes `ref`, `password`, `password_mac`. About 0.07 s each, on all cores."""
    clear = passwords["password"].to_list()
    made: list[str] = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        for number, each in enumerate(threads.map(scrypt_hash, clear), start=1):
            made.append(each)
            stage.advance(number, len(clear))
    return passwords.select("ref", password_hash=pl.Series(made, dtype=pl.String), password_mac="password_mac").cast(HASHES)


def scrypt_hash(clear: str) -> str:
    """`scrypt$n$r$p$salt$hash` with a fresh 16-byte salt; salt and hash in base64."""
    salt = secrets.token_bytes(16)
    made = hashlib.scrypt(clear.encode(), salt=salt, **_SCRYPT, dklen=32)
    return f"scrypt${_SCRYPT['n']}${_SCRYPT['r']}${_SCRYPT['p']}${_text(salt)}${_text(made)}"


def scrypt_matches(clear: str, stored: str) -> bool:
    """Whether `stored` is a hash of `clear`, compared in constant time."""
    _, n, r, p, salt, wanted = stored.split("$")
    made = hashlib.scrypt(clear.encode(), salt=base64.b64decode(salt), n=int(n), r=int(r), p=int(p), dklen=32)
    return hmac.compare_digest(made, base64.b64decode(wanted))


def _make_key(path: Path) -> bytes:
    make_private(path.parent)
    key = secrets.token_bytes(32)
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key


def _mac(key: bytes, text: str) -> str:
    return _text(hmac.new(key, text.encode(), hashlib.sha256).digest())


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
