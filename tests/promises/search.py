"""Looking for a word in everything that a command made: files' bytes as they are, and unpacked where they are packed."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl


def forms(word: str) -> list[bytes]:
    """The forms in which a word would betray itself: as text, as UTF-16, in base64 and hex, and as a hash that anybody can repeat."""
    plain = word.encode()
    digests = [hashlib.new(name, plain).hexdigest() for name in ("md5", "sha1", "sha256")]
    return [
        plain,
        word.encode("utf-16-le"),
        base64.b64encode(plain).rstrip(b"=")[:-1],
        plain.hex().encode(),
        *(digest.encode() for digest in digests),
        *(bytes.fromhex(digest) for digest in digests),
    ]


def holders(folder: Path, words: Iterable[str], *, but: Iterable[Path] = ()) -> list[str]:
    """The files below `folder` that hold one of the words in any form, with the word; `but` are files that may."""
    left_out = {path.resolve() for path in but}
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink() and path.resolve() not in left_out]
    return [
        f"{path.relative_to(folder)}: {word}"
        for path in files
        for layer in _layers(path.read_bytes())
        for word in words
        if any(form in layer for form in forms(word))
    ]


def _layers(raw: bytes) -> Iterator[bytes]:
    yield raw
    if raw.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            for name in packed.namelist():
                inner = packed.read(name)
                yield inner
                if name.endswith(".arrow"):  # compressed inside
                    yield pl.read_ipc(inner).write_ndjson().encode()
