"""The hash by which a file of people's is recognised."""

from __future__ import annotations

from hashlib import sha256


def content_hash(raw: bytes) -> str:
    """SHA-256 of a file's bytes, in hex."""
    return sha256(raw).hexdigest()
