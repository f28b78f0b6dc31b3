"""What may reach a terminal: nothing that moves the cursor, hides or turns text; colours only where they are wanted."""

from __future__ import annotations

import io
import json
import os

import pytest

from runner.cli.screen import Screen, coloured, complain, painted
from runner.cli.settings import Settings

HOSTILE = "a\x1b[2Jb\u202ec\x9bd\re"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_control_characters_are_escaped_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(Settings())
    screen.answer(HOSTILE)
    screen.story(HOSTILE)
    screen.table(("x",), [(HOSTILE,)])
    complain(HOSTILE, HOSTILE)
    told = capsys.readouterr()
    for character in "\x1b\u202e\x9b\r":
        assert character not in told.out + told.err
    assert "\\x1b[2Jb\\u202ec\\x9bd\\x0de" in told.out


def test_a_json_document_is_ascii_and_names_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(Settings()).document({"name": HOSTILE})
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == {"schema": 1, "name": HOSTILE}


def test_a_json_document_never_holds_a_number_that_json_does_not_know() -> None:
    with pytest.raises(ValueError):
        Screen(Settings()).document({"share": float("nan")})


def test_quiet_silences_the_story_and_not_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(Settings(quiet=True))
    screen.story("reading")
    screen.answer("done")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("done\n", "")


def test_a_plain_table_lines_up_and_cuts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(Settings()).table(("name", "number"), [("a" * 200, 7), ("b", 1000)], right=(1,))
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["  name" + " " * 196 + "  number", "  " + "a" * 200 + "       7", "  b" + " " * 199 + "    1000"]


def test_a_table_on_a_terminal_wraps_and_reads_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    Screen(Settings()).table(("name", "text"), [("[red]x[/red]", "word " * 30)])
    assert "[red]x[/red]" in out.getvalue()
    assert "\x1b" not in out.getvalue()
    assert max(len(line) for line in out.getvalue().splitlines()) <= 40


@pytest.mark.parametrize(
    ("environment", "terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colours_follow_the_environment_then_the_terminal(
    environment: dict[str, str], terminal: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert coloured(Terminal() if terminal else io.StringIO()) is expected


def test_paint_changes_nothing_without_colours() -> None:
    assert painted("text", "red", io.StringIO()) == "text"


def test_a_reader_that_went_away_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        Screen(Settings()).answer("x" * 100_000)
        Screen(Settings()).answer("again")
