"""Which rows an incremental converts, and what the next one may leave out. (docs/domain.md section 5.)"""

from __future__ import annotations

import polars as pl

from runner.frames import empty_messages, note, repeated
from runner.job.model import Job
from runner.mapping.fingerprint import HASH_VERSION
from runner.plan.case import AUTOASSIGN, Case
from runner.plan.compare import policy_inactivated
from runner.plan.match import filled, place
from runner.plan.reader import Baseline, Reader
from runner.plan.usernames import username_key

# So few hashes are looked for in a baseline, and not the other way round.
_FEW = 0.05


def usable_baseline(reader: Reader, job: Job, kind: str, fingerprint: str) -> tuple[Baseline | None, pl.DataFrame]:
    """The baseline that an incremental under the mapping `fingerprint` can compare with, and a note where it has to compare in full."""
    if kind == "full":
        return None, empty_messages()
    baseline = reader.baseline(job.key)
    if baseline is None:
        if reader.input_history(job.key) is None:
            return None, _note("This job has no earlier input to compare with, so that every row was compared with the store.")
        text = "What this job knew of its last input's rows was dropped, as an undo does, so that every row was compared with the store."
        return None, _note(text)
    if baseline.fingerprint != fingerprint:
        return None, _note("The mapping changed since the last run, so that every row was compared with the store.")
    if baseline.hash_version != HASH_VERSION:
        return None, _note("This program was updated since the last run, so that every row was compared with the store.")
    return baseline, empty_messages()


def row_hashes(case: Case) -> pl.Series:
    """The hash of each record. A password counts by its keyed fingerprint, for the row's own hash leaves it out (docs/promises.md A5)."""
    hashes = case.frame["row_hash"]
    if case.macs.is_empty():
        return hashes
    macs = case.frame.select(n=pl.int_range(pl.len(), dtype=pl.UInt32)).join(case.macs, on="n", how="left", maintain_order="left")["mac"]
    keyed = pl.DataFrame({"row": hashes, "mac": macs}).select(pl.struct("row", "mac").hash(seed=1)).to_series()
    return pl.select(pl.when(macs.is_not_null()).then(keyed).otherwise(hashes)).to_series()


def converted(case: Case, rows: pl.DataFrame, hashes: pl.Series, baseline: Baseline | None) -> pl.Series:
    """Whether each record is converted: all in a full; else the new ones, all rows of a key that is in more than one row, and those of
    patrons whom the policy inactivated, for whoever is in a file is to come back."""
    if baseline is None:
        return pl.repeat(True, rows.height, dtype=pl.Boolean, eager=True)
    new = ~in_baseline(hashes, baseline) | policy_inactivated(case, rows["at"]).fill_null(False)
    shared = _shared(rows["key"]) | _shared_patron(rows["at"])
    if case.by_district_id and "barcode" in case.frame.columns:
        barcodes = case.frame.select(key=pl.when(pl.col("barcode") != AUTOASSIGN).then(place(case.frame)))["key"]
        shared = shared | _shared(barcodes)
    elif "district_id" in case.frame.columns:
        shared = shared | _shared(case.frame.select(filled(case.frame, "district_id")).to_series())
    if "username" in case.frame.columns:
        shared = shared | _shared(username_key(case.frame["username"]))
    return new | shared


def in_baseline(hashes: pl.Series, baseline: Baseline) -> pl.Series:
    """Whether each of `hashes` (UInt64) is in the baseline. For a few of them no table of all of it is made."""
    known = baseline.row_hashes
    if hashes.len() <= _FEW * known.len():
        known = known.filter(known.is_in(hashes.implode()))
    return hashes.is_in(known.implode())


def _shared(keys: pl.Series) -> pl.Series:
    return repeated(keys) & keys.is_not_null()


def _shared_patron(positions: pl.Series) -> pl.Series:
    return repeated(positions) & positions.is_not_null()


def _note(text: str) -> pl.DataFrame:
    return note("incremental-made-full", text)
