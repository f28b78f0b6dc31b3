"""One consistent view of the store for the planners: a runner.plan.reader.Reader over one read transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import polars as pl

from runner.fields import STORED_FIELDS
from runner.frames import each_once, found_at
from runner.intake.rows import InputHistory
from runner.plan.reader import Baseline
from runner.store.field_locks import all_locks
from runner.store.input_history import history_from_text
from runner.store.instants import as_datetimes, from_text
from runner.store.job_sets import get_set, has_noted_lines, noted_lines, numbers_of, stored_as
from runner.store.mirror import has_copy, read_patrons, some_patrons
from runner.store.session import Session
from runner.store.summed import FEW, listed, summed_transactions
from runner.store.transactions import transactions_of

# What guards, policy and the reading of known lines ask of every patron each night.
USUAL = ("id", "version", "site", "status", "grade_level", "graduation_year")
# So few of all patrons are found row by row, and the answer is kept; of more a whole column is read.
FEW_OF_MANY = 0.02
INSTANTS = ("added_at", "edited_at", "status_at")
_TEXTS = {*STORED_FIELDS, "username_key", "password_mac", "status_cause", "status_before", "username_before"}
_LOADED = {"table_name": pl.String, "loaded_at": pl.String, "job": pl.String}
_KEYS_AT_ONCE = 100_000
_LOAD_COUNTS = ("row_count", "refused", "malformed", "patron_unknown")


class StoreReader:
    """Answers for the length of `Store.reader()`; every frame is read once and kept."""

    def __init__(self, session: Session, taken_at: datetime) -> None:
        self._session = session
        self._taken_at = taken_at
        self._columns: dict[str, pl.Series] = {}
        self._kept: dict[str, pl.DataFrame] = {}
        self._few = pl.DataFrame()
        self._baselines: dict[str, pl.Series | None] = {}

    def patrons(self, columns: Sequence[str], ids: pl.Series | None = None) -> pl.DataFrame:
        """See runner.plan.reader.Reader.patrons. Rows stand in the order of `id`; columns once read are not read again, and of a few
        patrons only theirs are."""
        if ids is not None:
            return self._some(columns, ids)
        missing = [name for name in columns if name not in self._columns]
        if missing or "id" not in self._columns:
            self._read_columns(missing)
        return pl.DataFrame([self._columns[name] for name in columns])

    def population(self) -> int:
        """The span of the ids, which are never used again."""
        if "id" in self._columns:
            return self._columns["id"].len()
        return self._session.number("SELECT coalesce((SELECT max(id) FROM patron) - (SELECT min(id) FROM patron) + 1, 0)") or 0

    def holders(self, column: Literal["district_id", "username_key"], keys: pl.Series) -> pl.Series:
        """Found by the column's index, so that a large store costs no more than a small one. Keys of patrons who were read already are not
        looked up: nobody else has them."""
        sql = f"SELECT id FROM patron WHERE {column} IN (SELECT value FROM {self._session.dialect.listed_texts})"
        keys = keys.drop_nulls()
        if column not in self._few.columns:
            return self._found(sql, keys)
        known = self._few.filter(pl.col(column).is_in(keys.implode()))
        return pl.concat([known["id"], self._found(sql, keys.filter(~keys.is_in(known[column].implode())))])

    def standing_at(self, places: pl.DataFrame) -> pl.Series:
        """Found by the places' indexes."""
        pairs = places.drop_nulls().select(pl.concat_list("site", "barcode").alias("place"))["place"]
        wanted = f"(SELECT {self._session.dialect.listed_pairs})"
        own = self._found(f"SELECT p.id FROM {wanted} AS w JOIN patron p ON p.barcode = w.barcode AND p.site = w.site", pairs)
        others = f"SELECT a.patron_id FROM {wanted} AS w JOIN association a ON a.barcode = w.barcode AND a.site = w.site"
        return pl.concat([own, self._found(others, pairs)]).unique()

    def associations(self) -> pl.DataFrame:
        names = ("site", "barcode", "patron_type", "access_level", "resource_group")
        dtypes: dict[str, type[pl.DataType]] = {"id": pl.Int64, "patron_id": pl.Int64, **dict.fromkeys(names, pl.String)}
        return self._once("associations", f"SELECT {', '.join(dtypes)} FROM association", dtypes).with_columns(_emptied(n) for n in names)

    def transactions(self, ids: pl.Series | None = None) -> pl.DataFrame:
        if ids is not None and ids.len() <= FEW:
            return summed_transactions(self._session, ids)
        if "transactions" not in self._kept:
            self._kept["transactions"] = summed_transactions(self._session)
        everybody = self._kept["transactions"]
        return everybody if ids is None else everybody.filter(pl.col("patron_id").is_in(ids.implode()))

    def transactions_of(self, ids: pl.Series) -> pl.DataFrame:
        """`patron_id`, `transactions`: one text that differs when any checkout, fine or hold of the patron does (null for none)."""
        return transactions_of(self._session, ids)

    def locks(self) -> pl.DataFrame:
        if "locks" not in self._kept:
            self._kept["locks"] = all_locks(self._session)
        return self._kept["locks"]

    def sent(self, job: str) -> pl.DataFrame:
        dtypes: dict[str, type[pl.DataType]] = {"patron_id": pl.Int64, **dict.fromkeys(("field", "value", "fingerprint"), pl.String)}
        return self._once(f"sent {job}", f"SELECT {', '.join(dtypes)} FROM sent_value WHERE job = $1", dtypes, job)

    def removed_marks(self) -> pl.DataFrame:
        return self._once("marks", "SELECT key, record_mac FROM removed_mark", {"key": pl.String, "record_mac": pl.String})

    def undone(self, job: str) -> pl.DataFrame:
        dtypes = dict.fromkeys(("patron", "field", "after", "action"), pl.String)
        sql = "SELECT patron, field, value_after, action FROM undone WHERE job = $1"
        return self._once(f"undone {job}", sql, {**dtypes}, job)

    def last_seen(self) -> pl.DataFrame:
        if "last_seen" not in self._kept:
            self._kept["last_seen"] = self._last_seen()
        return self._kept["last_seen"]

    def seen_by(self, job: str) -> pl.Series:
        seen = get_set(self._session, job, "seen")
        return pl.Series("patron_id", [], dtype=pl.Int64) if seen is None else seen.alias("patron_id")

    def seen_elsewhere(self, job: str) -> pl.Series:
        others = self._session.rows("SELECT job FROM job_set WHERE kind = 'seen' AND job <> $1", {"job": pl.String}, job)["job"]
        return pl.concat([pl.Series("patron_id", [], dtype=pl.Int64), *(self.seen_by(other) for other in others)]).unique()

    def absences(self) -> pl.DataFrame:
        """Whom a job saw earlier, but not in its last run: `job` String, `patron_id` Int64, `seen_at` Datetime(us, UTC), which is the
        moment of the run that last saw them."""
        dtypes: dict[str, type[pl.DataType]] = {"job": pl.String, "patron_id": pl.Int64, "seen_at": pl.String}
        return self._once("absences", "SELECT job, patron_id, last_seen_at FROM absence", dtypes).with_columns(
            as_datetimes(pl.col("seen_at"))
        )

    def baseline(self, job: str) -> Baseline | None:
        """The rows that this job's next run need not look at; None before the first accepted run."""
        row = self._state(job)
        if row is None:
            return None
        if job not in self._baselines:
            self._baselines[job] = get_set(self._session, job, "baseline")
        hashes = self._baselines[job]
        return None if hashes is None else Baseline(hashes, row["fingerprint"] or "", row["hash_version"] or "")

    def input_history(self, job: str) -> InputHistory | None:
        """What this job's last accepted input looked like; None before it."""
        row = self._state(job)
        return None if row is None or row["input"] is None else history_from_text(row["input"])

    def patron_types(self) -> pl.Series:
        return self._once("types", "SELECT name FROM patron_type", {"name": pl.String})["name"].sort()

    def circulation_loads(self) -> pl.DataFrame:
        """The newest load of each circulation table: `table_name`, `job` String, `loaded_at` Datetime(us, UTC), and Int64 counts
        `row_count`, `refused`, `malformed`, `patron_unknown`."""
        dtypes: dict[str, type[pl.DataType]] = {**_LOADED, **dict.fromkeys(_LOAD_COUNTS, pl.Int64)}
        newest = "SELECT max(id) FROM circulation_load GROUP BY table_name"
        sql = f"SELECT {', '.join(dtypes)} FROM circulation_load WHERE id IN ({newest})"
        return self._once("loads", sql, dtypes).with_columns(as_datetimes(pl.col("loaded_at")))

    def taken_at(self) -> datetime:
        return self._taken_at

    def lines_note(self, job: str) -> str | None:
        """What the job's last run noted of the lines of its input (runner.store.commit.JobState.lines); None when nothing."""
        return noted_lines(self._session, job)

    def baseline_has_lines(self, job: str) -> bool:
        """Whether `lines_note` was noted together with the baseline as it is now."""
        return has_noted_lines(self._session, job)

    def offer_baseline(self, job: str, row_hashes: pl.Series) -> None:
        """Takes these for the job's baseline, whose cell is large, where its mark says that they are."""
        if job not in self._baselines and stored_as(self._session, job, "baseline", row_hashes) is not None:
            self._baselines[job] = row_hashes

    # --- reading ----------------------------------------------------------------------------------------------------
    def _found(self, sql: str, keys: pl.Series) -> pl.Series:
        parts = [pl.Series("id", [], dtype=pl.Int64)]
        for piece in keys.to_frame().iter_slices(_KEYS_AT_ONCE):
            parts.append(self._session.rows(sql, {"id": pl.Int64}, json.dumps(piece.to_series().to_list()))["id"])
        return pl.concat(parts).unique()

    def _once(self, key: str, sql: str, dtypes: dict[str, type[pl.DataType]], *params: object) -> pl.DataFrame:
        if key not in self._kept:
            self._kept[key] = self._session.rows(sql, dtypes, *params)
        return self._kept[key]

    def _read_columns(self, missing: Sequence[str]) -> None:
        # Reading them one after the other would look for the rows that changed as many times.
        usual = [name for name in USUAL if name not in self._columns] if has_copy(self._session) else []
        found = _typed(read_patrons(self._session, [*dict.fromkeys((*missing, *usual))]))
        self._columns.update({series.name: series for series in found})

    def _some(self, columns: Sequence[str], ids: pl.Series) -> pl.DataFrame:
        """`columns` of the patrons of `ids`. Columns that nobody asked for yet are read for these alone where that is cheaper."""
        if "id" not in self._columns and self._are_few(ids):
            return self._of_few(columns, ids.unique().sort()).select(columns)
        at, known = found_at(ids, self.patrons(["id"])["id"])
        wanted, at = _in_order(ids.filter(known), at.filter(known))
        missing = [name for name in columns if name not in self._columns]
        read = pl.DataFrame()
        if missing:
            read = self._of_few(missing, wanted) if self._are_few(wanted) else _typed(read_patrons(self._session, missing)[at])
        return pl.DataFrame([read[name] if name in missing else self._columns[name].gather(at) for name in columns])

    def _are_few(self, ids: pl.Series) -> bool:
        """Whether finding so many rows in the database costs less than reading a column of everybody's."""
        return ids.len() <= FEW or ids.len() <= FEW_OF_MANY * self.population()

    def _of_few(self, columns: Sequence[str], ids: pl.Series) -> pl.DataFrame:
        """`columns` of a few patrons (`ids` ascending). The last answer is kept: planning asks for the same ones again."""
        known = self._few
        if not {"id", *columns} <= set(known.columns) or not ids.is_in(known["id"].implode()).all():
            parts = [some_patrons(self._session, columns, listed(piece["id"])) for piece in ids.alias("id").to_frame().iter_slices(FEW)]
            known = self._few = _typed(pl.concat(parts) if parts else some_patrons(self._session, columns, listed(ids)))
        return known if known.height == ids.len() else known.filter(pl.col("id").is_in(ids.implode()))

    def _last_seen(self) -> pl.DataFrame:
        absent = self.absences().drop("job")
        frames = [absent]
        dtypes: dict[str, type[pl.DataType]] = {"seen": pl.Binary, "changes": pl.Binary, "seen_at": pl.String}
        sql = (
            "SELECT s.content, c.content, j.seen_at FROM job_set s JOIN job_state j ON j.job = s.job"
            " LEFT JOIN job_set_change c ON c.job = s.job AND c.kind = s.kind WHERE s.kind = 'seen' AND j.seen_at IS NOT NULL"
        )
        states = self._session.rows(sql, dtypes)
        for content, changes, moment in states.iter_rows():
            when = pl.lit(from_text(moment), dtype=pl.Datetime("us", "UTC"))
            frames.append(pl.DataFrame({"patron_id": numbers_of(content, changes)}).with_columns(seen_at=when))
        everybody = pl.concat(frames)
        if len(frames) == 2 and absent.is_empty():
            return everybody
        return everybody.group_by("patron_id").agg(pl.col("seen_at").max()).sort("patron_id")

    def _state(self, job: str) -> dict[str, Any] | None:
        texts = ("fingerprint", "hash_version", "input")
        dtypes: dict[str, type[pl.DataType]] = dict.fromkeys(texts, pl.String)
        row = self._once(f"state {job}", f"SELECT {', '.join(dtypes)} FROM job_state WHERE job = $1", dtypes, job)
        return None if row.is_empty() else row.row(0, named=True)


def _in_order(ids: pl.Series, at: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Ids in ascending order, each once, and where they stand, which is in the same order."""
    if not ids.is_sorted() or not each_once(ids):
        ids, at = ids.unique().sort(), at.unique().sort()
    return ids, at


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    # That there is one is told sooner than a million texts are written anew.
    texts = [_emptied(name) for name in frame.columns if name in _TEXTS and (frame[name] == "").any()]
    return frame.with_columns(*texts, *(as_datetimes(pl.col(name)) for name in frame.columns if name in INSTANTS))


def _emptied(name: str) -> pl.Expr:
    """An empty text written by hand is no value."""
    return pl.when(pl.col(name) != "").then(pl.col(name)).alias(name)
