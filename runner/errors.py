"""The error tree: what can end a command, with the exit code that each kind has.

Expected trouble inside a run (refused rows, held guards, closed gates) is data and never raised. An exception
means that this command cannot go on; the command line turns it into one sentence, a hint and an exit code.
"""

from __future__ import annotations


class RunnerError(Exception):
    """A known reason why a command ends: one sentence, and a hint that says what to do.

    `code` is a stable kebab-case word for scripts; `exit_code` follows docs/operations.md.
    """

    exit_code = 1
    code = "failed"

    def __init__(self, text: str, hint: str | None = None, *, code: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint
        if code is not None:
            self.code = code


class UsageError(RunnerError):
    """Wrong words on the command line, or an unknown job."""

    exit_code = 64
    code = "usage"


class InvalidFiles(RunnerError):
    """A job or district file is invalid, so nothing started. `problems` are runner.problems.Problem values."""

    exit_code = 78
    code = "invalid-files"

    def __init__(self, text: str, hint: str | None = None, *, problems: tuple[object, ...] = ()) -> None:
        super().__init__(text, hint)
        self.problems = problems


class LockHeld(RunnerError):
    """Another run holds the store's lock."""

    exit_code = 75
    code = "lock-held"


class SourceError(RunnerError):
    """The source cannot be read. `retry` says whether waiting may help."""

    code = "source"

    def __init__(self, text: str, hint: str | None = None, *, code: str, retry: bool = False) -> None:
        super().__init__(text, hint, code=code)
        self.retry = retry


class FileRefused(RunnerError):
    """The input file is refused as a whole (the file health gate). `line` is the physical line where one is known."""

    code = "file-refused"

    def __init__(self, text: str, hint: str | None = None, *, code: str, line: int | None = None) -> None:
        super().__init__(text, hint, code=code)
        self.line = line


class StoreError(RunnerError):
    """The store cannot be opened, is too new, is locked by another writer, or is full."""

    code = "store"


class PlanStale(RunnerError):
    """A saved plan no longer fits: the input, the job, the district or a patron moved. Nothing was changed."""

    code = "plan-stale"


class NotFound(RunnerError):
    """No such run, patron or file."""

    code = "not-found"
