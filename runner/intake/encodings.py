"""From a file of a declared encoding to pieces of UTF-8, strictly; the encoding is never guessed.

All accepted encodings but UTF-16 are ASCII in their lower half, so a block that is all ASCII passes as it is.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

ENCODINGS: tuple[str, ...] = ("utf-8", "utf-16", "windows-1252", "mac-roman", "iso-8859-1")

_CODECS = {"utf-8": "utf-8", "windows-1252": "cp1252", "mac-roman": "mac_roman", "iso-8859-1": "latin-1"}
_UTF16_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Piece(NamedTuple):
    """`text` is UTF-8 and ends with a whole character; `same`: it is the very bytes that stand in the file at that place."""

    text: bytes
    same: bool


class Undecodable(Exception):
    """A place that the declared encoding cannot read. `offset` is the byte in the file, from 0; `before` is the text (UTF-8)
    of the failing block up to there."""

    def __init__(self, offset: int, before: bytes) -> None:
        super().__init__(offset)
        self.offset = offset
        self.before = before


class NulFound(Undecodable):
    """A NUL: decodable, and never text."""


class NoByteOrderMark(Exception):
    """UTF-16 without its mark: nothing says which byte of a pair comes first."""


def pieces(file: BinaryIO, encoding: str, block_size: int) -> Iterator[Piece]:
    """The file's text, block by block, without a byte order mark. Raises Undecodable, NulFound, NoByteOrderMark."""
    block = file.read(block_size)
    codec, skip = _codec(encoding, block)
    decoder = codecs.getincrementaldecoder(codec)("strict")
    passes = codec == "utf-8"
    same, offset, block = skip == 0 and encoding != "utf-16", skip, block[skip:]
    while True:
        waiting = decoder.getstate()[0]
        whole, starts_at = waiting + block, offset - len(waiting)
        if encoding != "utf-16" and (at := block.find(b"\0")) >= 0:
            raise NulFound(offset + at, _lenient(waiting + block[:at], codec))
        if not waiting and block.isascii() and encoding != "utf-16":
            text = block
        else:
            text = _step(decoder, whole, block, starts_at, codec)
            same = same and passes
        if encoding == "utf-16" and (at := text.find(b"\0")) >= 0:
            raise NulFound(starts_at + len(text[:at].decode("utf-8").encode(codec)), text[:at])
        yield Piece(text, same)
        offset += len(block)
        if not block:
            return
        block = file.read(block_size)


def begins_with_mark_of_utf_8(text: str, encoding: str) -> bool:
    """Whether a text that was read in an encoding of one byte a letter begins with what UTF-8's byte order mark looks like in it."""
    return encoding in _CODECS and encoding != "utf-8" and text.startswith(codecs.BOM_UTF8.decode(_CODECS[encoding]))


def _codec(encoding: str, start: bytes) -> tuple[str, int]:
    """The Python codec, and how many bytes of byte order mark to leave out."""
    if encoding != "utf-16":
        return _CODECS[encoding], len(codecs.BOM_UTF8) if encoding == "utf-8" and start.startswith(codecs.BOM_UTF8) else 0
    if start[:2] not in _UTF16_MARKS:
        raise NoByteOrderMark
    return _UTF16_MARKS[start[:2]], 2


def _step(decoder: codecs.IncrementalDecoder, whole: bytes, block: bytes, starts_at: int, codec: str) -> bytes:
    """The text of one block; an empty block is the end. For UTF-8 decoding is only a look: the bytes themselves go on."""
    try:
        text = decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        raise Undecodable(starts_at + error.start, _lenient(whole[: error.start], codec)) from None
    if codec == "utf-8":
        return whole[: len(whole) - len(decoder.getstate()[0])]
    return text.encode("utf-8")


def _lenient(good: bytes, codec: str) -> bytes:
    return good.decode(codec, "ignore").encode("utf-8")
