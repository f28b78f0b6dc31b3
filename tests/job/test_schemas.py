"""The schemas: draft-07, closed, described at every key, true to the program's own lists; and found wherever one stands."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from runner.fields import FIELDS
from runner.job.model import GUARDED_ACTIONS
from runner.job.references import SECRET_KEYS
from runner.job.schema import SCHEMA_NAMES, load_schema, resolve, validator_for

NAMES = pytest.mark.parametrize("name", SCHEMA_NAMES)


def nodes(node: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mapping inside a schema, with the path that leads there."""
    if isinstance(node, dict):
        yield at, node
        for key, inner in node.items():
            if key not in ("default", "examples", "enum", "const"):
                yield from nodes(inner, f"{at}/{key}")
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from nodes(inner, f"{at}/{index}")


def keys_of(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key of a file with its schema; what only chooses between shapes (`if`, a bare reference) is no key."""
    for at, node in nodes(load_schema(name)):
        properties = node.get("properties")
        if at.endswith(("/properties", "/if")) or not isinstance(properties, dict):
            continue
        for key, inner in properties.items():
            chooses = isinstance(inner, dict) and set(inner) in ({"enum"}, {"$ref"})
            if isinstance(inner, dict) and not chooses:
                yield f"{at}/properties/{key}", inner


@NAMES
def test_a_schema_is_valid_draft_07(name: str) -> None:
    assert load_schema(name)["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(load_schema(name))


@NAMES
def test_every_key_has_title_description_default_and_examples(name: str) -> None:
    lacking = [at for at, key in keys_of(name) if not {"title", "description", "default", "examples"} <= key.keys() or not key["examples"]]
    assert lacking == []


@NAMES
def test_every_example_and_every_default_is_allowed_by_its_own_key(name: str) -> None:
    root = load_schema(name)
    wrong = []
    for at, key in keys_of(name):
        validator = validator_for(name).evolve(
            schema={**resolve(root, key), "definitions": root["definitions"]} if "definitions" in root else key
        )
        given = [*key["examples"], *([key["default"]] if key["default"] is not None else [])]
        wrong += [at for value in given if not validator.is_valid(exact(value))]
    assert wrong == []


def exact(value: Any) -> Any:
    """JSON's floats as the loader gives them."""
    return json.loads(json.dumps(value), parse_float=Decimal)


@NAMES
def test_every_mapping_is_closed(name: str) -> None:
    open_ones = [
        at
        for at, node in nodes(load_schema(name))
        if isinstance(node.get("properties"), dict)
        and not at.endswith(("/properties", "/if", "/then", "/else"))
        and "additionalProperties" not in node
        and "if" not in node  # the shape that is chosen is closed
    ]
    assert open_ones == []


@NAMES
def test_shapes_are_chosen_without_one_of_and_any_of(name: str) -> None:
    assert [at for at, node in nodes(load_schema(name)) if {"oneOf", "anyOf", "not"} & node.keys() and not at.endswith("/properties")] == []


def test_target_fields_of_the_schema_are_those_of_the_program() -> None:
    fields = load_schema("job")["definitions"]["patron_properties"]["properties"]["fields"]["properties"]
    assert list(fields) == list(FIELDS)


def test_guarded_actions_of_the_schema_are_those_of_the_program() -> None:
    guards = load_schema("job")["definitions"]["guards"]["properties"]
    assert set(guards) == {*GUARDED_ACTIONS, "fields"}
    assert set(guards["fields"]["properties"]) == FIELDS.keys() - {"password"}


def test_guards_are_the_same_in_job_and_district() -> None:
    for name in ("guards", "limit"):
        assert load_schema("job")["definitions"][name] == load_schema("district")["definitions"][name]


def test_secrets_of_the_schemas_are_those_that_stay_references() -> None:
    marked = {
        tuple(part for part in at.split("/") if part not in ("", "properties", "definitions"))
        for name in ("job", "district")
        for at, key in keys_of(name)
        if key.get("writeOnly")
    }
    assert {("source", *at[1:]) if at[0] == "sftp_source" else at for at in marked} == SECRET_KEYS


def test_a_whole_number_with_a_point_is_no_integer_and_a_boolean_no_number() -> None:
    validator: Any = validator_for("job").evolve(schema={"type": "integer"})
    assert [validator.is_valid(value) for value in (1, Decimal("1.0"), True)] == [True, False, False]


def test_schemas_are_found_from_any_working_directory(tmp_path: Path) -> None:
    code = "from runner.job.schema import load_schema; print(load_schema('job')['title'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "A job", done.stderr
