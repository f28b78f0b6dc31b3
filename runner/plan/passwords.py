"""Passwords: told apart by their keyed fingerprints, written only beside a username. (docs/domain.md section 2, docs/promises.md A5.)"""

from __future__ import annotations

import polars as pl

from runner.mapping.fingerprint import field_fingerprint
from runner.mapping.records import Records
from runner.plan.barcodes import Standing
from runner.plan.case import Case, PasswordMac
from runner.plan.judged import joined_messages, without
from runner.plan.ownership import Locks, bases

# The fingerprint of a blank password, which no real one can have: the patron's password is to be removed.
_BLANK = ""
_MACS = dict.fromkeys(("mac", "username", "stored"), pl.String)
_ASKED = pl.Schema({"n": pl.UInt32, "line": pl.UInt32, "patron": pl.String, "patron_id": pl.Int64, **_MACS})
_BASES = pl.Schema({"n": pl.UInt32, "patron_id": pl.Int64, "field": pl.String, "value": pl.String, "fingerprint": pl.String})


def password_macs(records: Records, password_mac: PasswordMac | None) -> pl.DataFrame:
    """`n`, `mac` of the records that carry a password; the `mac` of a blank one is ""."""
    if records.passwords.is_empty():
        return pl.DataFrame(schema={"n": pl.UInt32, "mac": pl.String})
    if password_mac is None:
        raise ValueError("records with passwords need a password_mac")
    clear = records.passwords["password"]
    made = pl.select(pl.when(clear != _BLANK).then(password_mac(clear).cast(pl.String)).otherwise(pl.lit(_BLANK))).to_series()
    macs = records.passwords.select("line", mac=made)
    return records.frame.select("line").with_row_index("n").join(macs, on="line").select("n", "mac")


def settle_passwords(case: Case, standing: Standing) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The passwords to write (`n`, `line`, `patron_id`, `password_mac`, `before`: "***" or null), the bases they set, and messages.

    A null `password_mac` removes the password. Comes after the usernames, for a password is written only where its patron has one after
    the plan, and goes with a username that goes.
    """
    written, sent, messages = _of_records(case, standing)
    gone, kept = _unlocked(case, _with_its_username(case, standing.edits).join(written, on="n", how="anti"))
    rows = pl.concat([written, gone])
    masked = pl.when(pl.col("stored").is_not_null()).then(pl.lit("***"))
    return (
        rows.select("n", "line", "patron_id", password_mac="mac", before=masked),
        pl.concat([sent.join(gone, on="n", how="anti"), _bases_gone(case, gone)]),
        joined_messages([messages, _lock_notes(case, kept)]),
    )


def _of_records(case: Case, standing: Standing) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """What becomes of the passwords that the file brings: to write (_ASKED), the bases they set, and messages."""
    if case.macs.is_empty():
        return pl.DataFrame(schema=_ASKED), pl.DataFrame(schema=_BASES), joined_messages([])
    adds = _of_adds(case, standing.adds)
    edits = _of_edits(case, without(standing.edits, standing.links))
    asked = pl.concat([adds, edits])
    alone = pl.col("username").is_null() & (pl.col("mac") != _BLANK)
    told = asked.filter(alone)
    asked, sent, kept = _owned(case, asked.filter(~alone))
    written = asked.with_columns(wanted_mac(pl.col("mac"))).filter(pl.col("mac").ne_missing(pl.col("stored")))
    written, locked = _unlocked(case, written)
    sent = sent.join(locked, left_on="n", right_on="n", how="anti") if sent.height else sent
    text = "A password needs a username, and this patron has none. Map or fill in the username."
    messages = case.tell(told, "password-without-username", "warning", text, field="password", value=pl.lit("***"))
    return written.select(_ASKED.names()), sent, joined_messages([messages, kept, _lock_notes(case, locked)])


def _with_its_username(case: Case, edits: pl.DataFrame) -> pl.DataFrame:
    """_ASKED of those who lose their username and have a password: whoever gets that patron's next username is to get no old password."""
    if "to:username" not in edits.columns:
        return pl.DataFrame(schema=_ASKED)
    lost = edits.filter(pl.col("was:username").is_not_null() & pl.col("to:username").is_null())
    if lost.is_empty():  # the rule, and nobody's fingerprint need be read
        return pl.DataFrame(schema=_ASKED)
    stored = case.snapshot.column("password_mac").gather(lost["at"]).alias("stored")
    nobody = lost.select("n", "line", "patron", "patron_id", mac=pl.lit(None, pl.String), username=pl.lit(None, pl.String))
    return nobody.with_columns(stored).filter(pl.col("stored").is_not_null()).select(_ASKED.names()).cast(dict(_ASKED))  # type: ignore[arg-type]


def _bases_gone(case: Case, gone: pl.DataFrame) -> pl.DataFrame:
    """The bases of passwords that go: that of a blank one, so that the file's comes again with a username."""
    if case.writes("password") != "if_source_changed" or gone.is_empty():
        return pl.DataFrame(schema=_BASES)
    print_of = pl.lit(field_fingerprint(case.job, case.maps["password"]))
    return gone.select("n", "patron_id", field=pl.lit("password"), value=pl.lit(_BLANK), fingerprint=print_of)


def wanted_mac(mac: pl.Expr) -> pl.Expr:
    """The fingerprint that the store is to have: none for a blank password."""
    return pl.when(mac != _BLANK).then(mac).alias("mac")


def _of_adds(case: Case, adds: pl.DataFrame) -> pl.DataFrame:
    username = pl.col("username") if "username" in adds.columns else pl.lit(None, dtype=pl.String)
    nobody = {"patron_id": pl.lit(None, dtype=pl.Int64), "stored": pl.lit(None, dtype=pl.String)}
    return adds.join(case.macs, on="n").select("n", "line", "patron", "mac", username=username, **nobody)


def _of_edits(case: Case, edits: pl.DataFrame) -> pl.DataFrame:
    own = edits.join(case.macs, on="n", maintain_order="left")
    stored = case.snapshot.column("password_mac").gather(own["at"]).alias("stored")
    username = own["to:username"] if "to:username" in own.columns else case.snapshot.column("username").gather(own["at"])
    return own.select("n", "line", "patron", "mac").with_columns(username.alias("username"), own["patron_id"], stored)


def _owned(case: Case, asked: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """What the job may write, the bases it sets, and notes of what it leaves to staff."""
    new = pl.col("patron_id").is_null()
    nothing, silence = pl.DataFrame(schema=_BASES), joined_messages([])
    match case.writes("password"):
        case "if_empty":
            return asked.filter(new | pl.col("stored").is_null()), nothing, silence
        case "on_create":
            return asked.filter(new), nothing, silence
        case "if_source_changed":
            return _of_changed_sources(case, asked)
        case _:
            return asked, nothing, silence


def _of_changed_sources(case: Case, asked: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The same for `if_source_changed`. The base of a password is its fingerprint, never the password."""
    known = bases(case).filter(pl.col("field") == "password").select("patron_id", "base")
    asked = asked.join(known, on="patron_id", how="left", maintain_order="left")
    changed = (pl.col("base") != pl.col("mac")).fill_null(pl.col("stored").is_null())
    print_of = pl.lit(field_fingerprint(case.job, case.maps["password"]))
    moved = asked.filter(pl.col("mac").ne_missing(pl.col("base")))
    sent = moved.select("n", "patron_id", field=pl.lit("password"), value="mac", fingerprint=print_of)
    kept = asked.filter(pl.col("base").is_null() & pl.col("stored").is_not_null() & (pl.col("mac") != pl.col("stored")))
    text = (
        "The store has another password, and none that this job sent under its present mapping is known, so that it was kept. "
        "It is written when the source changes."
    )
    notes = case.tell(kept, "staff-edit-kept", "note", text, field="password", value=pl.lit("***"))
    return asked.filter(pl.col("patron_id").is_null() | changed).drop("base"), sent, notes


def _unlocked(case: Case, written: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    locks = Locks(case).locked("password")
    if locks.is_empty() or written.is_empty():
        return written, written.clear()
    return written.join(locks, on="patron_id", how="anti"), written.join(locks, on="patron_id")


def _lock_notes(case: Case, locked: pl.DataFrame) -> pl.DataFrame:
    return Locks(case).notes(locked.with_columns(wanted=pl.lit("***")), "password") if locked.height else joined_messages([])
