"""The input of a patrons job as records: every line, or, beside what an earlier run remembers, those alone that could change anything."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import date
from functools import cache
from itertools import count
from pathlib import Path

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from runner.fast_paths import pays
from runner.frames import MALFORMED, empty_messages, found_at, note
from runner.intake.again import survey_again
from runner.intake.health import patterns_of, shape_of
from runner.intake.read import Surveyed, survey_file
from runner.intake.rows import KeyShape
from runner.intake.survey import Known
from runner.job.model import Job, PatronProperties, RunKind
from runner.mapping.columns import wanted_columns
from runner.mapping.fingerprint import mapping_fingerprint
from runner.mapping.patrons import map_rows
from runner.mapping.records import Records
from runner.plan.incremental import in_baseline, usable_baseline
from runner.plan.narrow import Finder, concerned, concerned_columns, narrow
from runner.run.awaited import awaited, beside
from runner.run.line_memory import Memory
from runner.run.progress import Progress
from runner.source.fetched import Fetched
from runner.store.reader import FEW_OF_MANY

# Where so many of the patrons are concerned, looking at all of them is no slower.
_MOST_CONCERNED = 0.3
# A file with so few records for the patrons there are: what these need is looked for, and not everybody looked at.
_FEW_RECORDS = 0.05
_MANY_PATRONS = 20_000


class Read(Struct, frozen=True):
    """`records` with the familiar ones apart; `among`: the patrons that the others can have to do with (None: anybody); `shapes` of
    the whole file's keys; `notes`: why every line was read although an earlier run remembers some; `survey` gives all of the file's lines,
    which are not known yet where the `file_again` is one that came before."""

    survey: Callable[[], Surveyed]
    file_again: bool
    records: Records
    among: pl.Series | None
    shapes: tuple[KeyShape, ...]
    notes: pl.DataFrame

    @property
    def good(self) -> int:
        """How many good rows the file has."""
        return self.records.rows_read - self.records.malformed


def read_patrons(
    job: Job,
    fetched: Fetched,
    reader: Finder,
    kind: RunKind,
    *,
    today: date,
    memory: Memory | str | None,
    seed: int,
    folder: Path,
    progress: Progress,
) -> Read:
    """The job's input, read as far as it has to be, on the district's day `today`. `memory` is what runner.run.line_memory.recall gives.

    Raises FileRefused."""
    if isinstance(memory, Memory) and (again := _read_again(job, fetched, reader, kind, today, memory, folder, progress)) is not None:
        return again
    known = Known(memory.header, memory.lines["hash"], seed) if isinstance(memory, Memory) else None
    wanted = wanted_columns(job.properties)
    with progress.stage("read") as stage:
        surveyed = survey_file(fetched, job.source.format, wanted, folder=folder, progress=stage.advance, seed=seed, known=known)
    with progress.stage("map"):
        if isinstance(memory, Memory) and surveyed.beside_known:
            with beside(1) as aside:
                familiar, busy = _familiar(surveyed, memory, job, kind, reader, aside)
                records = map_rows(
                    surveyed.rows(wanted, folder=folder, only=_strange(surveyed.lines, familiar), part="strange"), job, today=today
                )
            records, among, why = *_beside(job, records, familiar, _mapper(job, today, lambda: surveyed, folder), busy), None
        else:
            records = map_rows(surveyed.rows(wanted, folder=folder), job, today=today, nobody_known=not reader.population())
            why = _of_no_use(memory, surveyed) if isinstance(memory, Memory) else memory
            among = _beside_many(job, records, reader)
        return Read(lambda: surveyed, False, records, among, _shapes(job, records), _read_in_full(why))


def _read_again(
    job: Job, fetched: Fetched, reader: Finder, kind: RunKind, today: date, memory: Memory, folder: Path, progress: Progress
) -> Read | None:
    """The input where it is, byte for byte, the one that the memory comes from and no remembered line's patron was changed since."""
    told = memory.told
    if told is None or memory.size != fetched.size or memory.sha256 != fetched.sha256:
        return None
    wanted, fmt = wanted_columns(job.properties), job.source.format
    with progress.stage("map"):
        familiar = memory.lines.with_columns(told.remembered())
        if not _still_true(job, reader, kind, memory)(familiar).all():
            return None
    with progress.stage("read") as stage:
        again = survey_again(fetched, fmt, wanted, told, folder=folder, progress=stage.advance)
    survey = cache(lambda: survey_file(fetched, fmt, wanted, folder=folder))
    with progress.stage("map"):
        strange = again.lines.filter("begins")["line"]
        records = map_rows(again.rows(wanted, folder=folder, only=strange, part="strange"), job, today=today)
        records, among = _beside(job, records, familiar, _mapper(job, today, survey, folder), reader)
        return Read(survey, True, records, among, _shapes(job, records), _read_in_full(None))


def key_column(job: Job) -> str:
    """The field that the job matches patrons by."""
    properties = job.properties
    by_place = isinstance(properties, PatronProperties) and properties.match_by == "site_and_barcode"
    return "barcode" if by_place else "district_id"


def _still_true(job: Job, reader: Finder, kind: RunKind, memory: Memory) -> Callable[[pl.DataFrame], pl.Series]:
    """Which remembered lines leave their patrons as they are tonight: those whose patrons nobody changed since, and of them in an
    incremental those that its baseline has. (docs/domain.md section 5.)"""
    now = reader.patrons(["id", "version"])
    if kind == "incremental" and (remembered := memory.baseline()) is not None:
        reader.offer_baseline(job.key, remembered)
    baseline, _ = usable_baseline(reader, job, kind, mapping_fingerprint(job))
    if baseline is not None and reader.baseline_has_lines(job.key):
        baseline = None  # nothing to ask it

    def still_true(lines: pl.DataFrame) -> pl.Series:
        true = (lines["version"] == _versions(now, lines["patron_id"])).fill_null(False)
        return true if baseline is None else true & in_baseline(lines["row_hash"], baseline)

    return still_true


def _versions(now: pl.DataFrame, patrons: pl.Series) -> pl.Series:
    """The version of each of `patrons`, null where there is none by that id. `now`: `id` in ascending order, `version`."""
    if now.is_empty():
        return pl.repeat(None, patrons.len(), dtype=pl.Int64, eager=True)
    at, found = found_at(patrons, now["id"])
    if found.all():
        return now["version"].gather(at)
    return pl.select(pl.when(found).then(now["version"].gather(at))).to_series()


def _familiar(surveyed: Surveyed, memory: Memory, job: Job, kind: RunKind, reader: Finder, aside: Executor) -> tuple[pl.DataFrame, Finder]:
    """`line`, LINES and `known` (its place in the memory) of the lines that need not be mapped, and the reader, which reads meanwhile
    whose lines are gone: most of them have another line tonight. A line that stands twice in the file is mapped: its rows are each
    other's copies."""
    still_true = _still_true(job, reader, kind, memory)
    lines = surveyed.lines
    usable = lines["alone"] & lines["known"].is_not_null()
    if (noted := surveyed.notes["line"].drop_nulls()).len():
        usable &= ~lines["line"].is_in(noted.implode())  # the note names the patron
    known = lines["known"].filter(usable)
    again = _among(memory.lines, known)
    busy = _expecting(job, memory.lines["patron_id"].filter(~again), reader, aside)
    if int(again.sum()) < known.len():
        usable &= ~lines["known"].is_duplicated()
        known = lines["known"].filter(usable)
        again = _among(memory.lines, known)
    in_order = known.is_sorted()  # the rule, and then they need not be looked up one by one
    found = (memory.lines.filter(again) if in_order else memory.lines[known]).with_columns(lines["line"].filter(usable), known)
    true = still_true(found)
    return found if true.all() else found.filter(true), busy


def _among(lines: pl.DataFrame, positions: pl.Series) -> pl.Series:
    """Whether each of `lines` is at one of `positions` (Boolean)."""
    return pl.repeat(False, lines.height, dtype=pl.Boolean, eager=True).scatter(positions, True)


def _expecting(job: Job, patrons: pl.Series, reader: Finder, aside: Executor) -> Finder:
    """The reader, which reads in another thread what will be asked of `patrons`; where they are few, for only these are kept."""
    if patrons.is_empty() or patrons.len() > FEW_OF_MANY * reader.population():
        return reader
    return awaited(reader, aside.submit(reader.patrons, concerned_columns([field.target for field in job.properties.fields]), patrons))


def _strange(lines: pl.DataFrame, familiar: pl.DataFrame) -> pl.Series:
    """Where the rows begin that are not familiar."""
    if familiar.is_empty():
        return lines.filter("begins")["line"]
    known = _among(lines, familiar["line"] - lines["line"][0])
    return lines["line"].filter(lines["begins"] & ~known)


def _beside(
    job: Job, records: Records, familiar: pl.DataFrame, mapped: Callable[[pl.Series], Records], reader: Finder
) -> tuple[Records, pl.Series | None]:
    """The records of the lines that are not familiar, and of those familiar ones whose patrons they concern; the patrons concerned."""
    while True:
        ids = concerned(records.frame, reader, by_district_id=key_column(job) == "district_id")
        rivals = familiar.filter(pl.col("patron_id").is_in(ids.implode()))
        if rivals.is_empty():
            break
        familiar = familiar.filter(~pl.col("line").is_in(rivals["line"].implode()))
        records = _with(records, mapped(rivals["line"]))
    records = replace(records, familiar=familiar, map_more=lambda lines: mapped(lines).frame)
    return records, _unless_many(ids, reader) if narrow(job, records) else None


def _beside_many(job: Job, records: Records, reader: Finder) -> pl.Series | None:
    """The patrons that a small file's records can have to do with, in a large store; None where looking at everybody is no slower."""
    stored = reader.population()
    if records.frame.height > _FEW_RECORDS * stored or not pays(stored, _MANY_PATRONS) or not narrow(job, records):
        return None
    return _unless_many(concerned(records.frame, reader, by_district_id=key_column(job) == "district_id"), reader)


def _unless_many(ids: pl.Series, reader: Finder) -> pl.Series | None:
    return ids if ids.len() <= _MOST_CONCERNED * reader.population() else None


def _mapper(job: Job, today: date, survey: Callable[[], Surveyed], folder: Path) -> Callable[[pl.Series], Records]:
    """What maps the records that begin on given lines, without a word on the file as a whole."""
    parts, wanted = count(), wanted_columns(job.properties)

    def mapped(lines: pl.Series) -> Records:
        rows = survey().rows(wanted, folder=folder, only=lines, part=f"more-{next(parts)}")
        return map_rows(replace(rows, malformed=pl.DataFrame(schema=MALFORMED), notes=empty_messages()), job, today=today)

    return mapped


def _with(records: Records, more: Records) -> Records:
    return replace(
        records,
        frame=pl.concat([records.frame, more.frame]).sort("line"),
        passwords=pl.concat([records.passwords, more.passwords]).sort("line"),
        long_barcodes=pl.concat([records.long_barcodes, more.long_barcodes]).sort("line"),
        messages=pl.concat([records.messages, more.messages]).sort("line", nulls_last=False, maintain_order=True),
    )


def _shapes(job: Job, records: Records) -> tuple[KeyShape, ...]:
    name = key_column(job)
    parts = [patterns_of(records.frame[name])]
    if records.familiar is not None:
        parts.append(records.familiar["shape"])
    return (shape_of(name, parts),)


def _of_no_use(memory: Memory, surveyed: Surveyed) -> str:
    """Why a memory that is whole was not used."""
    if memory.header != surveyed.header.signature:
        return "its header changed"
    if memory.lines.height < surveyed.rows_read / 2:
        return "most of them are new, or something was said of them in the last run as well"
    return "most of them changed"


def _read_in_full(why: str | None) -> pl.DataFrame:
    if why is None:
        return empty_messages()
    return note("read-in-full", f"Every line of the file was read and compared, not only what is new: {why}.")
