"""The hashes by which a file of people's is recognised."""

from __future__ import annotations

from hashlib import sha256
from typing import Any


def content_hash(raw: bytes) -> str:
    """SHA-256 of a file's bytes, in hex."""
    return sha256(raw).hexdigest()


def meaning_hash(raw: bytes, data: Any) -> str:
    """SHA-256, in hex, of a file's bytes and of what it says once its references were followed: the same file may say another thing when a
    variable changes. Secrets are no part of it: they stay references in `data` (runner.job.references.SECRET_KEYS). Whoever stores
    it makes it a keyed one first, for a value may be guessed."""
    return sha256(b"\0".join((raw, repr(data).encode("utf-8", "surrogatepass")))).hexdigest()
