"""Every key that the schemas know, in the order of the schema: for the reference page, `explain` and did-you-mean."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from msgspec import Struct

from runner.job.near import listed, nearest
from runner.job.schema import SCHEMA_NAMES, Schema, load_schema, resolve

_ALL = 99


class SchemaKey(Struct, frozen=True):
    """One key. `path` is dotted (`removal.delete.inactive.days`; `[]` for the entries of a list, `<name>` for any key); `like` is the
    path of an earlier key with the same shape, whose keys are then not repeated."""

    file: str
    path: str
    title: str
    description: str
    default: Any
    examples: tuple[Any, ...]
    values: str
    required: bool
    like: str | None


@cache
def schema_keys(name: str) -> tuple[SchemaKey, ...]:
    """The keys of one schema; a shape that is used several times is walked where it first stands."""
    root = load_schema(name)
    return tuple(_below(name, root, root, "", {}))


def explain_key(dotted_key: str) -> str | None:
    """What a key means: title, description, values, default, examples. None for an unknown key.

    Takes a full path (`removal.scope`), one that begins with the file (`district.guards`), or the last parts of one (`when_blank`).
    """
    found = _find(dotted_key.strip())
    return "\n\n".join(_explained(key) for key in found[:6]) if found else None


def nearest_keys(dotted_key: str) -> list[str]:
    """Up to three keys that look like the one asked for."""
    every = {key.path for name in SCHEMA_NAMES for key in schema_keys(name)}
    by_last = {path.rsplit(".", 1)[-1]: path for path in sorted(every, key=len, reverse=True)}
    close = nearest(dotted_key, every)
    return close or [by_last[last] for last in nearest(dotted_key.rsplit(".", 1)[-1], by_last)]


def variants(schema: Schema) -> Iterator[Schema]:
    """The schema itself and what its `if` chooses between."""
    yield schema
    for word in ("else", "then"):  # the usual case stands under else
        if isinstance(schema.get(word), dict):
            yield from variants(schema[word])


def _below(file: str, root: Schema, schema: Schema, path: str, seen: dict[str, str]) -> Iterator[SchemaKey]:
    for variant in variants(schema):
        whole = resolve(root, variant)
        for name, inner in whole.get("properties", {}).items():
            if "title" not in inner and "$ref" in inner:  # the two kinds of `properties`: the key itself stands above
                yield from _below(file, root, resolve(root, inner), f"{path}.{name}".lstrip("."), seen)
            elif "title" in inner:
                yield from _one(file, root, inner, f"{path}.{name}".lstrip("."), name in whole.get("required", ()), seen)


def _one(file: str, root: Schema, inner: Schema, path: str, required: bool, seen: dict[str, str]) -> Iterator[SchemaKey]:
    shape = next((part["$ref"] for part in inner.get("allOf", ()) if "$ref" in part), None)
    like = seen.get(shape) if shape else None
    if shape and like is None:
        seen[shape] = path
    whole = resolve(root, inner)
    examples = tuple(whole.get("examples", ()))
    yield SchemaKey(
        file, path, whole["title"], whole["description"], whole.get("default"), examples, values_of(root, whole), required, like
    )
    if like is None:
        yield from _below(file, root, whole, path, seen)
        yield from _entries(file, root, whole, path, seen)


def _entries(file: str, root: Schema, whole: Schema, path: str, seen: dict[str, str]) -> Iterator[SchemaKey]:
    entries = whole.get("items")
    if isinstance(entries, dict):
        reference = entries.get("$ref")
        if reference in seen:
            return
        if reference:
            seen[reference] = path + "[]"
        yield from _below(file, root, resolve(root, entries), path + "[]", seen)


def values_of(root: Schema, schema: Schema) -> str:
    """The values that a key takes, in a few words."""
    whole = resolve(root, schema)
    if "const" in whole:
        return _shown(whole["const"])
    if "enum" in whole:
        return listed((_shown(value) for value in whole["enum"]), _ALL)
    kinds = whole.get("type", "mapping")
    words = [_kind(root, whole, kind) for kind in (kinds if isinstance(kinds, list) else [kinds])]
    return " or ".join(dict.fromkeys(words))


def _kind(root: Schema, whole: Schema, kind: str) -> str:
    chosen = whole.get("then", {})
    if kind == "string" and "enum" in chosen:
        return listed(chosen["enum"], _ALL)
    if kind in ("integer", "number"):
        low, high = whole.get("minimum"), whole.get("maximum")
        bounds = f" {low:,} to {high:,}" if low is not None and high is not None else ""
        return ("whole number" if kind == "integer" else "number") + bounds
    if kind == "array":
        return f"list of {values_of(root, whole.get('items', {}))}"
    if kind == "string" and whole.get("x-code") == "secret-in-clear":
        return "text by reference"
    return {"string": "text", "boolean": "true or false", "object": "mapping", "null": "null"}[kind]


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _find(wanted: str) -> list[SchemaKey]:
    every = [key for name in SCHEMA_NAMES for key in schema_keys(name)]
    named = [key for key in every if f"{key.file}.{key.path}" == wanted]
    exact = named or [key for key in every if key.path == wanted]
    plain = exact or [key for key in every if key.path.replace("[]", "") == wanted]
    return plain or [key for key in every if f".{key.path}".replace("[]", "").endswith(f".{wanted}")] or _through_likeness(every, wanted)


def _through_likeness(every: list[SchemaKey], wanted: str) -> list[SchemaKey]:
    """`properties.delete_when.column` is explained where `skip_when.column` is: both have one shape."""
    for key in every:
        if key.like and wanted.startswith(key.path + "."):
            return _find(key.like + wanted[len(key.path) :])
    return []


def _explained(key: SchemaKey) -> str:
    from runner.job.flow_text import flow

    lines = [f"{key.path} ({key.file} file): {key.title}", f"  {key.description}", f"  values: {key.values}"]
    if key.required:
        lines.append("  required")
    elif key.default is not None:
        lines.append(f"  default: {flow(key.default)}")
    last = key.path.rsplit(".", 1)[-1].replace("[]", "")
    lines += [f"  example: {last}: {flow(example)}" for example in key.examples]
    return "\n".join(lines)
