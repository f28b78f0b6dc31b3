"""A job that is named by its file, from a folder that is not its workspace: what is printed can be typed there."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import JOB, Type

CAREFUL = JOB + "guards: {create: {number: 0}}\n"


@pytest.fixture
def file(workspace: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The job's file; the working directory is another folder, in which there are no jobs."""
    (folder / "students.yaml").write_text(CAREFUL)
    (workspace / "desk").mkdir()
    monkeypatch.chdir(workspace / "desk")
    return str(folder / "students.yaml")


def commands(told: str) -> list[list[str]]:
    return [shlex.split(line)[1:] for line in told.splitlines() if line.strip().startswith("runner ")]


def test_what_a_run_advises_can_be_typed(file: str, typed: Type) -> None:
    approve, reject = commands(typed("run", file).stdout)
    assert (typed(*approve).exit_code, typed(*reject).exit_code) == (0, 1)


def test_its_runs_are_listed(file: str, typed: Type, answered: Any) -> None:
    typed("run", file)
    assert [each["job"] for each in answered("runs", file)["runs"]] == ["springfield/students"]


def test_a_plan_that_was_saved_can_be_applied(file: str, folder: Path, typed: Type) -> None:
    (folder / "students.yaml").write_text(JOB)
    told = typed("plan", file, "-o", "plan.bin").stdout
    words = shlex.split(told[told.index("runner apply") :].splitlines()[0])[1:]
    assert typed(*words).exit_code == 0


def test_in_its_own_workspace_nothing_is_added(workspace: Path, folder: Path, typed: Type) -> None:
    (folder / "students.yaml").write_text(CAREFUL)
    assert "--jobs" not in typed("run", str(folder / "students.yaml")).stdout


@pytest.mark.parametrize(
    "words",
    [("run", "springfield/nobody"), ("plan",), ("apply", "no.plan"), ("undo", "20261015T120000Z-springfield-students-0000"), ("approve",)],
    ids=lambda words: words[0],
)
def test_the_document_of_a_run_that_did_not_start_has_all_keys_too(words: tuple[str, ...], typed: Type) -> None:
    document = json.loads(typed(*words, "--json").stdout)
    keys = ("run", "job", "kind", "status", "counts", "removal", "held", "messages", "changes", "files")
    assert {key: document[key] for key in keys} == dict.fromkeys(keys)
    assert set(document["error"]) == {"code", "text", "hint"}


def test_the_documents_of_other_commands_have_none_of_them(typed: Type) -> None:
    assert set(json.loads(typed("explain", "nothing-of-the-kind", "--json").stdout)) == {"schema", "error"}


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("jobs", ("--jobs", ".", "run", "springfield/students")),
        ("jobs/springfield", ("--jobs", "..", "run", "springfield/students")),
        ("jobs/springfield", ("run", "students.yaml")),
        ("jobs/springfield/exports", ("run", "../students.yaml")),
        ("jobs/springfield", ("run", "../springfield/students.yaml")),
    ],
    ids=" ".join,
)
def test_dots_lead_to_the_same_district_and_the_same_store(
    where: str, words: tuple[str, ...], workspace: Path, typed: Type, answered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed("run", "springfield/students")
    monkeypatch.chdir(workspace / where)
    again = answered(*words)
    assert (again["job"], again["counts"]["unchanged"]) == ("springfield/students", 3)
    assert sorted(path.name for path in workspace.iterdir()) == ["jobs", "var"]
    assert sorted(path.name for path in (workspace / "var").iterdir() if path.name != "crash") == ["springfield"]


def test_a_district_that_is_checked_from_within_has_no_other_with_its_store(
    folder: Path, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (folder / "district.yaml").open("a") as file:
        file.write("store: sqlite:///patrons.db\n")
    (folder / "exports").mkdir(exist_ok=True)
    monkeypatch.chdir(folder / "exports")
    for words in (("check", ".."), ("check", "../students.yaml"), ("check", "--jobs", "../..")):
        assert typed(*words).exit_code == 0, words
