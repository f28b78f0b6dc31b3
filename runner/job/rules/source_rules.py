"""Rules of `source`: exactly one login, exactly one way to know the server, times that make sense."""

from __future__ import annotations

import re

from runner.job.document import Document
from runner.job.durations import span
from runner.job.near import listed

_LOGINS = ("password", "key_file", "agent")
_HOST_KEYS = ("host_key", "known_hosts")
_ANYWHERE = re.compile(r"://([^/\s]*)@")


def check_source(document: Document) -> None:
    """Notes what is wrong between the keys of `source`."""
    source = document.mapping("source")
    if source.get("type") != "sftp":
        return
    _check_host_key(document, source)
    _check_login(document, source)
    _check_address(document)
    timeout, deadline = document.text("source", "timeout") or "20s", document.text("source", "deadline") or "30m"
    try:
        if span(deadline) < span(timeout):
            text = "`source.deadline` is shorter than `source.timeout`"
            document.problem(
                "deadline-too-short", text, "the deadline is for the whole transfer: give it minutes", at=("source", "deadline")
            )
    except ValueError:
        return  # the schema has said so


def _check_host_key(document: Document, source: dict[str, object]) -> None:
    given = [key for key in _HOST_KEYS if source.get(key) is not None]
    if not given:
        text = "`source` names neither `host_key` nor `known_hosts`, so any server could pass for this one"
        hint = "write host_key: SHA256:...; `runner doctor` prints the fingerprint to compare and paste"
        document.problem("host-key-missing", text, hint, at=("source", "host_key"), on="key")
    elif len(given) > 1:
        text = "`source` names both `host_key` and `known_hosts`"
        document.problem("exactly-one", text, "keep one of the two", at=("source", "known_hosts"), on="key")


def _check_login(document: Document, source: dict[str, object]) -> None:
    given = [key for key in _LOGINS if source.get(key) is not None and source.get(key) is not False]
    if not given:
        text = f"`source` has no way to log in: it needs {listed(_LOGINS)}"
        document.problem(
            "login-missing", text, "write password: ${env:NAME}, key_file: FILE, or agent: true", at=("source", "password"), on="key"
        )
    elif len(given) > 1:
        text = f"`source` names {len(given)} ways to log in: {' and '.join(given)}"
        document.problem("exactly-one", text, "keep one", at=("source", given[1]), on="key")
    if "passphrase" in source and "key_file" not in source:
        text = "`source.passphrase` is for a `key_file`, and there is none"
        document.problem(
            "passphrase-without-key", text, "write key_file: FILE, or delete the passphrase", at=("source", "passphrase"), on="key"
        )


def _check_address(document: Document) -> None:
    url = document.text("source", "url") or ""
    if _ANYWHERE.search(url) and not document.has_errors():
        document.problem("url-invalid", "`source.url` names a user", "write the user under `username`", at=("source", "url"))
    port = re.search(r":([0-9]{1,5})(/|$)", url.removeprefix("sftp:"))
    if port and not 0 < int(port.group(1)) <= 65535:
        document.problem("url-invalid", "`source.url` names a port that does not exist", "ports go from 1 to 65535", at=("source", "url"))
