"""`runner`: the words typed become a call of one verb and an exit code."""

from __future__ import annotations

import gc
import os
import resource
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from runner import __version__
from runner.cli.boundary import exit_code_for, say_cut_short
from runner.cli.settings import Settings, everywhere
from runner.cli.verbs import VERBS, LazyVerbs
from runner.errors import UsageError
from runner.half_letters import escaped, has_half_letters

_FIRST_FREE = 3  # after stdin, stdout and stderr


class Runner(LazyVerbs):
    """The command `runner`. A verb's function gives its exit code (None is 0); every exception passes the error boundary."""

    settings = Settings()

    def main(self, args: Sequence[str] | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        """Runs the verb that `args` name and ends the process with its exit code (docs/interface.md section 4)."""
        words = list(sys.argv[1:] if args is None else args)
        # Known before the words are read, so that unreadable words are answered in JSON too.
        own = _before_dashes(words)
        settings = self.settings = Settings(json="--json" in own, verb=next((word for word in own if word in VERBS), None))
        extra["prog_name"] = "runner"
        extra["standalone_mode"] = False
        try:
            _refuse_what_is_no_text([*words, *(os.environ.get(name, "") for name in ("RUNNER_JOBS", "RUNNER_VAR"))])
            code = super().main(words, obj=settings, **extra)
        except BaseException as error:  # nothing may pass, a panic of a library included
            code = exit_code_for(error, settings)
        raise SystemExit(code if isinstance(code, int) else 0)


@click.command(cls=Runner, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, no_args_is_help=True)
@click.version_option(__version__, prog_name="runner", message="%(prog)s %(version)s")
@everywhere
def runner() -> None:
    """Bring a library's patron store in line with a school district's nightly file.

    A job is named DISTRICT/JOB, such as demo/students, or by the path of its file.

    Exit codes: 0 done or nothing to change; 1 failed for a known reason; 2 `plan --detailed-exitcode` with changes;
    3 finished but incomplete; 64 wrong words; 70 a bug; 75 another run holds the lock; 78 a file is invalid, so nothing started;
    130 and 143 stopped by a signal.
    """


def main() -> NoReturn:
    """The command on the words of this process."""
    keep_private()
    open_closed_streams()
    prefer_speed()
    from runner.cli.signals import end_on_signals

    end_on_signals(lambda code: say_cut_short(code, runner.settings))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    runner.main()


def program() -> NoReturn:
    """The console script `runner`: `main`, and a quick end."""
    try:
        main()
    except SystemExit as over:
        _leave(over)


def keep_private() -> None:
    """First of all: whatever is made from here on is private to this account, and what ends the process leaves no core file in the working
    directory (Ctrl-\\ would): it holds patrons and their passwords. Processes that this one begins keep to both."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def open_closed_streams() -> None:
    """Streams that the process was started without lead nowhere: no file opened later gets their number, and is written into."""
    while (spare := os.open(os.devnull, os.O_RDWR)) < _FIRST_FREE:
        os.set_inheritable(spare, True)
    os.close(spare)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))


def prefer_speed() -> None:
    """Settings for a short process that holds few objects and large columns: a fifth of a nightly run's time.

    (docs/decisions/0509-memory-that-is-touched-once.md)"""
    # Read by polars' allocator when it is loaded: two heaps, for what one thread gives back another takes, and no memory kept for long.
    os.environ.setdefault("_RJEM_MALLOC_CONF", "narenas:2,dirty_decay_ms:300")
    # Read by polars' reader of lines: its pieces of a file (bytes) are soon given back, and the next ones take their place.
    os.environ.setdefault("POLARS_NDJSON_CHUNK_SIZE", "500000")
    # Threads that read and write large blocks need the interpreter for moments: they get it sooner.
    sys.setswitchinterval(0.001)
    # The modules' own objects stay for good; looking through them for garbage while they are made finds none.
    gc.set_threshold(200_000, 20, 20)


def _leave(over: SystemExit) -> NoReturn:
    """Ends the process at once: everything is written and closed, and giving back a million patrons' memory piece by piece takes time."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        raise over from None  # nobody reads any more: the usual end says so in its own way
    os._exit(over.code if isinstance(over.code, int) else 0)


def _refuse_what_is_no_text(words: Sequence[str]) -> None:
    """Raises UsageError."""
    for word in words:
        if has_half_letters(word):
            raise UsageError(f"'{escaped(word)}' is not UTF-8", "type it in a terminal that is set to UTF-8, or rename the file or folder")


def _before_dashes(words: list[str]) -> list[str]:
    return words[: words.index("--")] if "--" in words else words


if __name__ == "__main__":
    program()
