"""A document against its schema: every finding in our own sentence. The library's text is never shown, for it quotes values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct

from runner.job.document import Document, Keys, dotted
from runner.job.flow_text import flow
from runner.job.homes import home_of
from runner.job.near import did_you_mean, listed
from runner.job.schema import Schema, load_schema, resolve, validator_for
from runner.job.schema_keys import values_of, variants
from runner.job.usual_names import field_called
from runner.job.yaml_habits import STRAIGHT, has_typographic_quotes

# Missing keys of which there is more to say: the mapping's own key and the missing one.
_MISSING = {
    ("", "kind"): ("missing-key", "write `kind: patrons`, or `kind: circulation` for checkouts, fines and holds"),
    ("removal", "scope"): ("removal-without-scope", "say whom it may touch: scope: {patron_types: [Student]}, or scope: everyone"),
    ("inactivate", "not_updated_in_days"): ("switch-without-days", "the other switches act only with it: write not_updated_in_days: 14"),
    ("fields", "site"): ("site-not-mapped", "name the column, such as site: School, or write site: {value: NORTH}"),
}
# Names that people bring along from elsewhere.
_KNOWN_AS = {
    "cp1252": "windows-1252", "windows1252": "windows-1252", "ansi": "windows-1252", "1252": "windows-1252", "win-1252": "windows-1252",
    "latin1": "iso-8859-1", "latin-1": "iso-8859-1", "iso8859-1": "iso-8859-1", "utf8": "utf-8", "utf-8-sig": "utf-8",
    "utf16": "utf-16", "utf-16le": "utf-16", "utf-16-le": "utf-16",
    "macroman": "mac-roman", "mac_roman": "mac-roman", "macintosh": "mac-roman",
}  # fmt: skip


class _Finding(Struct, frozen=True):
    """What the library found: the value at `at` breaks `word` (with `limit`) of `schema`, in the schema file `file`."""

    document: Document
    file: str
    at: Keys
    value: Any
    word: str
    limit: Any
    schema: Schema

    def name(self, *below: str | int) -> str:
        return f"`{dotted((*self.at, *below))}`" if self.at or below else "the file"

    def last(self) -> str:
        return str(self.at[-1]) if self.at else ""

    def say(self, code: str, text: str, hint: str | None, *below: str | int, on: Literal["key", "value"] = "value") -> None:
        self.document.problem(code, text, hint, at=(*self.at, *below), on=on)

    def spoilt(self, code: str, text: str, hint: str | None) -> None:
        """Says that the value cannot be used, so that no rule judges it any more."""
        misquoted = code != "secret-in-clear" and isinstance(self.value, str) and has_typographic_quotes(self.value)
        self.say(code, text, STRAIGHT if misquoted else hint)
        self.document.unusable(self.at)

    def say_secret(self) -> None:
        hint = self.schema.get("patternErrorMessage", "write where it stands, ${env:NAME} or ${file:/run/secrets/NAME}")
        self.spoilt("secret-in-clear", f"{self.name()} is a secret and must not stand here", hint)


def check_schema(document: Document, name: str) -> None:
    """Notes a problem in `document` for everything that schema `name` does not allow."""
    for error in validator_for(name).iter_errors(document.data):
        schema = error.schema if isinstance(error.schema, dict) else {}
        at = tuple(error.absolute_path)
        found = _Finding(document, name, at, error.instance, str(error.validator), error.validator_value, schema)
        _SENTENCES.get(found.word, _other)(found)


def _type(found: _Finding) -> None:
    wanted = values_of(load_schema(found.file), found.schema)
    if found.value is None:
        found.say("wrong-type", f"{found.name()} has no value", f"write {wanted}, or delete the line", on="key")
    elif found.schema.get("x-code") == "secret-in-clear":
        found.say_secret()
    else:
        noun = f"a {wanted}" if wanted.startswith(("number", "whole number", "list", "mapping")) else wanted
        found.spoilt("wrong-type", f"{found.name()} must be {noun}, not {_kind(found.value)}", _type_hint(found))


def _type_hint(found: _Finding) -> str:
    types, value = found.schema.get("type"), found.value
    if found.schema.get("x-code") == "duration-invalid":
        return found.schema["patternErrorMessage"]  # type: ignore[no-any-return]
    if "enum" in found.schema or "enum" in found.schema.get("then", {}):
        return _enum_hint(found)
    if types == "boolean":
        return "write true or false, without quotes"
    if types == "integer":
        return "write digits only: no quotes, no point, no comma, no leading zero"
    if types == "number":
        return "write a plain number such as 5 or 2.5, without quotes"
    if types == "array":
        return _list_hint(found)
    takes_text = types == "string" or (isinstance(types, list) and "string" in types)
    if takes_text and not isinstance(value, (dict, list)):
        return f'put it in quotes: "{flow(value) if isinstance(value, bool) else value}"'
    examples = found.schema.get("examples")
    key = ".".join(str(part) for part in found.at if isinstance(part, str))
    return f"write `{found.last()}: {flow(examples[0])}`" if examples else f"type `runner explain {key}` for an example"


def _list_hint(found: _Finding) -> str:
    """The value as a list's only entry where it may be one, else an example."""
    value, items = found.value, resolve(load_schema(found.file), found.schema.get("items", {}))
    if items.get("type") == "string" and isinstance(value, (str, int)) and len(str(value)) < 40:
        return f"write a list: [{flow(str(value))}]"
    examples = found.schema.get("examples")
    return f"write a list, such as {flow(examples[0])}" if examples else "write a list: [...]"


def _unknown_keys(found: _Finding) -> None:
    known = list(found.schema.get("properties", {}))
    where = f" in {found.name()}" if found.at else ""
    for key in found.value:
        if key not in known and not found.document.full:
            hint = (
                (STRAIGHT if has_typographic_quotes(key) else None)
                or _meant(key, found, known)
                or home_of(key, found.at, found.file, known)
                or f"known here: {listed(known)}"
            )
            shown = key if len(key) <= 60 else key[:57] + "..."
            found.say("unknown-key", f"`{shown}` is not known{where}", hint, key, on="key")


def _meant(key: str, found: _Finding, known: list[str]) -> str | None:
    """What a field is usually called goes before what its name looks like: a surname is no username."""
    usual = field_called(key, known) if found.last() == "fields" else None
    return f"did you mean {usual}?" if usual else did_you_mean(key, known)


def _required(found: _Finding) -> None:
    for key in found.limit:
        if key not in found.value:
            code, hint = _MISSING.get((found.last(), key), ("missing-key", None))
            # A switch without its parent is wrong where the switch stands; other keys are missing from the mapping as a whole.
            at = next(iter(found.value), key) if code == "switch-without-days" else key
            found.say(code, f"{found.name()} has no `{key}`", hint or _example_of(found, key), at, on="key")


def _example_of(found: _Finding, key: str) -> str:
    root = load_schema(found.file)
    for variant in variants(found.schema):
        inner = resolve(root, variant).get("properties", {}).get(key)
        if inner is not None and resolve(root, inner).get("examples"):
            return f"write `{key}: {flow(resolve(root, inner)['examples'][0])}`"
    return f"write `{key}:`"


def _dependencies(found: _Finding) -> None:
    for key, needs in found.limit.items():
        for need in needs:
            if key in found.value and need not in found.value:
                found.say("missing-key", f"{found.name(key)} needs `{need}` beside it", f"write `{need}:` too", need, on="key")


def _enum(found: _Finding) -> None:
    if isinstance(found.value, str) or "type" not in found.schema:  # else the type says it better of another value
        found.spoilt("wrong-value", f"{found.name()} must be {listed([*found.limit, *_or_keys(found)])}", _enum_hint(found))


def _enum_hint(found: _Finding) -> str:
    """The word that was probably meant, else all words that the key takes."""
    chosen = found.schema if "enum" in found.schema else found.schema["then"]
    allowed, written = [str(word) for word in chosen["enum"]], str(found.value)
    usual = _KNOWN_AS.get(written.casefold())
    hint = f"did you mean {usual}?" if usual in allowed else did_you_mean(written, allowed)
    return hint or f"write {listed([*allowed, *([chosen['x-or']] if 'x-or' in chosen else [])])}"


def _const(found: _Finding) -> None:
    wanted = listed([flow(found.limit), *_or_keys(found)])
    hints = {"version": "this runner reads version 1", "blank": "for the opposite write `not_blank: true`"}
    hint = hints.get(found.last(), f"write {wanted}, or delete the line")
    found.spoilt("wrong-value", f"{found.name()} must be {wanted}", hint)


def _or_keys(found: _Finding) -> list[str]:
    """An example of the mapping that may stand in a word's place."""
    return [found.schema["x-or"]] if "x-or" in found.schema else []


def _pattern(found: _Finding) -> None:
    code = found.schema.get("x-code", "wrong-format")
    if code == "secret-in-clear":
        found.say_secret()
        return
    if code == "host-key-invalid" and str(found.value).upper().startswith("MD5"):
        code = "host-key-md5"
    found.spoilt(code, f"{found.name()} cannot be used as it stands", found.schema.get("patternErrorMessage"))


def _bounds(found: _Finding) -> None:
    low, high = found.schema.get("minimum"), found.schema.get("maximum")
    span = f"from {low:,} to {high:,}" if low is not None and high is not None else f"at least {low}"
    found.spoilt("out-of-range", f"{found.name()} must be {span}", f"write a number {span}")


def _length(found: _Finding) -> None:
    if found.word == "maxLength":
        found.spoilt("wrong-length", f"{found.name()} has {len(found.value)} characters; at most {found.limit} fit", "shorten it")
    elif found.word == "minProperties" and found.schema.get("maxProperties") == 1:
        _one_key(found)
    elif found.last() == "scope":
        found.spoilt("removal-without-scope", f"{found.name()} names nobody", _MISSING["removal", "scope"][1])
    elif found.word.startswith("min"):
        found.spoilt("wrong-length", f"{found.name()} is empty", "write a value, or delete the line")
    else:
        found.spoilt("wrong-length", f"{found.name()} has {len(found.value)} entries; at most {found.limit} are allowed", "leave some out")


def _one_key(found: _Finding) -> None:
    known = listed(found.schema.get("properties", {}))
    if not found.value:
        first, inner = next(iter(found.schema["properties"].items()))
        hint = f"write one of {known}, such as {{{first}: {flow(resolve(load_schema(found.file), inner)['examples'][0])}}}"
    else:
        hint = "keep one; in a list of steps each has a line of its own" if isinstance(found.at[-1], int) else "keep one"
    found.say("exactly-one", f"{found.name()} must have exactly one of {known}", hint)


def _unique(found: _Finding) -> None:
    seen: set[str] = set()
    for index, item in enumerate(found.value):
        if flow(item) in seen:
            found.say("duplicate-item", f"{found.name(index)} stands in the list twice", "delete one", index)
        seen.add(flow(item))


def _other(found: _Finding) -> None:
    found.say("wrong-value", f"{found.name()} is not allowed as it stands", "see docs/job-reference.md")


_SENTENCES: dict[str, Callable[[_Finding], None]] = {
    "type": _type,
    "additionalProperties": _unknown_keys,
    "required": _required,
    "dependencies": _dependencies,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minimum": _bounds,
    "maximum": _bounds,
    "minLength": _length,
    "maxLength": _length,
    "minItems": _length,
    "maxItems": _length,
    "minProperties": _length,
    "maxProperties": _one_key,
    "uniqueItems": _unique,
}


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    return {int: "a number", str: "text", list: "a list", dict: "a mapping"}.get(type(value), "a number with a point")
