"""Codes of errors of the store that end a command. `--json` gives them as `error.code`."""

from __future__ import annotations

from runner.messages.explanation import ONE_TRANSACTION, Explanation, ended

STORE: tuple[Explanation, ...] = (
    ended(
        "store-busy",
        "Another program is writing to the store.",
        "Try again in a moment.",
        "The run waited for half a minute before it gave up. A backup or a database tool may hold the store.",
        "Somebody has the store open in a database browser, in the middle of an edit.",
    ),
    ended(
        "store-stopped",
        "The store's work was stopped, by a signal or by its server.",
        "Run the job again.",
        ONE_TRANSACTION,
        "The database server was shut down for an update.",
    ),
    ended(
        "store-read-only",
        "The store may not be written.",
        "Give the account that runs the jobs the right to write the store.",
        "For SQLite, the folder must be writable too, not only the file. With PostgreSQL the account needs its schema, "
        "temporary tables and the primary server: a replica takes no changes.",
        "`patrons.db` belongs to another account.",
    ),
    ended(
        "store-layout",
        "The store lacks a table or a column that the program needs.",
        "Restore a backup. The tables are made and changed by this program alone.",
        "Circulation systems may write to the documented tables, but must not change their columns.",
        "Somebody dropped a table by hand.",
    ),
    ended(
        "store-full",
        "The disk or the database is full.",
        "Free some space, then run the job again. `runner runs prune` removes old runs.",
        ONE_TRANSACTION,
        "Old reports filled the disk.",
    ),
    ended(
        "store-disk",
        "The disk failed while the store was in use.",
        "Check the disk, then run the job again.",
        ONE_TRANSACTION,
        "A network share dropped out.",
    ),
    ended(
        "store-constraint",
        "The store refused a change because it would break a rule of its tables.",
        "Run the job again; if it stays, please report it: the plan should have seen it.",
        ONE_TRANSACTION,
        "Two patrons would have one barcode at one site.",
    ),
    ended(
        "store-login",
        "The PostgreSQL server refused the login.",
        "Check user, password and database under `store:` in district.yaml.",
        "Secrets are given by reference, such as `${env:NAME}`; the message never shows them.",
        "The password was changed on the server.",
    ),
    ended(
        "store-schema",
        "The PostgreSQL database has no schema that the store's account may use.",
        "Make the schema, and give the account USAGE and CREATE on it.",
        "Tables live in the first schema of the search path that there is; since PostgreSQL 15 nobody may create in `public` unasked.",
        "`?options=-csearch_path%3Dpatrons` where nobody made a schema `patrons`.",
    ),
    ended(
        "store-letters",
        "The PostgreSQL database cannot hold every letter.",
        "Make a database with the encoding UTF8 for the store.",
        "In another encoding some names could not be written, and others would be read back as something else.",
        "`CREATE DATABASE patrons ENCODING 'LATIN1'`.",
    ),
    ended(
        "store-settings",
        "The PostgreSQL server answers in a way that cannot be read.",
        "Turn `quote_all_identifiers` off for the store's database: ALTER DATABASE name SET quote_all_identifiers = off.",
        "The names of types are asked of the server, and come back in quotation marks where it is on.",
        "An administrator turned it on for all of the server, in postgresql.conf.",
    ),
    ended(
        "store-server",
        "The PostgreSQL server cannot be reached, or the connection to it was lost.",
        "Check that it runs, and the address under `store:` in district.yaml.",
        "A run that lost its server in the middle has changed nothing.",
        "The server is being restarted.",
    ),
    ended(
        "store-tls",
        "The way to the PostgreSQL server is not as private as the address asks for.",
        "Have TLS turned on at the server, or name its certificate's authority with `sslrootcert=FILE` under `store:` in district.yaml.",
        "Nothing was sent, the password neither. `sslmode=verify-full` asks for a certificate of the host's own name.",
        "The address names the server by its number, and the certificate by its name.",
    ),
    ended(
        "store-pooler",
        "A pooler before the PostgreSQL server shares its connections among programs, so that the store's lock holds nobody off.",
        "Name the server itself under `store:` in district.yaml, or have the pooler keep a connection for each client.",
        "Two runs could write at once. PgBouncer keeps a connection for each client with `pool_mode = session`.",
        "The database is offered on a port of its own for web applications, and that one was taken.",
    ),
    ended(
        "store-damaged",
        "The store's file is damaged.",
        "Restore the last good backup.",
        "A damaged store is not written to, for that could make the damage worse.",
        "The disk lost a block.",
    ),
    ended(
        "store-not-a-database",
        "The file under `store:` is not a database.",
        "Check the path under `store:` in district.yaml.",
        "The program does not overwrite a file that it has not made.",
        "`store: sqlite:///notes.txt`.",
    ),
    ended(
        "store-closed",
        "The store cannot be opened.",
        "Check the path, its owner, its mode and the free space.",
        "The message gives the operating system's own words where there are any.",
        "The folder `var/` belongs to another account.",
    ),
    ended(
        "store-missing",
        "There is no store yet.",
        "Run a job first: it makes the store.",
        "Questions about patrons and runs need a store that has seen a run.",
        "`runner patron 1000017` before the first run.",
    ),
    ended(
        "store-address",
        "The address under `store:` is of no kind that the program knows, or has a part that PostgreSQL does not know.",
        "Write `sqlite`, `sqlite:///FILE` or `postgresql://USER@HOST:PORT/DATABASE`.",
        "Two kinds of store are supported; both keep the same promises. The same holds for what a reference stands for. What follows a `?` "
        "is PostgreSQL's own.",
        "`store: mysql://...`; or `${env:LIBRARY_STORE}`, where the variable holds `host=... password=...`.",
    ),
    ended(
        "store-earlier",
        "The PostgreSQL store is of an earlier version, and the command only looks at it.",
        "Run a job, which upgrades the store; to try a new version before, use a copy of the database.",
        "`plan` changes nothing, tables included. Of an SQLite file it makes a copy for itself.",
        "`runner plan` after an update, before the first run.",
    ),
    ended(
        "store-not-ours",
        "The database holds tables, but none that this program made.",
        "Name an empty database, or the store of this program.",
        "The program does not mix its tables with those of another one.",
        "`store:` points at the circulation system's own database.",
    ),
    ended(
        "store-too-new",
        "The store was made by a newer version of the program.",
        "Install that version, or a newer one.",
        "An older program could misread what a newer one wrote, so it does not try.",
        "One of two servers was updated.",
    ),
)
