"""A story's rows through CSV text, the intake, and, with fast paths forced on, the product's own memory of last night's lines."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl

from runner.fast_paths import pays
from runner.intake.read import read_rows
from runner.job.model import Format, Job
from runner.mapping.columns import wanted_columns
from runner.mapping.patrons import map_rows
from runner.mapping.records import Records
from runner.plan.model import Plan
from runner.run.line_memory import line_seed, meaning_of, recall, setting_of
from runner.run.progress import NoProgress
from runner.run.read_patrons import Read, read_patrons
from runner.run.remember import note_of_lines
from runner.store.commit import Written
from tests.oracle.facts import Night, Rules, Store
from tests.oracle.reader import PlainReader, version_of
from tests.plan.looking import MANY

_KEY = b"k" * 32
_SEED = line_seed(_KEY)


@dataclass
class Text:
    """The files of a story: `folder` takes them; `note` names what the last night kept of its lines; `fetched`, `read` and
    `memory` are tonight's."""

    folder: Path
    note: str | None = None
    fetched: Any = None
    read: Read | None = None
    memory: Any = None
    setting: Any = None

    def records(self, job: Job, rules: Rules, night: Night, reader: PlainReader, today: date) -> Records:
        """The night's rows, written as CSV and read. Lines run from 2 without a gap, as rows without text do not come up."""
        self.fetched = fetched = self._written(rules, night)
        if not night.rows or not pays(len(night.rows), MANY):
            wanted = wanted_columns(job.properties)
            return map_rows(read_rows(fetched, Format(), wanted, folder=self.folder, allow_header_only=True), job, today=today)
        self.setting = setting_of(meaning_of(job, today), _KEY)
        self.memory = memory = recall(self.setting, self.note, self.folder / "lines")
        kind: Any = night.kind
        self.read = read_patrons(
            job, fetched, reader, kind, today=today, memory=memory, seed=_SEED, folder=self.folder, progress=NoProgress()
        )
        return self.read.records

    def keep(self, job: Job, plan: Plan, after: Store, numbers: Mapping[int, int]) -> None:
        """What the run keeps for the next night. `after`: the store then; `numbers`: ids of new patrons by what they were called."""
        if self.read is None:
            return
        surveyed = None if self.read.file_again else self.read.survey()
        told = {"fetched": self.fetched, "surveyed": surveyed, "records": self.read.records, "plan": plan}
        prepared: Any = SimpleNamespace(**told, memory=self.memory if self.read.file_again else None, setting=self.setting)
        note = note_of_lines(job, prepared, self.folder / "lines")
        if note is None:
            assert self.read.file_again
            return
        lines = plan.changes.select("ref", "line").drop_nulls().rows()
        new = [(ref, numbers[-line]) for ref, line in lines if -line in numbers]
        versions = [(patron.id, version_of(patron)) for patron in after.patrons.values()]
        added = pl.DataFrame(new, schema={"ref": pl.UInt32, "patron_id": pl.Int64}, orient="row")
        now = pl.DataFrame(versions, schema={"patron_id": pl.Int64, "version": pl.Int64}, orient="row")
        self.note, self.read = note(Written(plan, added, now, pl.Series("line", [], dtype=pl.UInt32))), None

    def _written(self, rules: Rules, night: Night) -> Any:
        """The night's file as the source gives it."""
        columns = rules.columns()
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(["no use", *columns])
        writer.writerows([["x", *(row.cells[name] for name in columns)] for row in night.rows])
        path, content = self.folder / "given.csv", text.getvalue().encode()
        path.write_bytes(content)
        return SimpleNamespace(path=path, warnings=(), odd_bytes=None, size=len(content), sha256=hashlib.sha256(content).hexdigest())
