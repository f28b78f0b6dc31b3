"""Problems as people and programs read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.job.render import masked_line, printable, render
from runner.problems import Place, Problem


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    path.write_text("version: 1\n  schedul: {at: 02:00}\n", encoding="utf-8")
    return path


def problem(path: Path, line: int = 2, column: int = 3, code: str = "unknown-key", text: str = "`schedul` is not known") -> Problem:
    return Problem(path, Place(line, column), code, text, "did you mean schedule?", "schedul")


def test_text_has_the_place_the_line_a_caret_and_the_hint(file: Path) -> None:
    assert render([problem(file)]) == (
        f"{file}:2:3: error unknown-key: `schedul` is not known\n"
        "  |   schedul: {at: 02:00}\n"
        "  |   ^\n"
        "  hint: did you mean schedule?"
    )  # fmt: skip


def test_concise_is_one_line_each(file: Path) -> None:
    assert render([problem(file), problem(file, 1, 1)], "concise").count("\n") == 1


def test_json_is_one_document_with_every_key(file: Path) -> None:
    said = json.loads(render([problem(file), Problem(file, None, "file-too-big", "too big")], "json"))
    assert said["schema"] == 1
    assert said["problems"][0] == {
        "path": str(file), "line": 2, "column": 3, "severity": "error", "code": "unknown-key", "key": "schedul",
        "text": "`schedul` is not known", "hint": "did you mean schedule?",
    }  # fmt: skip
    assert said["problems"][1]["line"] is None


def test_github_commands_are_escaped(tmp_path: Path) -> None:
    odd = tmp_path / "a,b:c%.yaml"
    said = render([problem(odd, text="100% of\nit")], "github")
    assert said.startswith("::error file=")
    assert "a%2Cb%3Ac%25.yaml,line=2,col=3,title=unknown-key::100%25 of\\x0ait; did you mean schedule?" in said
    assert "\n" not in said


def test_no_problem_is_no_line() -> None:
    assert render([]) == ""
    assert json.loads(render([], "json")) == {"schema": 1, "problems": []}


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\x1b[31m", "a\\x1b[31m"), ("a\nb", "a\\x0ab"), ("\u202e", "\\u202e"), ("\u2028", "\\u2028"), ("José", "José"), ("\x85", "\\x85"),
     ("\U000e0041", "\\U000e0041")],
)  # fmt: skip
def test_control_characters_are_shown_as_escapes(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_line_of_the_file_cannot_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"name: a\x1b]0;evil\x07\n")
    shown = render([problem(path, 1, 7)])
    assert "\x1b" not in shown
    assert "\\x1b]0;evil\\x07" in shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("password: abc", "password: ***"),
        ("  passphrase:  'a b'  # x", "  passphrase:  ***  # x"),
        ("{user: x, password: abc, file: y}", "{user: x, password: ***, file: y}"),
        ('{"password": "a, b", "x": 1}', '{"password": ***, "x": 1}'),
        ("password: ${env:PW}", "password: ${env:PW}"),
        ("sftp_password: abc", "sftp_password: ***"),
        ("{user: x, pasword: abc, file: y}", "{user: x, pasword: ***, file: y}"),
        ("passwd: abc", "passwd: ***"),
        ("Pwd: abc", "Pwd: ***"),
        ("url: sftp://u:abc@host/x", "url: sftp://u:***@host/x"),
        ("store: postgresql://u:${env:PW}@host/x", "store: postgresql://u:${env:PW}@host/x"),
        ("store: postgresql://u:a/b?c@host/x", "store: postgresql://u:***@host/x"),
        ("passwort: abc", "passwort: ***"),
        ("pasword: abc", "pasword: ***"),
        ("  pass word: abc", "  pass word: ***"),
        ("{user: x, pwd: abc}", "{user: x, pwd: ***}"),
        ("url: https://hooks.example.org/services/T1/abc", "url: https://hooks.example.org/***"),
        ("ping: {url: 'https://hc.example.org/abc', x: y}", "ping: {url: 'https://hc.example.org/***', x: y}"),
        ("url: https://hooks.example.org/${env:HOOK}", "url: https://hooks.example.org/${env:HOOK}"),
    ],
)
def test_what_may_be_a_secret_is_masked_in_every_line(line: str, shown: str) -> None:
    assert masked_line([line], 1) == shown


@pytest.mark.parametrize(
    "line",
    ["null_tokens: [NULL, N/A]", '"null_tokens": [NULL]', "  null_tokens: NULL", "{match_by: district_id, null_tokens: [x], fields: {}}"],
)
def test_a_key_that_only_sounds_like_a_secrets_is_shown(line: str) -> None:
    assert masked_line([line], 1) == line


@pytest.mark.parametrize(
    "text",
    [
        "password:\n  geheim", "password: # here\n  geheim", "password: |\n  geheim", "password: >-\n  x\n\n  geheim",
        "password: first\n  geheim", "password:\n- geheim", "s:\n  - password:\n      geheim",
        's: {password: "first\n  geheim", x: y}', "null_tokens: [x]\npassword:\n  geheim",
    ],
)  # fmt: skip
def test_a_secret_below_its_key_is_masked(text: str) -> None:
    lines = text.split("\n")
    shown = masked_line(lines, len(lines))
    assert "geheim" not in shown
    assert "***" in shown


@pytest.mark.parametrize(
    "text", ["source:\n  password: ${env:PW}\n  file: x", "null_tokens:\n  - x", "password: abc\nfile: x", "p: {password: abc}\n  x"]
)
def test_what_stands_beside_a_secret_or_after_it_is_shown(text: str) -> None:
    lines = text.split("\n")
    assert masked_line(lines, len(lines)) == lines[-1]


@pytest.mark.parametrize(
    ("line", "of"),
    [
        ("source: {type: sftp, password: abcdef, file: x/..}", "x/.."),
        ("source: {type: sftp, password: a, passphrase: 'bcd ef', file: x/..}", "x/.."),
        ("{url: sftp://u:geheim@host/x, file: y}", "file"),
        ("source: {type: sftp, password: abcdef}", "type"),
    ],
)
def test_the_caret_stays_below_its_place_behind_a_mask(tmp_path: Path, line: str, of: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(line)
    _, shown, caret, _ = render([problem(path, 1, line.index(of) + 1)]).split("\n")
    assert "***" in shown
    assert caret.index("^") == shown.index(of)


def test_the_caret_of_a_masked_place_stands_below_the_mask(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("password: abcdef")
    _, shown, caret, _ = render([problem(path, 1, 14)]).split("\n")
    assert caret.index("^") == shown.index("***")


def test_lines_of_a_private_key_are_masked() -> None:
    lines = ["key: |", "  -----BEGIN OPENSSH PRIVATE KEY-----", "  AAAA", "  -----END OPENSSH PRIVATE KEY-----", "name: x"]
    assert [masked_line(lines, number) for number in range(1, 6)] == ["key: |", "***", "***", "***", "name: x"]


def test_nothing_is_shown_of_an_endless_line(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("password" * 25_000)
    assert render([problem(path, 1, 1)]).count("\n") == 1


def test_a_file_that_is_gone_is_told_without_its_line(tmp_path: Path) -> None:
    assert render([problem(tmp_path / "gone.yaml")]).count("\n") == 1
