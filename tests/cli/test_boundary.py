"""Whatever ends a command: one sentence, a hint, an exit code; never a traceback on the screen (docs/promises: A9, P1, P2)."""

from __future__ import annotations

import errno
import json
import stat
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from runner.cli import boundary, crash
from runner.cli.main import runner
from runner.cli.settings import Settings
from runner.errors import FileRefused, InvalidFiles, LockHeld, NotFound, PlanStale, RunnerError, SourceError, StoreError, UsageError
from runner.problems import Place, Problem
from runner.run.identity import user

CANARY = "Zaphod-Beeblebrox"


def broken(value: str) -> None:
    raise KeyError(value)


def raised(error: BaseException | None = None) -> BaseException:
    try:
        if error is not None:
            raise error
        broken(CANARY)
    except BaseException as caught:
        return caught
    raise AssertionError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RunnerError("it failed"), 1),
        (SourceError("no server", code="network", retry=True), 1),
        (FileRefused("no rows", code="header-only"), 1),
        (StoreError("too new"), 1),
        (PlanStale("moved"), 1),
        (NotFound("no such run"), 1),
        (UsageError("no such job"), 64),
        (click.UsageError("no such option"), 64),
        (click.BadParameter("wrong"), 64),
        (click.Abort(), 130),
        (KeyboardInterrupt(), 130),
        (SystemExit(143), 143),
        (SystemExit(0), 0),
        (LockHeld("a run is going on"), 75),
        (InvalidFiles("the job is invalid"), 78),
        (OSError(errno.ENOSPC, "No space left on device", "/var/x"), 1),
        (PermissionError(errno.EACCES, "Permission denied", "/var/x"), 1),
        (ValueError("a bug"), 70),
        (RecursionError(), 70),
        (EOFError(""), 70),
    ],
)
def test_each_end_has_its_exit_code(error: BaseException, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert boundary.exit_code_for(raised(error), Settings(var_given=tmp_path)) == code


def test_a_library_eof_that_click_takes_for_ctrl_d_is_a_bug(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    abort = click.Abort()
    abort.__cause__ = EOFError("")
    assert boundary.exit_code_for(raised(abort), Settings(var_given=tmp_path)) == 70


def test_a_known_error_is_one_sentence_and_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    boundary.exit_code_for(RunnerError("the file is empty", "ask for a new one"), Settings())
    assert capsys.readouterr().err == "error: the file is empty\nhint: ask for a new one\n"


def test_with_json_a_known_error_is_a_document_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    boundary.exit_code_for(RunnerError("the file is empty", "ask for a new one", code="file-empty"), Settings(json=True))
    told = json.loads(capsys.readouterr().out)
    assert told == {"schema": 1, "error": {"code": "file-empty", "text": "the file is empty", "hint": "ask for a new one"}}


def test_invalid_files_show_each_problem_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("version: 1\nkind: patron\n")
    problem = Problem(file, Place(2, 7), "value-invalid", "kind is patrons or circulation", "write patrons")
    boundary.exit_code_for(InvalidFiles("1 problem", problems=(problem,)), Settings())
    err = capsys.readouterr().err
    assert f"{file}:2:7: error value-invalid: kind is patrons or circulation\n  | kind: patron\n  |       ^\n  hint: write patrons\n" in err


def test_invalid_files_stand_in_the_json_document(capsys: pytest.CaptureFixture[str]) -> None:
    problem = Problem(Path("a.yaml"), Place(2, 7), "value-invalid", "no", None, "kind")
    boundary.exit_code_for(InvalidFiles("1 problem", problems=(problem,)), Settings(json=True))
    told = json.loads(capsys.readouterr().out)["problems"]
    assert told == [
        {"path": "a.yaml", "line": 2, "column": 7, "severity": "error", "code": "value-invalid", "key": "kind", "text": "no", "hint": None}
    ]


def test_a_bug_prints_no_traceback_and_no_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    boundary.exit_code_for(raised(), Settings(var_given=tmp_path))
    told = capsys.readouterr()
    assert CANARY not in told.out + told.err
    assert "Traceback" not in told.err
    assert "KeyError" in told.err


def test_a_bug_keeps_its_traceback_private_and_without_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = raised()
    error.__context__ = raised(ValueError(CANARY))
    boundary.exit_code_for(error, Settings(var_given=tmp_path))
    (kept,) = (tmp_path / "crash").iterdir()
    text = kept.read_text()
    assert CANARY not in text
    assert "in broken" in text
    assert "builtins.ValueError" in text
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_a_bug_in_a_run_is_kept_in_the_run_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = raised()
    error.run_folder = tmp_path / "runs" / "r1"  # type: ignore[attr-defined]
    boundary.exit_code_for(error, Settings(var_given=tmp_path / "var"))
    assert len(list((tmp_path / "runs" / "r1").glob("traceback-*.txt"))) == 1


def test_a_bug_is_told_even_where_nothing_can_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert boundary.exit_code_for(raised(), Settings(var_given=file)) == 70
    assert "could not be kept" in capsys.readouterr().err


def test_the_whole_traceback_is_shown_on_wish_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    boundary.exit_code_for(raised(), Settings(var_given=tmp_path, debug_unsafe=True))
    assert CANARY in capsys.readouterr().err


def test_a_circle_of_causes_is_told_once() -> None:
    first, second = ValueError(), KeyError()
    first.__context__, second.__context__ = second, first
    assert crash.told(first).count("builtins.") == 2


def test_words_that_cannot_be_read_are_answered_in_json_too() -> None:
    answer = CliRunner().invoke(runner, ["plan", "--no-such", "--json"])
    assert answer.exit_code == 64
    assert json.loads(answer.stdout)["error"]["code"] == "usage"


def test_a_document_after_two_dashes_is_no_option() -> None:
    assert CliRunner().invoke(runner, ["nosuch", "--", "--json"]).stdout == ""


@pytest.mark.parametrize(("word", "near"), [("chek", "check"), ("pln", "plan"), ("nxt", "next")])
def test_an_unknown_command_names_the_nearest(word: str, near: str) -> None:
    answer = CliRunner().invoke(runner, [word])
    assert answer.exit_code == 64
    assert f"did you mean {near}" in answer.stderr


def test_no_command_is_no_success() -> None:
    answer = CliRunner().invoke(runner, [])
    assert (answer.exit_code, answer.stdout) == (64, "")
    assert "Commands:" in answer.stderr


@pytest.mark.parametrize(
    "words", [("patron", "caf\udce9"), ("run", "s/students", "--accept-input", "caf\udce9"), ("--var", "caf\udce9", "runs")]
)
def test_words_that_are_no_text_are_answered_and_no_bug(words: tuple[str, ...]) -> None:
    answer = CliRunner().invoke(runner, list(words))
    assert (answer.exit_code, "is not UTF-8" in answer.stderr) == (64, True)


def test_a_folder_named_by_the_environment_that_is_no_text_is_answered_and_no_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNNER_VAR", "caf\udce9")
    answer = CliRunner().invoke(runner, ["runs"])
    assert (answer.exit_code, "is not UTF-8" in answer.stderr) == (64, True)


def test_an_account_whose_name_is_no_text_is_named_by_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "caf\udce9")
    assert user() == "caf\\udce9"
