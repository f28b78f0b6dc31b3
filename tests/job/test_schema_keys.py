"""Keys explained, near misses named, and every code of `check` at length."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

import runner.job
from runner.job.codes import CHECK_CODES, explain_check_code
from runner.job.flow_text import flow
from runner.job.near import did_you_mean, listed, nearest
from runner.job.schema import load_schema
from runner.job.schema_keys import explain_key, nearest_keys, schema_keys
from runner.job.strict_yaml import load_yaml

SOURCES = sorted(Path(runner.job.__path__[0]).rglob("*.py"))


def test_a_key_is_explained_by_its_path_with_default_and_example() -> None:
    said = explain_key("source.min_rows_percent") or ""
    assert "default: 50" in said
    assert "number 0 to 100" in said


@pytest.mark.parametrize(
    "word", ["when_blank", "district.guards", "properties.delete_when.in", "sites.aliases", "removal.scope", "steps", "examples"]
)
def test_keys_are_found_by_their_last_part_by_file_and_through_shared_shapes(word: str) -> None:
    assert explain_key(word)


def test_an_unknown_key_has_no_explanation_but_near_names() -> None:
    assert explain_key("min_row_percent") is None
    assert nearest_keys("min_row_percent") == ["source.min_rows_percent"]


def test_every_required_key_says_so() -> None:
    assert {key.path for key in schema_keys("district") if key.required and "." not in key.path} == {
        "version",
        "name",
        "time_zone",
        "sites",
    }


def test_near_names_overlook_case_and_hyphens() -> None:
    assert did_you_mean("Host-Key", ["host_key", "known_hosts"]) == "did you mean host_key?"
    assert did_you_mean("zzz", ["host_key"]) is None
    assert nearest("", ["a"]) == []
    assert listed(["a", "b", "c"]) == "a, b or c"


@pytest.mark.parametrize(
    "value",
    [{"a": ["x", 1, True, None], "b: c": "d"}, "12", "true", "a, b", "${env:X}", "", {"true": ["Y"]},
     [{"if": {"column": "Grade"}}, 2.5], "é\"'\n"],
)  # fmt: skip
def test_flow_text_is_yaml_that_reads_back(value: object) -> None:
    read = load_yaml(Path("x"), f"a: {flow(value)}\n".encode()).data["a"]
    assert json.loads(json.dumps(read, default=float)) == value


def codes_in_the_program() -> set[str]:
    """Every word that is given as the code of a problem, from the source and the schemas."""
    found = set(re.findall(r'"x-code": "([^"]+)"', "".join(json.dumps(load_schema(name)) for name in ("job", "district", "test"))))
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", node.value):
                found.add(node.value)
    return found


def test_every_code_of_the_list_is_used_and_none_is_used_that_is_not_explained() -> None:
    encodings = re.compile(r"(utf|windows|win|iso|iso8859|latin|mac)-.*")
    others = {"secret-file-missing", "secret-file-open", "secret-file-unreadable", "variable-missing", "x-code", "x-or"}
    used = {code for code in codes_in_the_program() if not encodings.fullmatch(code)} - others
    assert used == CHECK_CODES.keys()


def test_a_code_is_explained_and_another_word_is_not() -> None:
    assert "safer" not in (explain_check_code("host-key-md5") or "")
    assert explain_check_code("host-key-md5")
    assert explain_check_code("no-such-code") is None
