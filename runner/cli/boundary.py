"""The only error boundary: whatever ends a command becomes one sentence, a hint and an exit code here and nowhere else."""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from runner.cli.screen import Screen, complain, write
from runner.cli.settings import Settings
from runner.errors import InvalidFiles, RunnerError
from runner.stopping import came_too_late, is_finishing

USAGE, BUG, INTERRUPTED, TERMINATED = 64, 70, 130, 143

# The document of these verbs has all of its keys always (docs/interface.md section 5); where nothing started nothing is known.
_RUNNING = ("plan", "apply", "run", "approve", "undo")
_OF_A_RUN = ("run", "job", "kind", "status", "counts", "removal", "held", "messages", "changes", "files")
_MACHINE = {
    errno.ENOSPC: "make room on that disk, then run the command again; what was stored before is untouched",
    errno.EDQUOT: "the account's disk quota is used up: make room, then run the command again",
    errno.EROFS: "the folder is mounted read-only: choose another one with --var",
    errno.EACCES: "give the account that runs runner the right to it, or choose another folder with --jobs or --var",
    errno.EPERM: "give the account that runs runner the right to it, or choose another folder with --jobs or --var",
    errno.EMFILE: "too many files are open: raise the limit (ulimit -n) and run the command again",
    errno.ENOTDIR: "one part of that path is a file: choose another folder with --jobs or --var",
    errno.EISDIR: "that is a folder: name a file",
    errno.ENAMETOOLONG: "that path is too long: choose a shorter one",
}


def exit_code_for(error: BaseException, settings: Settings) -> int:
    """Tells the person (and, with --json, the program) why the command ended, and gives its exit code."""
    match error:
        case InvalidFiles():
            return _known(error, settings, problems=error.problems)
        case RunnerError():
            return _known(error, settings)
        case click.exceptions.NoArgsIsHelpError():
            return _help_instead(error, settings)
        case click.ClickException():
            return _usage(error, settings)
        case click.Abort() if not isinstance(error.__cause__, EOFError):
            return say_stopped(INTERRUPTED, settings, done=came_too_late(error.__cause__))
        case KeyboardInterrupt():
            return say_stopped(INTERRUPTED, settings, done=came_too_late(error))
        case SystemExit():
            return _system_exit(error, settings)
        case OSError() if error.errno in _MACHINE:
            return _machine(error, settings)
        case _:
            return _bug(error.__cause__ if isinstance(error, click.Abort) and error.__cause__ else error, settings)


def _known(error: RunnerError, settings: Settings, problems: Sequence[object] = ()) -> int:
    from runner.cli.problem_text import as_document, as_text

    if settings.json:
        more = {"problems": [as_document(problem) for problem in problems]} if problems else {}
        _document(settings, error.code, error.text, error.hint, **more)
    for problem in problems:
        write(sys.stderr, as_text(problem) + "\n")
    complain(error.text, error.hint)
    return error.exit_code


def _usage(error: click.ClickException, settings: Settings) -> int:
    context = getattr(error, "ctx", None)
    hint = f"see: {context.command_path} --help" if context is not None else "see: runner --help"
    text = _sentence(error.format_message())
    if settings.json:
        _document(settings, "usage", text, hint)
    complain(text, hint)
    return USAGE


def _help_instead(error: click.UsageError, settings: Settings) -> int:
    # Asked for nothing, so nothing was done: help on stderr, and not a success.
    if settings.json:
        _document(settings, "usage", "no command was given", "see: runner --help")
    write(sys.stderr, error.format_message() + "\n")
    return USAGE


_ROLLED_BACK = "stopped by a signal; an open transaction was rolled back"
_DONE = "stopped by a signal that came too late to stop the run: it is done, and `runner runs` shows it"
_CUT_SHORT = "stopped by a signal while the run was being finished: `runner runs` shows what it did; its report and messages may be missing"


def say_cut_short(code: int, settings: Settings) -> int:
    """The same of a command that is ended from outside of its main thread, wherever that is."""
    return _say_stopped(code, settings, _CUT_SHORT if is_finishing() else _ROLLED_BACK)


def say_stopped(code: int, settings: Settings, *, done: bool = False) -> int:
    """Tells that a signal ended the command, and gives its exit code. `done`: what it was at was finished first."""
    return _say_stopped(code, settings, _DONE if done else _ROLLED_BACK)


def _say_stopped(code: int, settings: Settings, text: str) -> int:
    if settings.json:
        _document(settings, "interrupted", text, None)
    complain(text)
    return code


def _system_exit(error: SystemExit, settings: Settings) -> int:
    if error.code == TERMINATED:
        return say_stopped(TERMINATED, settings, done=came_too_late(error))
    return error.code if isinstance(error.code, int) else 0 if error.code is None else 1


def _machine(error: OSError, settings: Settings) -> int:
    name = error.filename if isinstance(error.filename, str) else "a file"
    text = f"{name}: {(error.strerror or 'cannot be used').lower()}"
    hint = _MACHINE[error.errno or 0]
    if settings.json:
        _document(settings, "machine", text, hint)
    complain(text, hint)
    return 1


def _bug(error: BaseException, settings: Settings) -> int:
    from runner.cli.crash import keep_traceback, where

    if settings.debug_unsafe:
        traceback.print_exception(error)
    folder = getattr(error, "run_folder", None)
    kept = keep_traceback(error, folder if isinstance(folder, Path) else settings.var / "crash")
    text = f"a bug in runner ended this command: {where(error)}"
    hint = f"please report it with {kept}, which holds no patron data" if kept else "please report it; its traceback could not be kept"
    if settings.json:
        _document(settings, "bug", text, hint)
    complain(text, hint)
    return BUG


def _document(settings: Settings, code: str, text: str, hint: str | None, **more: object) -> None:
    if settings.answered:
        return  # with a document that a signal may have cut: a second one would make it two
    of_a_run = dict.fromkeys(_OF_A_RUN) if settings.verb in _RUNNING else {}
    with suppress(OSError):  # where nothing can be printed, the exit code and stderr have to do
        Screen(settings).document({**of_a_run, "error": {"code": code, "text": text, "hint": hint}, **more})


def _sentence(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".") if text else "unreadable words"
