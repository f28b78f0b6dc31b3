"""The store's tables, layout 1. Never edited once released: a later layout is a further migration. (docs/store.md says what each holds.)"""

from __future__ import annotations

from runner.store.dialect import Dialect

# Written out, not taken from runner.fields: a migration means the same for ever.
PLACE_COLUMNS = ("site", "barcode", "patron_type", "access_level", "resource_group")
PERSON_COLUMNS = (
    *("district_id", "last_name", "first_name", "middle_name", "nickname", "status", "gender", "homeroom", "grade_level"),
    *("graduation_year", "birth_date", "card_expires", "acceptable_use_policy", "teacher"),
    *(f"user_defined_{n}" for n in range(1, 6)),
    "username",
    *(f"email_{n}" for n in range(1, 6)),
    *(f"address_{n}_{part}" for n in (1, 2) for part in ("line_1", "line_2", "city", "state", "zip", "phone_1", "phone_2")),
)
KEPT_COLUMNS = (
    *("version", "username_key", "password_hash", "password_mac", "added_at", "edited_at", "status_at", "status_cause"),
    *("status_before", "username_before", "added_run"),
)
PATRON_COLUMNS = ("id", *PLACE_COLUMNS, *PERSON_COLUMNS, *KEPT_COLUMNS)
ASSOCIATION_COLUMNS = ("id", "patron_id", *PLACE_COLUMNS, "version")
TRANSACTION_COLUMNS = {
    "checkout": ("id", "patron_id", "site", "item_barcode", "due_date"),
    "fine": ("id", "patron_id", "site", "amount_cents"),
    "hold": ("id", "patron_id", "site", "item_barcode"),
}

# The unique indexes of `patron`: dropped for a first load into an empty store and made again at its end. The barcode stands first:
# nearly every comparison ends there, which halves the time to make the index.
PATRON_INDEXES = {
    "patron_district_id": "CREATE UNIQUE INDEX patron_district_id ON patron (district_id)",
    "patron_place": "CREATE UNIQUE INDEX patron_place ON patron (barcode, site)",
    "patron_username": "CREATE UNIQUE INDEX patron_username ON patron (username_key)",
}

_INTEGERS = {"id", "patron_id", "version", "added_run", "amount_cents", "run_number"}


def tables(dialect: Dialect) -> list[str]:
    """The statements that make the tables and indexes of an empty store; triggers stand in triggers_1."""
    return [*_patrons(dialect), *_transactions(dialect), *_runs(dialect), *_journal(dialect), *_jobs(dialect), *_archives(dialect)]


def _table(dialect: Dialect, name: str, *columns: str) -> str:
    return f"CREATE TABLE {name} (\n  " + ",\n  ".join(columns) + f"\n){dialect.strict}"


def _columns(dialect: Dialect, *names: str) -> list[str]:
    return [f"{name} {dialect.integer if name in _INTEGERS else 'TEXT'}" for name in names]


def _patrons(dialect: Dialect) -> list[str]:
    key = "INTEGER PRIMARY KEY" if dialect.name == "sqlite" else dialect.serial
    person = [f"{name} TEXT" for name in PERSON_COLUMNS if name != "status"]
    places = [f"{name} TEXT" for name in PLACE_COLUMNS if name != "site"]
    kept = [c for c in _columns(dialect, *KEPT_COLUMNS) if not c.startswith(("version ", "added_at "))]
    return [
        _table(
            dialect,
            "patron",
            f"id {key}",
            f"version {dialect.integer} NOT NULL DEFAULT 0",
            "site TEXT NOT NULL",
            *places,
            *person,
            "status TEXT NOT NULL DEFAULT 'Active'",
            f"added_at TEXT NOT NULL DEFAULT ({dialect.now})",
            *kept,
        ),
        *PATRON_INDEXES.values(),
        _table(
            dialect,
            "association",
            f"id {dialect.serial}",
            f"patron_id {dialect.integer} NOT NULL REFERENCES patron (id) ON DELETE CASCADE",
            "site TEXT NOT NULL",
            *places,
            f"version {dialect.integer} NOT NULL DEFAULT 0",
        ),
        "CREATE UNIQUE INDEX association_place ON association (barcode, site)",
        "CREATE INDEX association_patron ON association (patron_id)",
    ]


def _transactions(dialect: Dialect) -> list[str]:
    made = []
    for name, columns in TRANSACTION_COLUMNS.items():
        rest = [c + (" NOT NULL" if c.startswith("amount_cents") else "") for c in _columns(dialect, *columns[2:])]
        owner = f"patron_id {dialect.integer} NOT NULL REFERENCES patron (id)"
        made += [_table(dialect, name, f"id {dialect.serial}", owner, *rest), f"CREATE INDEX {name}_patron ON {name} (patron_id)"]
    whole = [f"{name} {dialect.integer} NOT NULL DEFAULT 0" for name in ("row_count", "refused", "malformed", "patron_unknown")]
    load = _table(
        dialect,
        "circulation_load",
        f"id {dialect.serial}",
        "table_name TEXT NOT NULL CHECK (table_name IN ('checkouts', 'fines', 'holds'))",
        f"loaded_at TEXT NOT NULL DEFAULT ({dialect.now})",
        "job TEXT",
        f"run_number {dialect.integer}",
        *whole,
    )
    return [*made, load]


def _runs(dialect: Dialect) -> list[str]:
    texts = ("removal", "held", "note", "user_name", "host", "program_version", "job_sha256", "district_sha256", "input_name")
    return [
        _table(
            dialect,
            "run",
            f"number {dialect.integer} PRIMARY KEY",
            "id TEXT NOT NULL UNIQUE",
            "job TEXT NOT NULL",
            "kind TEXT NOT NULL",
            "compared_as TEXT",
            "status TEXT NOT NULL",
            "slot TEXT",
            "started_at TEXT NOT NULL",
            "finished_at TEXT",
            "counts TEXT",
            *(f"{name} TEXT" for name in texts),
            "input_sha256 TEXT",
            f"input_size {dialect.integer}",
            "input_modified TEXT",
            "source_commit TEXT",
            f"pid {dialect.integer}",
            f"attempts {dialect.integer} NOT NULL DEFAULT 1",
            f"first_change {dialect.integer}",
            f"last_change {dialect.integer}",
            # The number of the run that this one undid, and the status that one had before.
            f"undoes {dialect.integer}",
            "former_status TEXT",
        ),
        "CREATE INDEX run_job ON run (job, number)",
        "CREATE UNIQUE INDEX run_slot ON run (job, slot)",
        _table(dialect, "touched", f"patron_id {dialect.integer} PRIMARY KEY"),
        _table(dialect, "meta", "key TEXT PRIMARY KEY", "value TEXT NOT NULL"),
    ]


def _journal(dialect: Dialect) -> list[str]:
    integer = dialect.integer
    return [
        _table(
            dialect,
            "change",
            f"id {integer} PRIMARY KEY",
            f"run_number {integer} NOT NULL",
            f"patron_id {integer} NOT NULL",
            "patron TEXT",
            "action TEXT NOT NULL",
            "cause TEXT NOT NULL",
            "rule TEXT",
            "reason TEXT",
            f"line {integer}",
            "site TEXT",
            f"version_after {integer}",
        ),
        "CREATE INDEX change_patron ON change (patron_id) WHERE action <> 'add'",
        _table(
            dialect,
            "change_value",
            f"change_id {integer} NOT NULL",
            "field TEXT NOT NULL",
            "value_before TEXT",
            "value_after TEXT",
            "PRIMARY KEY (change_id, field)",
        ),
        _table(
            dialect,
            "patron_before",
            f"run_number {integer} NOT NULL",
            f"patron_id {integer} NOT NULL",
            *(c for c in _columns(dialect, *KEPT_COLUMNS) if not c.startswith("added_")),
            "transactions TEXT",
            "PRIMARY KEY (run_number, patron_id)",
        ),
        _table(
            dialect,
            "association_before",
            f"run_number {integer} NOT NULL",
            f"association_id {integer} NOT NULL",
            f"patron_id {integer} NOT NULL",
            "action TEXT NOT NULL",
            *_columns(dialect, *PLACE_COLUMNS, "version"),
            "PRIMARY KEY (run_number, association_id)",
        ),
    ]


def _jobs(dialect: Dialect) -> list[str]:
    integer, blob = dialect.integer, dialect.blob
    return [
        _table(
            dialect,
            "job_state",
            "job TEXT PRIMARY KEY",
            *("fingerprint TEXT", "hash_version TEXT", "seen_at TEXT", "input TEXT", f"run_number {integer}", "saved_at TEXT"),
        ),
        # Megabytes each: apart from job_state, so that noting an instant does not write them again.
        _table(
            dialect,
            "job_set",
            *(
                "job TEXT NOT NULL",
                "kind TEXT NOT NULL CHECK (kind IN ('baseline', 'seen'))",
                f"content {blob} NOT NULL",
                f"changes {blob}",
            ),
            "PRIMARY KEY (job, kind)",
        ),
        _table(
            dialect,
            "absence",
            *("job TEXT NOT NULL", f"patron_id {integer} NOT NULL", "last_seen_at TEXT NOT NULL", "PRIMARY KEY (job, patron_id)"),
        ),
        _table(
            dialect,
            "sent_value",
            *("job TEXT NOT NULL", f"patron_id {integer} NOT NULL", "field TEXT NOT NULL", "value TEXT", "fingerprint TEXT"),
            "PRIMARY KEY (job, patron_id, field)",
        ),
        _table(dialect, "removed_mark", "key TEXT PRIMARY KEY", "record_mac TEXT NOT NULL", f"run_number {integer}"),
        _table(
            dialect,
            "undone",
            *(f"id {dialect.serial}", "job TEXT NOT NULL", "patron TEXT NOT NULL", "action TEXT NOT NULL"),
            *("field TEXT", "value_after TEXT", f"run_number {integer} NOT NULL"),
        ),
        _table(
            dialect,
            "field_lock",
            *(f"patron_id {integer} NOT NULL", "field TEXT NOT NULL", "reason TEXT NOT NULL", "owner TEXT NOT NULL"),
            *("until_date TEXT", f"locked_at TEXT NOT NULL DEFAULT ({dialect.now})", "PRIMARY KEY (patron_id, field)"),
        ),
        _table(
            dialect,
            "lock_journal",
            *(f"id {dialect.serial}", f"patron_id {integer} NOT NULL", "field TEXT NOT NULL", "event TEXT NOT NULL", "reason TEXT"),
            *("until_date TEXT", "done_by TEXT NOT NULL", "done_at TEXT NOT NULL"),
        ),
        _table(dialect, "patron_type", "name TEXT PRIMARY KEY", f"run_number {integer}"),
        _table(
            dialect,
            "approval",
            *("run_id TEXT PRIMARY KEY", "decision TEXT NOT NULL", "decided_by TEXT", "decided_at TEXT NOT NULL", "note TEXT"),
            "applied_by_run TEXT",
        ),
    ]


def _archives(dialect: Dialect) -> list[str]:
    run = f"run_number {dialect.integer} NOT NULL"
    made = [
        _table(dialect, "patron_archive", run, *_columns(dialect, *PATRON_COLUMNS), "PRIMARY KEY (id)"),
        _table(dialect, "association_archive", run, *_columns(dialect, *ASSOCIATION_COLUMNS), "PRIMARY KEY (id)"),
    ]
    for name, columns in TRANSACTION_COLUMNS.items():
        lost = ["lost_at TEXT"] if name == "checkout" else []
        made.append(_table(dialect, f"{name}_archive", run, *_columns(dialect, *columns), *lost, "PRIMARY KEY (id)"))
    return [*made, *(f"CREATE INDEX {name}_archive_patron ON {name}_archive (patron_id)" for name in TRANSACTION_COLUMNS)]
