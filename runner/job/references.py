"""`${env:NAME}` and `${file:PATH}` in a document: their syntax, their values, and secrets that stand in clear."""

from __future__ import annotations

import re
from typing import Any

from runner.errors import RunnerError
from runner.job.document import Document, Keys, dotted
from runner.job.secret import REFERENCE, TO_PASSWORD, VARIABLE_NAME, fill_in

# Values that stay references until the moment of use. (A test holds this against `writeOnly` in the schemas.)
SECRET_KEYS: frozenset[Keys] = frozenset({
    ("source", "password"), ("source", "passphrase"), ("store",), ("fingerprint_key",),
    ("notify", "email", "password"), ("notify", "webhook", "url"), ("notify", "ping", "url"),
})  # fmt: skip
_PASSWORD_IN_URL = re.compile(TO_PASSWORD + r"([^/\s@]+)@|://\S*[?&](?:ssl)?password=([^&\s]+)")
_PASSWORD_IN_WORDS = re.compile(r"\b(?:ssl)?password\s*=\s*(\S+)")  # a store as `host=... password=...`, which it never may be
_KEY_BLOCK = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")
_PATTERN_KEYS = ("find", "replace", "matches")  # here $ and { have meanings of their own


def check_references(document: Document, *, must_resolve: bool) -> None:
    """Checks every reference and puts the values of those outside SECRET_KEYS into the document.

    A reference that cannot be followed is an error with `must_resolve`, else a warning; its value is then unknown.
    """
    for at, text in list(document.texts()):
        _check_clear_secrets(document, at, text)
        if "${" not in text or not _check_syntax(document, at, text):
            continue
        if at not in SECRET_KEYS and REFERENCE.search(text):
            _follow(document, at, text, must_resolve)


def _check_clear_secrets(document: Document, at: Keys, text: str) -> None:
    hint = "write where it stands, such as ${env:NAME} or ${file:/run/secrets/NAME}"
    inside = _PASSWORD_IN_URL.search(text) or (_PASSWORD_IN_WORDS.search(text) if at == ("store",) else None)
    if inside is not None and not REFERENCE.fullmatch(next(filter(None, inside.groups()))):
        document.problem("secret-in-clear", f"`{dotted(at)}` holds a password inside an address", hint, at=at)
        document.unusable(at)
    if _KEY_BLOCK.search(text):
        document.problem(
            "secret-in-clear", f"`{dotted(at)}` holds a private key", "keep the key in a file of its own and name it in key_file", at=at
        )


def _check_syntax(document: Document, at: Keys, text: str) -> bool:
    if at and at[-1] in _PATTERN_KEYS and not REFERENCE.search(text):
        return True
    bad = [name for kind, name in REFERENCE.findall(text) if kind == "env" and not VARIABLE_NAME.fullmatch(name)]
    empty = any(not name.strip() for _, name in REFERENCE.findall(text))
    others = "${" in REFERENCE.sub("", text) and not (at and at[-1] in _PATTERN_KEYS)
    if not (bad or empty or others):
        return True
    hint = "only ${env:NAME} and ${file:PATH} are replaced; NAME has letters, digits and underscores"
    document.problem("reference-syntax", f"`{dotted(at)}` holds a reference that cannot be read", hint, at=at)
    document.unusable(at)
    return False


def _follow(document: Document, at: Keys, text: str, must_resolve: bool) -> None:
    try:
        value = fill_in(text, document.path.parent)
    except RunnerError as error:
        said = f"`{dotted(at)}` cannot be filled in: {error.text}"
        document.problem("reference-unresolved", said, error.hint, at=at, severity="error" if must_resolve else "warning")
        document.unusable(at)
        return
    parent: Any = document.get(*at[:-1])
    parent[at[-1]] = value
