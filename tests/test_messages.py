"""The catalog of message codes: complete, written for people, and equal to what the program says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.messages import ENDED, FILE_REFUSED, MESSAGES, explain_code, nearest, severity_of

RUNNER = Path(__file__).parents[1] / "runner"
CORE = ("intake", "mapping", "plan", "policy", "source", "store")
EVERY = {**MESSAGES, **FILE_REFUSED, **ENDED}
CODE = re.compile(r"[a-z]+(-[a-z0-9]+)+")
WORDS = re.compile(r"[a-z]+(-[a-z0-9]+)*")
NO_CODES = {
    *("windows-1252", "iso-8859-1", "mac-roman", "utf-8", "utf-16", "latin-1", "utf-8-sig", "utf-16-le", "utf-16-be"),
    *("7-zip", "ssh-rsa", "patron-runner", "non-binary"),
}
EMITTERS = {"messages_from": 1, "tell": 1, "Trouble": 0, "severity_of": 0, "_note": 0, "_message": 0, "_told": 1}


def _literals(path: Path) -> Iterator[tuple[str, str]]:
    """Every kebab-case text of a file with its place, docstrings aside."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            yield node.value, f"{path.relative_to(RUNNER.parent)}:{node.lineno}"


def _codes_given(path: Path) -> Iterator[tuple[str, str]]:
    """The literal codes that are handed to something that makes a message or an error."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            position = EMITTERS.get(ast.unparse(node.func).split(".")[-1])
            given = [word.value for word in node.keywords if word.arg == "code"]
            given += node.args[position : position + 1] if position is not None else []
            for value in given:
                if isinstance(value, ast.Constant) and isinstance(value.value, str) and WORDS.fullmatch(value.value):
                    yield value.value, f"{path.relative_to(RUNNER.parent)}:{node.lineno}"


def test_every_code_that_the_core_writes_is_in_the_catalog() -> None:
    files = [path for folder in CORE for path in (RUNNER / folder).rglob("*.py")]
    unknown = [f"{place} {word}" for path in files for word, place in _literals(path) if word not in EVERY and word not in NO_CODES]
    assert not unknown


def test_every_code_of_an_error_or_a_message_is_in_the_catalog() -> None:
    files = [path for path in RUNNER.rglob("*.py") if path.relative_to(RUNNER).parts[0] != "job"]
    assert not [f"{place} {code}" for path in files for code, place in _codes_given(path) if code not in EVERY]


def test_no_code_means_two_things() -> None:
    assert len(EVERY) == len(MESSAGES) + len(FILE_REFUSED) + len(ENDED)


@pytest.mark.parametrize("code", sorted(EVERY))
def test_an_entry_is_complete_and_made_of_sentences(code: str) -> None:
    entry = EVERY[code]
    assert WORDS.fullmatch(code)
    for part in ("when", "effect", "fix", "detail", "example"):
        text = getattr(entry, part)
        assert len(text) >= 8, part
        assert text == text.strip(), part
        assert "  " not in text, part
        assert "\u2014" not in text, part
    for part in ("when", "effect", "fix", "detail"):
        assert getattr(entry, part)[-1] in ".`", part


@pytest.mark.parametrize("code", sorted(EVERY))
def test_a_code_is_explained_in_full(code: str) -> None:
    text = explain_code(code)
    assert text is not None
    assert text.startswith(code)
    for part in ("when", "effect", "fix", "detail", "example"):
        assert getattr(EVERY[code], part) in text


def test_an_unknown_code_has_no_explanation_and_near_names() -> None:
    assert explain_code("barcode-in-us") is None
    assert nearest("barcode-in-us")[0] == "barcode-in-use"
    assert nearest("SITE_UNKNOWN")[0] == "site-unknown"
    assert nearest("zzzzzz") == []


def test_a_message_without_an_entry_is_an_error_of_ours() -> None:
    with pytest.raises(KeyError):
        severity_of("no-such-code")


def test_the_catalog_loads_without_polars() -> None:
    imports = [
        ast.unparse(node)
        for path in (RUNNER / "messages").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not [line for line in imports if not re.match(r"from (__future__|msgspec|typing|difflib|runner\.messages)", line)]
