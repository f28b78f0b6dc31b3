"""A problem of a file, told the way compilers tell it; the words and the masking of secrets are runner.job.render's."""

from __future__ import annotations

from typing import Any, cast

from runner.job.render import plain, render
from runner.problems import Problem


def as_text(problem: object) -> str:
    """`path:line:column: error CODE: ...`, then the line with a caret and the hint (docs/interface.md section 4)."""
    return render([cast(Problem, problem)])


def as_line(problem: Problem) -> str:
    """The first line of `as_text` alone, for editors and grep."""
    return render([problem], "concise")


def as_github(problem: Problem) -> str:
    """A workflow command that GitHub shows beside the line of a pull request."""
    return render([problem], "github")


def as_document(problem: object) -> dict[str, Any]:
    """The problem as plain values for JSON; every key is always there."""
    return plain(cast(Problem, problem))
