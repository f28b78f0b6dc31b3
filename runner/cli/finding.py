"""What a probe of `doctor` finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from msgspec import Struct

from runner.errors import RunnerError


class Finding(Struct, frozen=True):
    """One line: what was looked at, how it is, and what to do where it is not well. `warning` does not fail the command."""

    name: str
    state: Literal["ok", "warning", "wrong"]
    text: str
    hint: str | None = None


def safely(name: str, probe: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """The probe's findings; trouble that it met is a finding too."""
    try:
        return list(probe())
    except RunnerError as error:
        return [Finding(name, "wrong", error.text, error.hint)]
    except OSError as error:
        return [
            Finding(
                name,
                "wrong",
                f"{error.filename or name}: {(error.strerror or 'cannot be used').lower()}",
                "check the rights of the account",
            )
        ]
