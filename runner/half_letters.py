"""Bytes that are not UTF-8, where the system hands them over as text: words of a command line, variables, an account's name."""

from __future__ import annotations


def has_half_letters(text: str) -> bool:
    """Whether some of the text were such bytes: they arrive as half letters, which no store, page or file can take."""
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)


def escaped(text: str) -> str:
    """The text with its half letters as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
