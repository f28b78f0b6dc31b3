"""The loader: what text becomes, where it stands, and that nothing but problems ever comes of bad input."""

from __future__ import annotations

import random
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.job.check import check_district_document, check_job_document
from runner.job.render import render
from runner.job.strict_yaml import load_yaml
from runner.problems import Place

GOOD = (Path(__file__).parent / "good" / "students.yaml").read_bytes()


def load(text: str | bytes) -> Any:
    return load_yaml(Path("x.yaml"), text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("12:30", "12:30"), ("2:30", "2:30"), ("02:30", "02:30"), ("NO", "NO"), ("yes", "yes"), ("on", "on"), ("True", "True"),
        ("true", True), ("false", False), ("0123", "0123"), ("0", 0), ("17", 17), ("-3", -3), ("0x1F", "0x1F"), ("43_000", "43_000"),
        ("4e4", "4e4"), (".nan", ".nan"), (".inf", ".inf"), ("5.00", Decimal("5.00")), ("2026-03-08", "2026-03-08"), ("~", None),
        ("null", None), ("=", "="), ('"17"', "17"), ("'true'", "true"), ("9" * 4301, "9" * 4301), ("${env:X}", "${env:X}"),
    ],
)  # fmt: skip
def test_a_scalar_means_what_yaml_1_2_says(written: str, meant: object) -> None:
    value = load(f"a: {written}\n").data["a"]
    assert value == meant
    assert type(value) is type(meant)


def test_keys_are_the_text_that_was_typed() -> None:
    assert list(load("{1: a, 01: b, true: c, yes: d, 0x1F: e}").data) == ["1", "01", "true", "yes", "0x1F"]


def test_every_key_and_value_has_its_place() -> None:
    document = load("a: 1\nb:\n  - x\n  - {c: d}\n")
    assert document.keys[("b", 1, "c")] == Place(4, 6)
    assert document.values[("b", 1, "c")] == Place(4, 9)
    assert document.values[("b", 0)] == Place(3, 5)


@pytest.mark.parametrize("encode", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_make_no_difference(encode: str, end: str) -> None:
    document = load("a: é\nb: ü\n".replace("\n", end).encode(encode))
    assert document.data == {"a": "é", "b": "ü"}
    assert document.keys[("b",)] == Place(2, 1)


def test_problems_before_a_syntax_error_are_told_with_it() -> None:
    assert [problem.code for problem in load("a: &x 1\nb: [\n").problems] == ["yaml-anchor", "yaml-syntax"]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x,x,x,x]\n" + "".join(f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
        "a: " + "[" * 20000 + "]" * 20000 + "\n",
        "a: " + "{a: " * 5000 + "1" + "}" * 5000 + "\n",
        "".join(" " * i + "a:\n" for i in range(600)),
        "k: v\n" * 500_000,
        "".join(f"k{i}: v\n" for i in range(25_000)),
        "a: " + "9" * 1_000_000,
        "a: 1" + ":1" * 10_000,
        "# " + "x" * 1_500_000,
        "a: &a " + "x" * 20000 + "\nb: [" + ",".join(["*a"] * 2000) + "]\n",
        "sites: [" + ", ".join(f"{{default_access_level: z{n}}}" for n in range(3000)) + "]\naccess_levels: ["
        + ", ".join(f"y{n}" for n in range(3000)) + "]\n",
        "".join(f"k{i}: v\n" for i in range(9000)),
        "name: " + "x" * 200_000 + "\ntime_zone: " + "a/" * 20_000 + "\n",
        "source: {type: sftp, path: " + "a/" * 50_000 + ", url: sftp://" + "a/" * 50_000 + "}\n",
    ],
    ids=["laughs", "brackets", "maps", "blocks", "huge", "keys", "million-digits", "base-60", "comment", "aliases", "sites", "unknown",
         "long", "paths"],
)  # fmt: skip
def test_a_bomb_is_answered_quickly(text: str) -> None:
    begun = time.process_time()
    document = load(text)
    check_district_document(document, must_resolve=False)
    check_job_document(load(text), None, must_resolve=False)
    assert document.problems
    assert render(document.problems)
    assert time.process_time() - begun < 5


def checked(raw: bytes) -> None:
    """Runs every rule over the bytes; a job and a district at once, for hostile input does not care which it is."""
    for check in (check_district_document, lambda document, **words: check_job_document(document, None, **words)):
        document = load_yaml(Path("x.yaml"), raw)
        check(document, must_resolve=False)
        assert all(problem.place is None or problem.place.line >= 1 for problem in document.problems)


@pytest.mark.parametrize("seed", range(20))
def test_mutations_of_a_good_file_give_problems_and_never_an_exception(seed: int) -> None:
    chance = random.Random(seed)
    pieces = [
        b"",
        b"\0",
        b"\t",
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"'",
        b":",
        b"&a ",
        b"*a",
        b"!!x ",
        b"\xff",
        b"\xe2\x80\xae",
        b"\n",
        b"- ",
        b"~",
        b"#",
    ]
    for _ in range(25):
        raw = bytearray(GOOD)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(raw))
            raw[at : at + chance.choice([0, 0, 1, 5, 40])] = chance.choice(pieces)
        checked(bytes(raw))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet="ab01.:-{}[]\"'#&*!|>%@`~?, \n\t\\ux", max_size=120).map(str.encode))
def test_random_bytes_give_problems_and_never_an_exception(raw: bytes) -> None:
    checked(raw)


PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-5, 2000)
    | st.sampled_from(["", "full", "a", "{x}", "{", "${env:NOT_SET_X}", "everyone", "sftp"])
)
WORDS = st.sampled_from([
    "kind", "source", "type", "path", "file", "format", "properties", "fields", "site", "barcode", "steps", "map", "when", "if", "column",
    "skip_when", "any", "all", "in", "schedule", "at", "removal", "scope", "delete", "inactive", "only_if", "guards", "percent", "sites",
    "aliases", "notify", "email", "to", "regex", "find", "boolean", "default", "date", "template", "first_of", "header", "host_key", "url",
])  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5), max_leaves=25))
def test_any_shape_of_known_words_gives_problems_and_never_an_exception(shape: object) -> None:
    import json

    checked(json.dumps(shape).encode())
