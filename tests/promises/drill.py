"""`runner` in a process that is ready before it is told to begin, so that fifty kills need not wait for fifty starts.

    python -m tests.promises.drill [--control | --until PIPE | --die STAGE begin|end] WORDS...

Imports everything, prints `ready`, waits for a line, then does what `runner WORDS...` does. With --control the store commits after
every statement of an apply and rests a moment, as no store should: a harness that is worth anything must see it torn. With --until a
run that has the store's lock goes on only when somebody has written to PIPE and closed it. With --die it kills itself where that
stage begins or ends.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import runner.cli.outcome_text
import runner.cli.run
import runner.run.engine
import runner.run.timing
import runner.store.store
from runner.cli.main import main
from runner.run.prepare import Prepared
from runner.run.progress import Stage
from runner.run.timing import Timed
from runner.store.apply import apply
from runner.store.commit import Applied, Commit
from runner.store.session import Session

PAUSE = 0.1  # seconds after each commit, so that kills fall between them however fast the machine is


def commit_each_statement(session: Session) -> None:
    run = session.run

    def torn(sql: str, *params: object) -> int:
        count = run(sql, *params)
        if sql.startswith(("UPDATE", "INSERT", "DELETE")):
            run("COMMIT")
            time.sleep(PAUSE)
            run("BEGIN IMMEDIATE")
        return count

    session.run = torn  # type: ignore[method-assign]


def in_pieces(session: Session, commit: Commit) -> Applied:
    commit_each_statement(session)
    return apply(session, commit)


def hold_until(pipe: Path) -> None:
    prepare = vars(runner.run.engine)["prepare"]

    def waiting(*given: Any, **named: Any) -> Prepared:
        pipe.read_bytes()
        done: Prepared = prepare(*given, **named)
        return done

    vars(runner.run.engine)["prepare"] = waiting


def die_at(stage: str, when: str) -> None:
    of_the_run = Timed.stage

    @contextmanager
    def deadly(timed: Timed, name: str, total: int | None = None) -> Iterator[Stage]:
        if (name, when) == (stage, "begin"):
            os.kill(os.getpid(), signal.SIGKILL)
        with of_the_run(timed, name, total) as told:
            yield told
        if (name, when) == (stage, "end"):
            os.kill(os.getpid(), signal.SIGKILL)

    vars(runner.run.timing)["Timed"].stage = deadly


if __name__ == "__main__":
    if sys.argv[1] == "--control":
        del sys.argv[1]
        vars(runner.store.store)["apply"] = in_pieces
    elif sys.argv[1] == "--until":
        hold_until(Path(sys.argv[2]))
        del sys.argv[1:3]
    elif sys.argv[1] == "--die":
        die_at(sys.argv[2], sys.argv[3])
        del sys.argv[1:4]
    print("ready", flush=True)
    sys.stdin.readline()
    main()
