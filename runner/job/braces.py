"""Braces around a column's name where none belong: what to type instead, by the place."""

from __future__ import annotations

import re

from runner.job.document import Keys
from runner.job.flow_text import flow
from runner.job.secret import SECRET_WORDS

_WHOLE = re.compile(r"\{+\s*([^{}]*?)\s*\}+")
_TEMPLATES = ("template", "then", "else")


def column_hint(text: str) -> str | None:
    """What to type for a column's name that is written as a template is; None for a name without braces that open and close."""
    if not re.search(r"\{[^{}]+\}", text):
        return None
    whole = _WHOLE.fullmatch(text)
    if whole is None:
        return f"for a text with columns in it write {{template: {flow(text)}}}; a column that is really called so is right as it stands"
    return f"write {flow(whole[1])}, or {{template: {flow('{' + whole[1] + '}')}}}"


def unquoted(at: Keys, name: str) -> tuple[str, str]:
    """What is wrong with `{name}` without quotes at the path `at`, and what to type. Where it may be a secret, it is not repeated."""
    if any(re.search(SECRET_WORDS, str(key), re.IGNORECASE) and key != "null_tokens" for key in at):
        hint = "write where the secret stands, ${env:NAME} or ${file:/run/secrets/NAME}"
        return "what stands in braces without quotes is a mapping without a value", hint
    return f"{{{name}}} without quotes is a mapping without a value", _unquoted_hint(at, name)


def _unquoted_hint(at: Keys, name: str) -> str:
    typed = "{" + name + "}"
    last = at[-1] if at else ""
    if at[:2] == ("properties", "fields") and len(at) == 3:
        return f"write `{last}: {flow(name)}` for the column, or `{last}: {{template: {flow(typed)}}}`"
    if last == "column":
        return f"write `column: {flow(name)}`"
    if last in _TEMPLATES or (at and "map" in at[:-1]):
        return f'put the whole value in quotes: "{typed}"'
    return f"write {flow(name)} without braces, or give the key a value: {{{name}: ...}}"


def doubled_hint(at: Keys | None) -> str:
    """What to type for `{{ NAME }}` without quotes at the path `at`."""
    if at and at[-1] in _TEMPLATES:
        return 'put the whole value in quotes, with single braces: "{NAME}"'
    return 'write the column\'s name without braces, or {template: "{NAME}"}'
