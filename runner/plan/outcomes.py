"""What became of every record, and the counts that add up. (docs/domain.md section 8.)"""

from __future__ import annotations

import polars as pl

from runner.frames import OUTCOME_ROWS, OUTCOMES, SETTLED, Action, Outcome, repeated
from runner.job.model import Job
from runner.mapping.records import Records
from runner.plan.case import AUTOASSIGN, Case
from runner.plan.reader import Reader
from runner.plan.roles import Role
from runner.plan.snapshot import patron_key

OUTCOME_OF_ACTION = {
    "add": "added",
    "update": "updated",
    "reactivate": "updated",
    "transfer": "transferred",
    "associate": "associated",
    "delete": "deleted",
}
_OF_ROLE = {"refused": "refused", "duplicate": "duplicate"}


def outcome_rows(case: Case, rows: pl.DataFrame, fates: pl.DataFrame, refs: pl.DataFrame) -> pl.DataFrame:
    """frames.OUTCOME_ROWS. `rows`: runner.plan.roles; `fates`: `n`, `outcome`; `refs`: `n`, `action` of the changes."""
    first = _codes(Role.categories, _OF_ROLE).gather(rows["role"].to_physical())
    applied = _codes(Action.categories, OUTCOME_OF_ACTION).gather(refs["action"].to_physical())
    held = case.kept["n"].filter(case.kept["n"].is_in(refs["n"].implode()))
    settled = first.scatter(fates["n"], fates["outcome"].to_physical()).scatter(refs["n"], applied)
    settled = settled.scatter(held, OUTCOMES.index("held")) if len(held) else settled
    ids = case.snapshot.column("id").gather(rows["at"])
    return rows.select("line", "patron", patron_id=ids, outcome=settled.cat.to(Outcome)).cast(dict(OUTCOME_ROWS))  # type: ignore[arg-type]


def _codes(names: pl.Series, outcomes: dict[str, str]) -> pl.Series:
    """The number in `Outcome` that each of an Enum's names stands for; `unchanged` where `outcomes` has none."""
    return pl.Series([OUTCOMES.index(outcomes.get(name, "unchanged")) for name in names], dtype=pl.UInt8)


def in_part(messages: pl.DataFrame) -> pl.Series:
    """The lines of records of which a part was not applied: an incremental tries them again, for the username may be free by then, or the
    lock over."""
    return messages.filter(pl.col("code").is_in(["username-in-use", "field-locked"]))["line"].drop_nulls().unique()


def applied_hashes(rows: pl.DataFrame, outcomes: pl.DataFrame, hashes: pl.Series, messages: pl.DataFrame) -> pl.Series:
    """The hashes for the next baseline: every row's but those refused, held or `in_part`. A copy goes with the record that it repeats."""
    left_out = outcomes["outcome"].is_in(["refused", "held"]) | rows["line"].is_in(in_part(messages).implode())
    if not left_out.any():
        return hashes
    left_out = left_out | left_out.gather(rows["lead"])
    kept = hashes.filter(~left_out)
    again = hashes.filter(left_out)
    return kept if again.is_empty() else kept.filter(~kept.is_in(again.implode()))


def settled_rows(case: Case, rows: pl.DataFrame, outcomes: pl.DataFrame, hashes: pl.Series, messages: pl.DataFrame) -> pl.DataFrame:
    """frames.SETTLED: the records that will leave their patrons as they are the next time, without a word, while neither they nor their
    patrons change. They stand alone for their patron, and were applied or changed nothing."""
    alone = ~(repeated(rows["key"]) | (repeated(rows["at"]) & rows["at"].is_not_null()))
    quiet = ~rows["line"].is_in(messages["line"].drop_nulls().unique().implode())
    applied = outcomes["outcome"].is_in(["added", "updated", "transferred", "unchanged"])
    plain = (rows["role"] == "base") & ~case.frame["associate_asked"] & ~case.frame["delete_asked"]
    named = (outcomes["outcome"] == "added") | outcomes["patron_id"].is_not_null()
    fit = alone & quiet & applied & plain & named & _claims_its_own(case, rows)
    versions = case.snapshot.column("version").gather(rows["at"])
    told = outcomes.select("line", "patron_id", version=versions, row_hash=hashes).with_columns(case.frame["site"])
    return (told if fit.all() else told.filter(fit)).cast(dict(SETTLED))  # type: ignore[arg-type]


def _claims_its_own(case: Case, rows: pl.DataFrame) -> pl.Series:
    """Whether every key that a record names is its patron's own. One that the job may not write can be somebody else's, and only what
    patrons have is asked for when another row names it."""
    own = pl.repeat(True, rows.height, dtype=pl.Boolean, eager=True)
    for name in ("district_id", "site", "barcode", "username"):
        if name not in case.frame.columns or case.writes(name) == "always":
            continue
        given, has = case.frame[name].cast(pl.String), case.snapshot.column(name).gather(rows["at"])
        nothing = given.is_null() | given.is_in(["", AUTOASSIGN])
        own &= nothing.fill_null(True) | rows["at"].is_null() | given.eq_missing(has)
    return own


def with_familiar(outcomes: pl.DataFrame, familiar: pl.DataFrame | None, job: Job, reader: Reader) -> pl.DataFrame:
    """The outcomes with those of the familiar records; by line and with all patrons' keys where the job's report lists them one by one,
    else in any order, and the familiar ones' keys are null."""
    if familiar is None or familiar.is_empty():
        return outcomes
    same = familiar.select("line", "patron_id", outcome=pl.lit("unchanged").cast(Outcome))
    if job.options.summary != "all":
        return pl.concat([outcomes, same], how="diagonal")
    stored = reader.patrons(["id", "district_id", "site", "barcode"], same["patron_id"])
    keys = stored.select(patron_id="id", patron=patron_key())
    return pl.concat([outcomes, same.join(keys, on="patron_id", how="left")], how="diagonal").sort("line")


def returning(changes: pl.DataFrame, values: pl.DataFrame) -> pl.Series:
    """`ref` of the file's changes that bring a patron back whom the policy had inactivated. `changes`, `values`: runner.plan.model.Plan."""
    opened = values.filter((pl.col("field") == "status") & (pl.col("before") == "Inactive") & (pl.col("after") != "Inactive"))
    file = changes.filter((pl.col("cause") == "file") & pl.col("action").is_in(["reactivate", "transfer"]))
    return file.join(opened, on="ref", how="semi")["ref"]


def outcome_counts(outcomes: pl.DataFrame) -> dict[str, int]:
    """How many records had each outcome; outcomes that none had are left out."""
    times = outcomes["outcome"].value_counts(name="times")
    return dict(zip(times["outcome"].cast(pl.String), times["times"], strict=True))


def count(records: Records, mapped: pl.DataFrame, messages: pl.DataFrame, reactivated: int) -> dict[str, int]:
    """The counts of the run's JSON document; those of the policy are 0 here. `mapped`: the outcomes of all but the familiar records."""
    familiar = 0 if records.familiar is None else records.familiar.height
    found = outcome_counts(mapped)
    found["unchanged"] = found.get("unchanged", 0) + familiar
    warnings = messages.filter(pl.col("severity") == "warning").height
    return {
        "rows_read": records.rows_read,
        "skipped": records.skipped,
        "malformed": records.malformed,
        "records_read": mapped.height + familiar,
        **{name: int(found.get(name, 0)) for name in OUTCOMES},
        "warnings": warnings,
        "inactivated": 0,
        "reactivated": reactivated,
        "removed": 0,
    }
