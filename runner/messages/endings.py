"""Codes of errors that end a command: the store, the lock, saved plans, secrets. `--json` gives them as `error.code`."""

from __future__ import annotations

from runner.messages.explanation import Explanation


def _ended(code: str, when: str, fix: str, detail: str, example: str) -> Explanation:
    return Explanation(code, "refused", when, "The command ended; nothing was changed.", fix, detail, example)


_TRANSACTION = "All changes of a run are written in one transaction, so what could not be written whole was not written at all."

ENDINGS: tuple[Explanation, ...] = (
    _ended(
        "usage",
        "The words typed are not a command, or name something that does not exist.",
        "`runner --help` lists the commands; an unknown job is answered with the nearest names.",
        "The exit code is 64, so that scripts can tell a slip of the pen from a failed run.",
        "`runner run demo/student`, where the job is called students.",
    ),
    _ended(
        "invalid-files",
        "A job file or district.yaml has errors.",
        "`runner check` lists each one with its line and what to type instead.",
        "Nothing starts while a file is in doubt, for a misspelt guard would be no guard.",
        "`skip_wen:` in students.yaml.",
    ),
    _ended(
        "lock-held",
        "Another run of this district is at work.",
        "Wait until it has finished. `runner runs` shows which one it is.",
        "One run at a time writes to a district's store. The lock goes with its process, so a run that was killed leaves none behind.",
        "The nightly run is still going when somebody types `runner run`.",
    ),
    _ended(
        "not-found",
        "There is no such run, patron or file.",
        "Compare the name with `runner runs`, or the key with the report.",
        "A patron is named by its district id, or by SITE/BARCODE where it has none.",
        "`runner patron 100001`, with a digit missing.",
    ),
    _ended(
        "plan-stale",
        "The saved plan no longer fits: the input, the job, the district or a patron changed since.",
        "Plan again and look at the new plan: `runner plan JOB -o FILE`.",
        "A saved plan is applied exactly or not at all. The message names what moved.",
        "The desk edited one of the patrons after the plan was made.",
    ),
    _ended(
        "plan-version",
        "The plan file was made by another version of the program.",
        "Plan again: `runner plan JOB -o FILE`.",
        "A plan says what one version of the program would write; another version may mean something else by it.",
        "The program was updated between plan and apply.",
    ),
    _ended(
        "plan-damaged",
        "The file is not a plan, or was changed.",
        "Plan again: `runner plan JOB -o FILE`.",
        "A plan file carries a hash of itself. It is not meant to be edited.",
        "`runner apply students.csv`.",
    ),
    _ended(
        "approval-refused",
        "What the run held cannot be approved or rejected: it is decided already, superseded, undone, or its time is over.",
        "Run the job again, and approve what that run holds.",
        "An approval is given once and in time (approvals_expire in district.yaml), and only for the newest run of a job. Deletions can be "
        "approved only while the circulation tables are good, for somebody may have borrowed a book since.",
        "`runner approve` for a run of last week, with three runs since.",
    ),
    _ended(
        "undo-refused",
        "The run cannot be undone: it changed nobody, was undone already, loaded a circulation table, or its journal was purged.",
        "`runner runs` shows what each run did and when. A circulation table is put right by loading the right file.",
        "The journal is kept for history_days (district.yaml); without it nobody knows what was there before.",
        "`runner undo` for a run of last year.",
    ),
    _ended(
        "store-busy",
        "Another program is writing to the store.",
        "Try again in a moment.",
        "The run waited for half a minute before it gave up. A backup or a database tool may hold the store.",
        "Somebody has the store open in a database browser, in the middle of an edit.",
    ),
    _ended(
        "store-stopped",
        "The store's work was stopped, by a signal or by its server.",
        "Run the job again.",
        _TRANSACTION,
        "The database server was shut down for an update.",
    ),
    _ended(
        "store-read-only",
        "The store may not be written.",
        "Give the account that runs the jobs the right to write the store.",
        "For SQLite, the folder must be writable too, not only the file.",
        "`patrons.db` belongs to another account.",
    ),
    _ended(
        "store-layout",
        "The store lacks a table or a column that the program needs.",
        "Restore a backup. The tables are made and changed by this program alone.",
        "Circulation systems may write to the documented tables, but must not change their columns.",
        "Somebody dropped a table by hand.",
    ),
    _ended(
        "store-full",
        "The disk or the database is full.",
        "Free some space, then run the job again. `runner runs prune` removes old runs.",
        _TRANSACTION,
        "Old reports filled the disk.",
    ),
    _ended(
        "store-disk",
        "The disk failed while the store was in use.",
        "Check the disk, then run the job again.",
        _TRANSACTION,
        "A network share dropped out.",
    ),
    _ended(
        "store-constraint",
        "The store refused a change because it would break a rule of its tables.",
        "Run the job again; if it stays, please report it: the plan should have seen it.",
        _TRANSACTION,
        "Two patrons would have one barcode at one site.",
    ),
    _ended(
        "store-login",
        "The PostgreSQL server refused the login.",
        "Check user, password and database under `store:` in district.yaml.",
        "Secrets are given by reference, such as `${env:NAME}`; the message never shows them.",
        "The password was changed on the server.",
    ),
    _ended(
        "store-server",
        "The PostgreSQL server cannot be reached.",
        "Check that it runs, and the address under `store:` in district.yaml.",
        "A run that lost its server in the middle has changed nothing.",
        "The server is being restarted.",
    ),
    _ended(
        "store-damaged",
        "The store's file is damaged.",
        "Restore the last good backup.",
        "A damaged store is not written to, for that could make the damage worse.",
        "The disk lost a block.",
    ),
    _ended(
        "store-not-a-database",
        "The file under `store:` is not a database.",
        "Check the path under `store:` in district.yaml.",
        "The program does not overwrite a file that it has not made.",
        "`store: sqlite:///notes.txt`.",
    ),
    _ended(
        "store-closed",
        "The store cannot be opened.",
        "Check the path, its owner, its mode and the free space.",
        "The message gives the operating system's own words where there are any.",
        "The folder `var/` belongs to another account.",
    ),
    _ended(
        "store-missing",
        "There is no store yet.",
        "Run a job first: it makes the store.",
        "Questions about patrons and runs need a store that has seen a run.",
        "`runner patron 1000017` before the first run.",
    ),
    _ended(
        "store-address",
        "The address under `store:` is of no kind that the program knows.",
        "Write `sqlite`, `sqlite:///FILE` or `postgresql://...`.",
        "Two kinds of store are supported; both keep the same promises.",
        "`store: mysql://...`.",
    ),
    _ended(
        "store-not-ours",
        "The database holds tables, but none that this program made.",
        "Name an empty database, or the store of this program.",
        "The program does not mix its tables with those of another one.",
        "`store:` points at the circulation system's own database.",
    ),
    _ended(
        "store-too-new",
        "The store was made by a newer version of the program.",
        "Install that version, or a newer one.",
        "An older program could misread what a newer one wrote, so it does not try.",
        "One of two servers was updated.",
    ),
    _ended(
        "secret-file-open",
        "A file with a secret can be read by others.",
        "Take that right away: `chmod 600 FILE`.",
        "A secret that others can read is none. Only its owner should be able to.",
        "`${file:/run/secrets/sftp}` has the mode 0644.",
    ),
    _ended(
        "secret-file-missing",
        "A file with a secret is not there.",
        "Correct the path in `${file:PATH}`, or put the file there.",
        "Secrets are read at the moment of use, so a job can be checked without them.",
        "`${file:/run/secrets/sftp}` on a machine without that folder.",
    ),
    _ended(
        "secret-file-unreadable",
        "A file with a secret cannot be read.",
        "Give the account that runs the jobs the right to read it.",
        "The message names the file, never what is in it.",
        "The file belongs to another account.",
    ),
    _ended(
        "variable-missing",
        "An environment variable that a secret comes from is not set.",
        "Set it where the program is started, such as in the unit file of the service.",
        "A variable that is set in a person's own shell is not there for the service.",
        "`${env:SPRINGFIELD_SFTP_PASSWORD}`.",
    ),
    _ended(
        "key-file-open",
        "The key for comparing passwords can be read by others.",
        "Take that right away: `chmod 600 FILE`.",
        "Password changes are told by a keyed hash. With the key and the hashes, passwords could be guessed.",
        "The key file was copied with the mode 0644.",
    ),
    _ended(
        "exists",
        "The file that would be written is there already.",
        "Choose another name, or remove the file first.",
        "`runner new` never overwrites a job.",
        "`runner new demo/students`, where the demo has a job of that name.",
    ),
    _ended(
        "no-guess",
        "No job can be guessed from the file.",
        "Name a CSV file with a header line.",
        "`runner new` reads the header to guess which column is which.",
        "The file has a single column.",
    ),
    _ended(
        "run-lost",
        "Five attempts at a scheduled run ended before they were done, as when the machine goes down each time.",
        "Look at the log for what ended them, then run the job by hand: `runner run JOB`.",
        "Each attempt was rolled back whole. After the fifth the slot is given up, so that a run that brings the machine down cannot do so "
        "for ever.",
        "The kernel ends the run each time because memory is short.",
    ),
    _ended(
        "run-missed",
        "A scheduled run did not take place, or had not finished when it was expected.",
        "The sentence says why. Run the job by hand if the day's file should still be applied: `runner run JOB`.",
        "Of several missed times only the newest is made up for, and only within `schedule.grace`.",
        "The machine was off from Friday to Sunday.",
    ),
)
