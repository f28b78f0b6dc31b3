"""A workspace in which a story's deeds are done by the real commands, with every fast path forced on or off; and what each of them gave."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from click.testing import CliRunner, Result

import runner.run.engine
from runner.cli.main import runner as command
from runner.store.store import open_store
from tests.stories import keeping
from tests.stories.desk import Desk, PostgresDesk, SqliteDesk, put_back
from tests.stories.facts import Answer, Apply, Backup, Damage, Deed, NewKey, Plan, Restore, Run, Say, Staff, Story, Variable, Wait, Write
from tests.stories.sameness import READ_IN_FULL, Facts, Sameness

_BUG = 70
_KEY = "keys/fingerprints.key"


class Workspace:
    """One district, `small`. `address`: its store is there, in PostgreSQL."""

    def __init__(self, root: Path, setting: Literal["on", "off"], story: Story, address: str | None = None) -> None:
        self.root, self.setting, self.story, self.address = root, setting, story, address
        self.folder, self.var = root / "jobs" / "small", root / "var" / "small"
        self.store = self.var / "patrons.db"
        (self.folder / "exports").mkdir(parents=True)
        (self.var / _KEY).parent.mkdir(parents=True, mode=0o700)
        self._write_key("k")
        self.sameness = Sameness(root, address)
        self.desk: Desk = PostgresDesk(address) if address else SqliteDesk(self.store)
        self.now = datetime.fromisoformat("2026-10-15T07:00:00Z")
        self.environment = {"RUNNER_FAST_PATHS": setting if setting == "off" or story.forced else "", "STORE": address or ""}
        self.backups: list[Path] = []
        self.in_full: dict[str, list[str]] = {}  # why runs read every line

    def do(self, deed: Deed) -> Facts:
        """One deed, and what it answered; nothing where there is nothing to say."""
        match deed:
            case Wait(until):
                self.now = datetime.fromisoformat(until)
            case Write(name, content):
                self._write(self.folder / name, content)
            case Variable(name, value):
                self.environment[name] = value
            case Staff(edits):
                return {"staff": [self.sameness.text(said) for said in self.desk.edit(edits)]}
            case Backup() | Restore():
                self._copy_store(deed)
            case Damage(files, how):
                for spoilt in sorted(self.var.glob(files)):
                    _spoil(spoilt, how)
            case NewKey(letter):
                self._write_key(letter)
            case Run() | Plan() | Apply() | Answer() | Say():
                return self._command(deed)
        return {}

    def close(self) -> None:
        self.desk.close()

    def _command(self, deed: Run | Plan | Apply | Answer | Say) -> Facts:
        match deed:
            case Run(job, words, staff, fault):
                with _disturbed(self.desk, staff), _stopped(fault):
                    return self._outcome(self._typed("run", f"small/{job}", *words, "--json", "--limit", "0"), broken=fault is not None)
            case Plan(job, words, saved):
                kept = ("-o", str(self.root / saved)) if saved else ()
                return self._outcome(self._typed("plan", f"small/{job}", *words, *kept, "--json", "--limit", "0"))
            case Apply(saved):
                return self._outcome(self._typed("apply", str(self.root / saved), "--json", "--limit", "0"))
            case Answer(verb, back, patron):
                if back > len(self.sameness.runs):
                    return {}
                whole = () if verb == "reject" else ("--limit", "0")
                named = ("--patron", patron) if patron else ()
                return self._outcome(self._typed(verb, self.sameness.runs[-back], *named, "--json", *whole))
            case Say(words):
                done = self._typed(*words, "--district", "small")
                said = {"exit code": [str(done.exit_code)], "said": self.sameness.text(done.stdout).splitlines()}
                return said | {"bug": self._bug(done)}

    def _typed(self, *words: str) -> Result:
        """A command as somebody types it, a minute after the one before."""
        self.now += timedelta(seconds=61)
        environment = {**self.environment, "RUNNER_NOW": self.now.isoformat()}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.story.limits.items() if self.setting == "on" else ():
                patch.setattr(name, value)
            return CliRunner().invoke(command, ["--jobs", str(self.root / "jobs"), *words], env=environment)

    def _outcome(self, done: Result, *, broken: bool = False) -> Facts:
        """What a command that plans or runs gave: its exit code, its JSON, its report. `broken`: a bug was made on purpose."""
        document = _document(done.stdout)
        run = document.get("run")
        self._note_runs()
        if reasons := [each["text"] for each in document.get("messages") or () if each["code"] == READ_IN_FULL]:
            self.in_full[str(run)] = reasons
        found = {"exit code": [str(done.exit_code)], "answer": self.sameness.document(document), "bug": [] if broken else self._bug(done)}
        if run and (folder := self.var / "runs" / run).exists():
            found |= self.sameness.report(folder, in_full=run in self.in_full)
        return found

    def _bug(self, done: Result) -> list[str]:
        """What is told of a bug: on both sides it is a difference too, for each names itself."""
        if done.exit_code != _BUG:
            return []
        kept = [path.read_text(encoding="utf-8").splitlines() for path in sorted(self.var.rglob("traceback-*.txt"))]
        return [self.setting, *done.stderr.splitlines(), *(line for lines in kept for line in lines)]

    def _note_runs(self) -> None:
        runs = self.var / "runs"
        names = sorted(path.name for path in runs.iterdir()) if runs.exists() else []
        self.sameness.runs += [name for name in names if name not in self.sameness.runs]

    def holds(self) -> Facts:
        """What the workspace holds now; `unsound`: what is untrue of it whatever another one holds, asked where fast paths are taken."""
        tables = self.desk.tables()
        if not tables:
            return {}
        found = keeping.tables_of(tables, self.sameness) | keeping.files_below(self.var, self.sameness) | {"unsound": []}
        store = open_store(self.address or self.store, create=False, now=self.now)
        with store.reader() as reader:
            found |= keeping.remembered(reader, self.story.jobs)
            if self.setting == "on":
                for job in self.story.jobs:
                    found["unsound"] += keeping.lines_beside_baseline(reader, f"small/{job}", self.var / "lines")
        if self.setting == "on" and not self.address:
            found["unsound"] += keeping.copy_beside_table(store)
        return found

    def _write(self, path: Path, content: bytes) -> None:
        if path.name == "district.yaml" and self.address:
            content += b"store: '${env:STORE}'\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (self.now.timestamp(), self.now.timestamp()))

    def _write_key(self, letter: str) -> None:
        """The key is random otherwise, and with it the hashes of rows that have a password."""
        path = self.var / _KEY
        path.touch(mode=0o600)
        path.write_bytes(letter.encode() * 32)

    def _copy_store(self, deed: Backup | Restore) -> None:
        if not isinstance(self.desk, SqliteDesk):
            return
        if isinstance(deed, Backup) and self.store.exists():
            self.backups.append(self.root / f"backup{len(self.backups)}.db")
            self.desk.backup(self.backups[-1])
        elif isinstance(deed, Restore) and self.backups:
            put_back(self.store, self.backups[deed.which % len(self.backups)], over=deed.over)


def _document(text: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:
        return {"text": text}
    return found


def _spoil(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    if how == "gone":
        path.unlink()
    elif how == "cut":
        path.write_bytes(content[:-9])
    elif content:
        content[len(content) // 2] ^= 255
        path.write_bytes(content)


@contextmanager
def _disturbed(desk: Desk, statements: tuple[str, ...]) -> Iterator[None]:
    """A run whose plan meets what staff did after it was made."""
    commit_plan = vars(runner.run.engine)["commit_plan"]

    def after_staff(*given: Any, **named: Any) -> Any:
        desk.edit(statements)
        return commit_plan(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        if statements:
            patch.setattr(runner.run.engine, "commit_plan", after_staff)
        yield


@contextmanager
def _stopped(fault: tuple[str, str] | None) -> Iterator[None]:
    """A run that ends in the middle."""
    errors = {"interrupt": KeyboardInterrupt(), "disk full": OSError(errno.ENOSPC, "No space left on device"), "end": SystemExit(143)}

    def fail(*given: Any, **named: Any) -> None:
        assert fault is not None
        raise errors[fault[1]]

    with pytest.MonkeyPatch.context() as patch:
        if fault is not None:
            patch.setattr(fault[0], fail)
        yield
