"""Records of patrons that the store has: what each field becomes. (docs/domain.md sections 3, 4 and 6.)"""

from __future__ import annotations

import polars as pl

from runner.composed import as_written
from runner.plan.adds import without_lines
from runner.plan.case import AUTOASSIGN, SITE_DEFAULTS, Case
from runner.plan.compare import Close
from runner.plan.judged import Judged, fate, joined_messages
from runner.plan.ownership import Locks, inactive_kept, may_write, owned, staff_edits_kept, with_base
from runner.plan.usernames import still_disabled

_BLANK_KEPT = {
    "last_name": ("last-name-blank-kept", "The last name is blank; the old one was kept. Fill it in."),
    "barcode": ("barcode-blank-kept", "The barcode is blank; the old one was kept. Fill it in."),
    "status": ("status-unknown-kept", "The status is blank or unknown; the old one was kept. Use Active, Inactive or Restricted."),
}


def judge_edits(case: Case, close: Close, known: pl.DataFrame) -> Judged:
    """What the matched base records make of their patrons. `known`: the bases of `if_source_changed` (runner.plan.ownership). A record with
    the role associate is here for the status alone: it brings its patron back (runner.plan.draft).

    Gives `n`, `line`, `patron`, `at`, `patron_id`, `version`, `moves` (a transfer), `promotes` Int64 (the secondary association that
    becomes the primary one), `number` (the barcode is still to be given), `back` (a reactivation), `has_code` (it has a barcode of its
    own at its site after), and `was:F`, `given:F`, `stand:F`, `to:F` of each field that may change.
    """
    locks = Locks(case)
    edits = _placed(case, _beside_stored(case, close, known), locks)
    mixed = edits.filter(pl.col("moves") & (case.is_media(pl.col("was:site")) != case.is_media(pl.col("to:site"))))
    messages = [_kind_message(mixed, case)]
    if mixed.height:
        edits = edits.join(mixed.select("n"), on="n", how="anti", maintain_order="left")
    edits = _with_secondary(case, edits)
    fields = [name for name in _fields(edits) if name not in ("site", "status", "username")]
    edits, notes = _with_status(case, edits, locks)
    for name in (*fields, *(["username"] if "was:username" in edits.columns else [])):
        edits, told = _with_field(case, edits, name, locks)
        notes += told
    too_long = _too_long(case, edits)
    return Judged(edits, fate(mixed, "refused"), joined_messages([*messages, *notes, too_long, locks.messages()]))


def _fields(edits: pl.DataFrame) -> list[str]:
    return [column.removeprefix("was:") for column in edits.columns if column.startswith("was:")]


def _beside_stored(case: Case, close: Close, known: pl.DataFrame) -> pl.DataFrame:
    """Each record's values beside the store's, for the fields that may change; a transfer or a reactivation may change others too."""
    rows = close.rows
    stored = case.snapshot.patrons.select("id", "version", "status_cause", "status_before", "username_before")[rows["at"]]
    edits = rows.select("n", "line", "patron", "at").hstack(stored.rename({"id": "patron_id"}))
    own = _brought(case, rows)
    returns = stored.filter(pl.col("username_before").is_not_null()).height > 0
    promotes = _may_promote(case, rows)
    names = [*close.fields, "site", "barcode", "status", *(["username"] if returns else []), *(SITE_DEFAULTS if promotes else [])]
    names = [name for name in dict.fromkeys(names) if not (case.by_district_id and name == "district_id")]
    edits = edits.hstack(case.snapshot.at(rows["at"], names))
    skipped = () if case.by_district_id else ("barcode",)
    given = [own[name] if name in own.columns and name not in skipped else _nothing(own.height) for name in names]
    edits = edits.hstack([series.alias(f"given:{name}") for name, series in zip(names, given, strict=True)])
    extra = ["barcode_too_long", *(["status_given"] if "status_given" in own.columns else [])]
    edits = edits.hstack(own.select(extra))
    for name in names:
        if case.writes(name) == "if_source_changed":
            edits = with_base(edits, known, name)
        for other in (f"base:{name}", f"was:{name}"):
            edits = as_written(edits, f"given:{name}", other) if other in edits.columns else edits
    return edits


def _brought(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """The records of the rows; of an association nothing but the status."""
    own, guest = case.frame[rows["n"]], rows["role"] == "associate"
    if not guest.any():
        return own
    fields = [pl.when(~guest).then(pl.col(name)).alias(name) for name in case.mapped if name != "status"]
    return own.with_columns(*fields, pl.col("barcode_too_long") & ~guest)


def _may_promote(case: Case, rows: pl.DataFrame) -> bool:
    return case.snapshot.secondary.join(rows, on="at", how="semi").height > 0


def _nothing(height: int) -> pl.Series:
    return pl.repeat(None, height, dtype=pl.String, eager=True)


def _placed(case: Case, edits: pl.DataFrame, locks: Locks) -> pl.DataFrame:
    """The edits with `to:site` and `moves`; a site that the job does not own, or that is locked, stays."""
    edits = edits.with_columns(pl.col("was:site").alias("stand:site"))
    edits = edits.with_columns(owned(case, "site", pl.coalesce("given:site", "was:site")).alias("to:site"))
    edits = locks.hold_back(edits, "site")
    return edits.with_columns(moves=pl.col("to:site").ne_missing(pl.col("was:site")))


def _kind_message(mixed: pl.DataFrame, case: Case) -> pl.DataFrame:
    text = pl.format(
        "A transfer from {} to {} would be one between a media site and a library. Give the patron another site, or add it there by hand.",
        "was:site",
        "to:site",
    )
    return case.tell(mixed, "site-kind-mismatch", "refused", text, field="site", value=pl.col("to:site"))


def _with_secondary(case: Case, edits: pl.DataFrame) -> pl.DataFrame:
    """What stands of the association fields: the stored values, or those of the secondary association that becomes the primary one."""
    names = [name for name in ("barcode", *SITE_DEFAULTS) if f"was:{name}" in edits.columns]
    moving = edits.filter("moves").select("n", "at", site="to:site")
    second = moving.join(case.snapshot.secondary, on=["at", "site"]) if moving.height else moving
    if second.is_empty():
        nothing = pl.lit(None, dtype=pl.Int64).alias("promotes")
        edits = edits.with_columns(nothing, *(pl.col(f"was:{name}").alias(f"stand:{name}") for name in names))
    else:
        own = second.select("n", pl.col("id").alias("promotes"), *(pl.col(name).alias(f"second:{name}") for name in names))
        edits = edits.join(own, on="n", how="left", maintain_order="left")
        promoted = pl.col("promotes").is_not_null()
        edits = edits.with_columns(
            pl.when(promoted).then(f"second:{name}").otherwise(f"was:{name}").alias(f"stand:{name}") for name in names
        ).drop(f"second:{name}" for name in names)
        for name in names:
            edits = as_written(edits, f"given:{name}", f"stand:{name}")
    has_code = pl.col("stand:barcode").is_not_null() & (~pl.col("moves") | pl.col("promotes").is_not_null())
    return edits.with_columns(has_code=has_code)


def _with_status(case: Case, edits: pl.DataFrame, locks: Locks) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The status, and what comes back with a patron that the policy inactivated."""
    inactive = pl.col("was:status") == "Inactive"
    by_policy = inactive & (pl.col("status_cause") == "removal").fill_null(False)
    before = pl.coalesce("status_before", pl.lit("Active"))
    edits = edits.with_columns(pl.when(by_policy).then(before).otherwise("was:status").alias("stand:status"))
    edits, notes = _with_field(case, edits, "status", None)
    by_staff = inactive & (pl.col("status_cause") == "staff").fill_null(False)
    closed = by_staff & (pl.col("to:status") != "Active") & (pl.col("to:status") != "Inactive")
    notes.append(inactive_kept(case, edits.filter(closed)))
    edits = edits.with_columns(pl.when(closed).then("was:status").otherwise("to:status").alias("to:status"))
    edits = locks.hold_back(edits, "status")
    edits = edits.with_columns(back=(by_policy & (pl.col("to:status") != "Inactive")).fill_null(False))
    returning = edits.filter(pl.col("back") & (pl.col("given:status") == ""))  # none of these keeps the old status
    notes = [without_lines(each, returning) for each in notes]
    if "was:username" in edits.columns:
        returns = pl.col("back") & still_disabled(pl.col("was:username"), pl.col("username_before"))
        edits = edits.with_columns(pl.when(returns).then("username_before").otherwise("was:username").alias("stand:username"))
        edits = as_written(edits, "given:username", "stand:username")
    return edits, notes


def _with_field(case: Case, edits: pl.DataFrame, name: str, locks: Locks | None) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """`to:F` for one field, and its messages."""
    if f"stand:{name}" not in edits.columns:
        edits = edits.with_columns(pl.col(f"was:{name}").alias(f"stand:{name}"))
    given, stand = pl.col(f"given:{name}"), pl.col(f"stand:{name}")
    blank: pl.Expr = pl.lit(None, dtype=pl.String)
    if name in _BLANK_KEPT:
        blank = stand
    elif name in SITE_DEFAULTS:
        blank = case.site_default(name, pl.col("to:site"))
    wanted = pl.when(given.is_null()).then(stand).when(given == "").then(blank).otherwise(given)
    edits = edits.with_columns(owned(case, name, wanted).alias(f"to:{name}"))
    notes = [staff_edits_kept(case, edits, name)] if case.writes(name) == "if_source_changed" else []
    if name in _BLANK_KEPT:
        notes.append(_blank_message(case, edits, name))
    if name == "barcode":
        edits = _with_number(case, edits)
    if name == "barcode" and not case.by_district_id:
        return edits, notes  # the key: a record that is matched by it never writes it, so there is nothing to hold back
    return (locks.hold_back(edits, name) if locks else edits), notes


def _with_number(case: Case, edits: pl.DataFrame) -> pl.DataFrame:
    """`autoassign` acts only where the patron has no barcode at that site."""
    asked = (pl.col("to:barcode") == AUTOASSIGN) & (pl.col("given:barcode") == AUTOASSIGN) if case.by_district_id else pl.lit(False)
    edits = edits.with_columns(asked=asked.fill_null(False))
    number = pl.col("asked") & ~pl.col("has_code")
    stays = pl.when(number).then(None).when("asked").then("stand:barcode").otherwise("to:barcode")
    return edits.with_columns(number=number).with_columns(stays.alias("to:barcode")).drop("asked")


def _blank_message(case: Case, edits: pl.DataFrame, name: str) -> pl.DataFrame:
    code, text = _BLANK_KEPT[name]
    rows = edits.filter((pl.col(f"given:{name}") == "") & may_write(case, name))
    value = pl.col("status_given") if name == "status" and "status_given" in edits.columns else None
    return case.tell(rows, code, "warning", text, field=name, value=value)


def _too_long(case: Case, edits: pl.DataFrame) -> pl.DataFrame:
    rows = edits.filter("barcode_too_long")
    text = "The barcode is longer than 14 characters, so that the old one was kept. Shorten it."
    return case.tell_long_barcodes(rows, "value-too-long", "warning", text)
