"""Passwords and keyed fingerprints: the key file, HMAC-SHA-256, and salted scrypt hashes made in threads.

A clear password lives in memory only, from the mapping to the hash. The key never enters the store, a backup or a run folder.
(docs/decisions/0807-whose-key-it-is.md)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import polars as pl

from runner.errors import RunnerError
from runner.frames import messages_from
from runner.job.model import District, Job
from runner.report.write import write_files
from runner.run.places import make_private
from runner.run.progress import Stage
from runner.store.key_proof import Proven, holds_fingerprints, keep_proof, proven
from runner.store.store import Store

_SCRYPT = {"n": 2**14, "r": 8, "p": 1}
_LENGTH = 32
_LOST = "where it is lost for good, type: runner run JOB --accept-key REASON"
HASHES = pl.Schema({"ref": pl.UInt32, "password_hash": pl.String, "password_mac": pl.String})


def key_of_a_run(store: Store, job: Job, file: Path, *, create: bool, accept: bool = False) -> bytes:
    """The key for a run of the job: `fingerprint_key`. A circulation job tells nothing by it, and gets one that equals nothing."""
    if job.kind == "circulation":
        return secrets.token_bytes(_LENGTH)
    return fingerprint_key(store, job.district, file, create=create, accept=accept)


def fingerprint_key(store: Store, district: District, file: Path, *, create: bool, accept: bool = False) -> bytes:
    """The 256-bit key of the district's fingerprints: the one that district.yaml names, else that of the key `file`.

    With `create` a missing file is made; else a passing key that equals nothing stands for it. Raises RunnerError: what `given_key` raises,
    and `fingerprint-key-other` where fingerprints in the store were made with another key and nobody accepts that."""
    given, known = _given(district, file, accept=accept), proven(store)
    if not accept and _is_another(store, given, known):
        raise _another(district, file, lost=given is None)
    return given or (_make_key(file) if create else secrets.token_bytes(_LENGTH))


def prove_key(store: Store, job: Job, key: bytes) -> None:
    """Leaves the store a proof of the `key_of_a_run` that its fingerprints are made with from now on. Call it under the lock, and once
    nothing of the input can keep the run from its commit: another key that was accepted for nothing must not shut out the right one."""
    if job.kind == "circulation":
        return
    known = proven(store)
    if known.proof != _proof(key, known.store_id):
        keep_proof(store, _proof(key, known.store_id))


def key_note(store: Store, job: Job, file: Path, accepted: str | None) -> pl.DataFrame:
    """The message that a person took another key (frames.MESSAGES), with the reason: one row, or none where the key is the store's own.
    To be asked before `prove_key`, which makes it that. Raises as `given_key` does."""
    asked = accepted is not None and job.kind != "circulation"
    taken = asked and _is_another(store, _given(job.district, file, accept=True), proven(store))
    rows = pl.DataFrame({"why": [accepted] if taken else []}, schema={"why": pl.String})
    text = pl.format("the key of the fingerprints is another, and was accepted: {}", pl.col("why"))
    return messages_from(rows, "key-accepted", "warning", text, line=pl.lit(None))


def _given(district: District, file: Path, *, accept: bool) -> bytes | None:
    """As `given_key`; a damaged key file is set aside where a person accepts another key."""
    if accept and district.fingerprint_key is None:
        with suppress(FileNotFoundError):
            if file.stat().st_size != _LENGTH:
                file.replace(file.with_name(f"{file.name}.damaged"))
    return given_key(district, file)


def _is_another(store: Store, given: bytes | None, known: Proven) -> bool:
    """Whether fingerprints in the store were made with another key than the one that is given."""
    return (given is None or known.proof not in (None, _proof(given, known.store_id))) and holds_fingerprints(store)


def given_key(district: District, file: Path) -> bytes | None:
    """The key that district.yaml names, or that of the key `file`; None where there is no such file yet.

    Raises RunnerError: `key-file-open`, `fingerprint-key` for something else than a key, and where its reference cannot be followed."""
    if district.fingerprint_key is not None:
        try:
            key = base64.b64decode(district.fingerprint_key.reveal().strip(), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != _LENGTH:
            hint = "it must be 32 bytes in base64: `openssl rand -base64 32` makes a new one, and `base64 FILE` shows that of a key file"
            raise RunnerError("what `fingerprint_key` in district.yaml stands for is no key", hint, code="fingerprint-key")
        return key
    try:
        if file.stat().st_mode & 0o077:
            raise RunnerError(f"others can read the key file {file}", f"chmod 600 {file}", code="key-file-open")
        key = file.read_bytes()
    except FileNotFoundError:
        return None
    if len(key) != _LENGTH:
        raise RunnerError(f"the key file {file} is damaged", f"put it back from a backup; {_LOST}", code="fingerprint-key")
    return key


def _another(district: District, file: Path, *, lost: bool) -> RunnerError:
    where = file if district.fingerprint_key is None else f"{district.path}, `fingerprint_key`,"
    text = f"the key {where} is not there" if lost else f"the key {where} is another"
    return RunnerError(
        f"{text}: the fingerprints of passwords or of removed records in the store were made with one that is not at hand",
        f"put it back from a backup, or give each machine the same by `fingerprint_key` in district.yaml; {_LOST}",
        code="fingerprint-key-other",
    )


def _proof(key: bytes, store_id: str) -> str:
    return _mac(key, f"the key of the store {store_id}")


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
    key = secrets.token_bytes(_LENGTH)
    write_files(path.parent, {path.name: key})  # whole or not at all: half a key on a full disk would stop every run after it
    return key


def _mac(key: bytes, text: str) -> str:
    return _text(hmac.new(key, text.encode(), hashlib.sha256).digest())


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
