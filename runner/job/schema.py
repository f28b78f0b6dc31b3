"""The JSON Schemas, found from the installed package or the repository, whatever the working directory."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Schema = dict[str, Any]
SCHEMA_NAMES = ("district", "job", "test")


def schema_file(name: str) -> Path:
    """The file of the schema `name` (one of SCHEMA_NAMES). The files in schemas/ are the only source; editors read the same ones."""
    installed = Path(__file__).parents[1] / "schemas" / f"{name}.schema.json"
    return installed if installed.exists() else Path(__file__).parents[2] / "schemas" / installed.name


def schema_text(name: str) -> str:
    """What stands in that file."""
    return schema_file(name).read_text(encoding="utf-8")


@cache
def load_schema(name: str) -> Schema:
    """The schema `name` (one of SCHEMA_NAMES) as data."""
    loaded: Schema = json.loads(schema_text(name))
    return loaded


@cache
def validator_for(name: str) -> Validator:
    """A draft-07 validator in which 43000.0 is no integer and an exact Decimal is a number."""
    from jsonschema import Draft7Validator, validators

    types = Draft7Validator.TYPE_CHECKER.redefine_many({
        "integer": lambda _, value: type(value) is int,
        "number": lambda _, value: type(value) in (int, Decimal),
    })  # fmt: skip
    kind: Any = validators.extend(Draft7Validator, type_checker=types)  # type: ignore[no-untyped-call]
    made: Validator = kind(load_schema(name))
    return made


def resolve(root: Schema, schema: Schema) -> Schema:
    """The schema with its own words joined to those of the definitions it refers to; its own win."""
    while True:
        reference = schema.get("$ref") or next((part["$ref"] for part in schema.get("allOf", ()) if "$ref" in part), None)
        if reference is None:
            return schema
        target = root["definitions"][reference.rsplit("/", 1)[-1]]
        schema = {**target, **{word: value for word, value in schema.items() if word not in ("$ref", "allOf")}}
