"""A document against its schema: every finding in our own sentence. The library's text is never shown, for it quotes values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from runner.job.document import Document, Keys, dotted
from runner.job.flow_text import flow
from runner.job.near import did_you_mean, listed
from runner.job.schema import load_schema, resolve, validator_for
from runner.job.schema_keys import key_homes, values_of, variants

if TYPE_CHECKING:
    from jsonschema import ValidationError

# Codes that say more than `missing-key`: the mapping's last key and the missing one.
_MISSING = {
    ("", "kind"): ("missing-key", "write `kind: patrons`, or `kind: circulation` for checkouts, fines and holds"),
    ("removal", "scope"): (
        "removal-without-scope",
        "write whom it may touch, such as scope: {patron_types: [Student]}, or scope: everyone",
    ),
    ("inactivate", "not_updated_in_days"): ("switch-without-days", "the other switches act only with it: write not_updated_in_days: 14"),
    ("fields", "site"): ("site-not-mapped", "name the column, such as site: School, or write site: {value: NORTH}"),
}
# Names that people bring along from elsewhere.
_KNOWN_AS = {
    "cp1252": "windows-1252", "windows1252": "windows-1252", "ansi": "windows-1252", "1252": "windows-1252", "win-1252": "windows-1252",
    "latin1": "iso-8859-1", "latin-1": "iso-8859-1", "iso8859-1": "iso-8859-1", "utf8": "utf-8", "utf-8-sig": "utf-8", "utf8-sig": "utf-8",
    "utf16": "utf-16", "utf-16le": "utf-16", "utf-16-le": "utf-16", "macroman": "mac-roman", "mac_roman": "mac-roman", "macintosh": "mac-roman",
    "autoassociate": "autoassign", "weekly": "full", "daily": "full", "off": "none", "update": "always",
}  # fmt: skip


def check_schema(document: Document, name: str) -> None:
    """Notes a problem in `document` for everything that schema `name` does not allow."""
    for error in validator_for(name).iter_errors(document.data):
        at: Keys = tuple(error.absolute_path)
        say = _SENTENCES.get(str(error.validator), _other)
        say(document, name, error, at)


def _type(document: Document, name: str, error: ValidationError, at: Keys) -> None:
    schema = _schema_of(error)
    if schema.get("writeOnly") and error.instance is not None:
        document.problem("secret-in-clear", f"`{dotted(at)}` is a secret and must not stand here", _secret_hint(schema), at=at)
        return
    wanted = values_of(load_schema(name), schema)
    value = error.instance
    if value is None:
        hint = f"write {wanted}, or delete the line"
        document.problem("wrong-type", f"`{dotted(at)}` has no value", hint, at=at, on="key")
        return
    hint = None
    types = schema.get("type")
    if "string" in (types if isinstance(types, list) else [types]) and not isinstance(value, (dict, list)):
        hint = f'put it in quotes: "{flow(value) if isinstance(value, bool) else value}"'
        if schema.get("x-code") == "duration-invalid":
            hint = "write a number and a unit, such as 60s, 30m, 6h or 3d"
    elif isinstance(value, str) and types in ("integer", "number"):
        hint = (
            "write digits only: no quotes, no comma, no leading zero"
            if types == "integer"
            else "write a plain number such as 5 or 2.5, without quotes"
        )
    elif types == "boolean":
        hint = "write true or false"
    elif types == "array" and not isinstance(value, dict):
        hint = "write a list, such as [" + (value if isinstance(value, str) and len(value) < 40 and _is_open(schema) else "...") + "]"
    document.problem("wrong-type", f"`{dotted(at)}` must be {_article(wanted)}, not {_kind(value)}", hint, at=at)


def _unknown_keys(document: Document, name: str, error: ValidationError, at: Keys) -> None:
    schema = _schema_of(error)
    known = list(schema.get("properties", {}))
    for key in error.instance:
        if key in known:
            continue
        hint = did_you_mean(key, known) or _home_of(key, at) or f"known here: {listed(known)}"
        where = f" in `{dotted(at)}`" if at else ""
        document.problem("unknown-key", f"`{_short(key)}` is not known{where}", hint, at=(*at, key), on="key")


def _home_of(key: str, at: Keys) -> str | None:
    homes = [home for home in key_homes().get(key, ()) if "properties.fields." not in home or home.count(".") == 2]
    here = dotted(tuple(part for part in at if isinstance(part, str)))
    if here == "source" and f"source.{key}" in homes:
        return f"`{key}` belongs to the other type of source"
    if here.startswith("properties") and f"properties.{'fields.' if here.endswith('fields') else ''}{key}" in homes:
        return f"`{key}` belongs to the other kind of job"
    return f"`{key}` belongs at {homes[0]}" if homes else None


def _required(document: Document, name: str, error: ValidationError, at: Keys) -> None:
    last = str(at[-1]) if at else ""
    for key in error.validator_value:
        if key in error.instance:
            continue
        code, hint = _MISSING.get((last, key), ("missing-key", None))
        where = f"`{dotted(at)}` has no `{key}`" if at else f"the file has no `{key}`"
        document.problem(code, where, hint or _example_of(name, error, key), at=(*at, key), on="key")


def _dependencies(document: Document, name: str, error: ValidationError, at: Keys) -> None:
    for key, needs in error.validator_value.items():
        for need in needs:
            if key in error.instance and need not in error.instance:
                document.problem(
                    "missing-key", f"`{dotted((*at, key))}` needs `{need}` beside it", f"write `{need}:` too", at=(*at, need), on="key"
                )


def _enum(document: Document, name: str, error: ValidationError, at: Keys) -> None:
    if not isinstance(error.instance, str):
        return  # the type says it better
    allowed = [str(value) for value in error.validator_value]
    usual = _KNOWN_AS.get(error.instance.casefold())
    hint = f"did you mean {usual}?" if usual in allowed else did_you_mean(error.instance, allowed)
    text = f"`{dotted(at)}` must be {listed(allowed)}"
    document.problem("wrong-value", text, hint or f"write {listed(allowed)}", at=at)


def _const(document: Document, name: str, error: ValidationError, at: Keys) -> None:
    wanted = flow(error.validator_value)
    hint = {"version": "this runner reads version 1", "blank": "for the opposite write `not_blank: true`"}.get(str(at[-1]) if at else "")
    document.problem("wrong-value", f"`{dotted(at)}` must be {wanted}", hint or f"write {wanted}, or delete the line", at=at)


def _pattern(document: Document, name: str, error: ValidationError, at: Keys) -> None:
    schema = _schema_of(error)
    code = schema.get("x-code", "wrong-format")
    if code == "secret-in-clear":
        document.problem(code, f"`{dotted(at)}` is a secret and must not stand here", _secret_hint(schema), at=at)
        return
    if code == "host-key-invalid" and str(error.instance).upper().startswith("MD5"):
        code = "host-key-md5"
    document.problem(code, f"`{dotted(at)}` cannot be read as it stands", schema.get("patternErrorMessage"), at=at)


def _bounds(document: Document, name: str, error: ValidationError, at: Keys) -> None:
    schema = _schema_of(error)
    low, high = schema.get("minimum"), schema.get("maximum")
    span = (
        f"from {low:,} to {high:,}" if low is not None and high is not None else f"at least {low}" if low is not None else f"at most {high}"
    )
    document.problem("out-of-range", f"`{dotted(at)}` must be {span}", None, at=at)


def _length(document: Document, name: str, error: ValidationError, at: Keys) -> None:
    word, limit = error.validator, error.validator_value
    if word == "maxLength":
        text, hint = f"`{dotted(at)}` has {len(error.instance)} characters; at most {limit} fit", "shorten it"
    elif word in ("minLength", "minItems") or (word == "minProperties" and not error.instance):
        text, hint = f"`{dotted(at) or 'the file'}` is empty", "write a value, or delete the line"
    else:
        text, hint = f"`{dotted(at)}` has {len(error.instance)} entries; at most {limit} are allowed", "leave some out"
    document.problem("wrong-length", text, hint, at=at)


def _one_key(document: Document, name: str, error: ValidationError, at: Keys) -> None:
    if not error.instance or error.validator_value != 1:
        _length(document, name, error, at)
        return
    known = [key for key in _schema_of(error).get("properties", {})]
    text = f"`{dotted(at)}` must have exactly one of {listed(known)}"
    document.problem("exactly-one", text, "keep one; each step of a list has a line of its own", at=at)


def _unique(document: Document, name: str, error: ValidationError, at: Keys) -> None:
    seen: list[Any] = []
    for index, item in enumerate(error.instance):
        if item in seen:
            document.problem("duplicate-item", f"`{dotted((*at, index))}` stands in the list twice", "delete one", at=(*at, index))
        seen.append(item)


def _other(document: Document, name: str, error: ValidationError, at: Keys) -> None:
    document.problem("wrong-value", f"`{dotted(at)}` is not allowed as it stands", "see docs/job-reference.md", at=at)


_SENTENCES: dict[str, Callable[[Document, str, ValidationError, Keys], None]] = {
    "type": _type, "additionalProperties": _unknown_keys, "required": _required, "dependencies": _dependencies, "enum": _enum,
    "const": _const, "pattern": _pattern, "minimum": _bounds, "maximum": _bounds, "minLength": _length, "maxLength": _length,
    "minItems": _length, "maxItems": _length, "minProperties": _length, "maxProperties": _one_key, "uniqueItems": _unique,
}  # fmt: skip


def _schema_of(error: ValidationError) -> dict[str, Any]:
    schema = error.schema
    return schema if isinstance(schema, dict) else {}


def _example_of(name: str, error: ValidationError, key: str) -> str:
    root = load_schema(name)
    for variant in variants(_schema_of(error)):
        inner = resolve(root, variant).get("properties", {}).get(key)
        if inner is not None and resolve(root, inner).get("examples"):
            return f"write `{key}: {flow(resolve(root, inner)['examples'][0])}`"
    return f"write `{key}:`"


def _secret_hint(schema: dict[str, Any]) -> str:
    return str(schema.get("patternErrorMessage", "write where it stands, ${env:NAME} or ${file:/run/secrets/NAME}"))


def _is_open(schema: dict[str, Any]) -> bool:
    return not schema.get("writeOnly")


def _short(key: str) -> str:
    return key if len(key) <= 60 else key[:57] + "..."


def _article(words: str) -> str:
    nouns: Iterable[str] = ("text", "number", "whole number", "list", "mapping")
    return f"a {words}" if words.startswith(tuple(noun for noun in nouns if noun != "text")) else words


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    return {int: "a number", str: "text", list: "a list", dict: "a mapping"}.get(type(value), "a number with a point")
