"""docs/job-reference.md from the schemas: a section for each mapping, a row for each key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runner.job.flow_text import flow

Node = dict[str, Any]

HEAD = """# Reference of district and job files

Generated from the schemas in `schemas/` by `make docs`; edit the schemas, not this page.
What the rules mean is in [domain.md](domain.md). A default of *none* means that nothing happens without the key; a key that is
**required** has no default.
Schemas also drive completion in editors: the first line of a file names its schema, and `runner new` writes that line.
"""


@dataclass(frozen=True, slots=True)
class Section:
    """One mapping: where it stands, what it says, its keys."""

    title: str
    text: str
    rows: tuple[str, ...]


def page(district: Node, job: Node, test: Node) -> str:
    """The whole page as Markdown."""
    parts = [HEAD]
    for name, schema in (("district.yaml", district), ("A job file", job), ("Examples of a job", test)):
        parts.append(f"## {name}\n\n{schema.get('description', '')}\n")
        for section in sections(schema):
            parts.append(_markdown(section))
    return "\n".join(parts)


def sections(schema: Node) -> Iterator[Section]:
    """The sections of one schema: its top keys, the mappings inside, then the definitions that several keys share."""
    yield _section("Top level", "", schema, schema)
    yield from _inner(schema, schema, "")
    for name, definition in schema.get("definitions", {}).items():
        title = definition.get("title", name.replace("_", " "))
        yield _section(title, definition.get("description", ""), definition, schema)
        yield from _inner(definition, schema, f"{title}: ")


def _inner(node: Node, schema: Node, prefix: str) -> Iterator[Section]:
    """Sections of the mappings that are written out inside a node."""
    for key, value in node.get("properties", {}).items():
        inner = _mapping_of(value)
        if inner is None:
            continue
        yield _section(f"{prefix}`{key}`", value.get("description", ""), inner, schema)
        yield from _inner(inner, schema, f"{prefix}`{key}`: ")


def _mapping_of(value: Node) -> Node | None:
    """The mapping that a key holds, itself or as the entries of its list; None where there is none with keys of its own."""
    for candidate in (value, value.get("items", {})):
        if isinstance(candidate, dict) and candidate.get("additionalProperties") is False and candidate.get("properties"):
            return candidate
    return None


def _section(title: str, text: str, node: Node, schema: Node) -> Section:
    required = node.get("required", ())
    rows = [_row(key, value, key in required, schema) for key, value in node.get("properties", {}).items()]
    return Section(title, text, tuple(rows))


def _row(key: str, value: Node, required: bool, schema: Node) -> str:
    default = "**required**" if required else _default(value)
    cells = (f"`{key}`", value.get("description", ""), _type(value, schema), default, _example(value))
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _type(value: Node, schema: Node) -> str:
    """What may be written, in words."""
    shared = _references(value)
    if shared:
        titles = [schema["definitions"][name].get("title", name.replace("_", " ")) for name in shared]
        return " or ".join(f"[{title}](#{_anchor(title)})" for title in titles)
    if "enum" in value:
        return " / ".join(f"`{choice}`" for choice in value["enum"])
    if "const" in value:
        return f"`{flow(value['const'])}`"
    words = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "true or false",
        "array": "list",
        "object": "mapping",
    }
    kinds = value.get("type", "")
    listed = kinds if isinstance(kinds, list) else [kinds]
    entries = _references(value["items"]) if isinstance(value.get("items"), dict) else []
    if entries:
        title = schema["definitions"][entries[0]]["title"]
        return f"list of [{title.lower()}](#{_anchor(title)})"
    return " or ".join(words.get(kind, "") + _bounds(value, kind) for kind in listed)


def _bounds(value: Node, kind: str) -> str:
    """The least and the greatest number that may be written; nothing for what is no number."""
    if kind not in ("integer", "number") or "minimum" not in value or "maximum" not in value:
        return ""
    return f", {value['minimum']:,} to {value['maximum']:,}"


def _references(value: Node) -> list[str]:
    """The definitions that a key is one of, the usual one first."""
    if "$ref" in value:
        return [str(value["$ref"]).rsplit("/", 1)[-1]]
    inner = [*value.get("allOf", ()), *(value[word] for word in ("else", "then") if word in value)]
    return [name for node in inner for name in _references(node)]


def _default(value: Node) -> str:
    default = value.get("default")
    return "*none*" if default is None or default in ({}, []) else f"`{flow(default)}`"


def _example(value: Node) -> str:
    examples = value.get("examples", ())
    return f"`{flow(examples[0])}`" if examples else ""


def _anchor(title: str) -> str:
    return "".join(letter for letter in title.lower().replace(" ", "-") if letter.isalnum() or letter in "-_")


def _markdown(section: Section) -> str:
    if not section.rows:
        return f"### {section.title}\n\n{section.text}\n"
    table = "\n".join(("| key | what it says | value | default | example |", "|---|---|---|---|---|", *section.rows))
    return f"### {section.title}\n\n{section.text}\n\n{table}\n" if section.text else f"### {section.title}\n\n{table}\n"
