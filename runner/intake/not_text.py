"""Files that are something else under the name of a CSV: told by their first bytes, named, and never unpacked."""

from __future__ import annotations

from runner.intake import refusals

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook (.xlsx)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"%PDF-", "a PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file, such as Excel's .xls"),
    (b"\x7fELF", "a program"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"SQLite format 3\x00", "a database"),
    (b"PAR1", "a Parquet file"),
    (b"{\\rtf", "a word processor's document (RTF)"),
)


def refuse_what_is_no_text(start: bytes) -> None:
    """Raises FileRefused (file-not-text) where the first bytes are those of a known other format, and names it."""
    for mark, name in _STARTS:
        if start.startswith(mark):
            raise refusals.not_text(name)


def looks_like(text: str) -> str | None:
    """What a first line is instead of a header, in words; None where it may be one."""
    start = text.lstrip("\ufeff \t").casefold()
    if start.startswith(("<!doctype", "<html", "<head", "<?xml", "<")):
        return "a web page or XML, perhaps a log-in page saved under this name"
    if start.startswith(("{", "[")):
        return "JSON, perhaps an error message saved under this name"
    if start.startswith("-----begin"):
        return "an encrypted or signed message"
    return None
