"""Every broken file in broken/ gives exactly the problems that its comments name, each at its line and column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner.job.codes import CHECK_CODES
from runner.job.load import check_paths
from runner.job.render import render
from runner.problems import Problem

HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken").glob("*.yaml"))
DISTRICT = (HERE / "good" / "district.yaml").read_text(encoding="utf-8")


def problems_of(file: Path, folder: Path) -> list[Problem]:
    """The problems of one file of the corpus, put into a district whose other file is good."""
    district = folder / "springfield"
    district.mkdir()
    (district / "district.yaml").write_text(DISTRICT, encoding="utf-8")
    target = district / ("district.yaml" if file.name.startswith("district") else "students.yaml")
    target.write_bytes(file.read_bytes())
    return check_paths([target])


def told(problem: Problem) -> str:
    return f"{problem.code} {problem.place.line}:{problem.place.column}" if problem.place else problem.code


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_a_broken_file_gives_exactly_the_problems_it_names(file: Path, tmp_path: Path) -> None:
    expected = re.findall(r"^# expect: (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    assert [told(problem) for problem in problems_of(file, tmp_path)] == expected
    assert expected


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_every_problem_says_what_to_type_and_shows_no_secret(file: Path, tmp_path: Path) -> None:
    problems = problems_of(file, tmp_path)
    assert [problem.code for problem in problems if not problem.hint] == []
    shown = "".join(render(problems, form) for form in ("text", "concise", "json", "github")).replace(str(tmp_path), "")
    assert "S3cret" not in shown
    assert "5349" not in shown


def test_the_corpus_is_large_and_every_code_in_it_is_explained() -> None:
    codes = {code for file in BROKEN for code in re.findall(r"^# expect: (\S+)", file.read_text(encoding="utf-8"), re.MULTILINE)}
    assert len(BROKEN) >= 45
    assert codes - CHECK_CODES.keys() == set()


def test_all_good_files_have_no_problem(tmp_path: Path) -> None:
    district = tmp_path / "springfield"
    district.mkdir()
    for file in (HERE / "good").glob("*.yaml"):
        (district / file.name).write_bytes(file.read_bytes())
    assert check_paths([tmp_path]) == []
