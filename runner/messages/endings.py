"""Codes of errors that end a command: the lock, saved plans, secrets. `--json` gives them as `error.code`."""

from __future__ import annotations

from runner.messages.explanation import ONE_TRANSACTION, Explanation, ended

ENDINGS: tuple[Explanation, ...] = (
    ended(
        "usage",
        "The words typed are not a command, or name something that does not exist.",
        "`runner --help` lists the commands; an unknown job is answered with the nearest names.",
        "The exit code is 64, so that scripts can tell a slip of the pen from a failed run.",
        "`runner run demo/student`, where the job is called students.",
    ),
    ended(
        "invalid-files",
        "A job file or district.yaml has errors.",
        "`runner check` lists each one with its line and what to type instead.",
        "Nothing starts while a file is in doubt, for a misspelt guard would be no guard.",
        "`skip_wen:` in students.yaml.",
    ),
    ended(
        "lock-held",
        "Another run of this district is at work.",
        "Wait until it has finished. `runner runs` shows which one it is.",
        "One run at a time writes to a district's store. The lock goes with its process, so a run that was killed leaves none behind.",
        "The nightly run is still going when somebody types `runner run`.",
    ),
    ended(
        "not-found",
        "There is no such run, patron or file.",
        "Compare the name with `runner runs`, or the key with the report.",
        "A patron is named by its district id, or by SITE/BARCODE where it has none.",
        "`runner patron 100001`, with a digit missing.",
    ),
    ended(
        "plan-stale",
        "The saved plan no longer fits: the input, the job, the district or a patron changed since.",
        "Plan again and look at the new plan: `runner plan JOB -o FILE`.",
        "A saved plan is applied exactly or not at all. The message names what moved.",
        "The desk edited one of the patrons after the plan was made.",
    ),
    ended(
        "plan-version",
        "The plan file was made by another version of the program.",
        "Plan again: `runner plan JOB -o FILE`.",
        "A plan says what one version of the program would write; another version may mean something else by it.",
        "The program was updated between plan and apply.",
    ),
    ended(
        "plan-damaged",
        "The file is not a plan, or was changed.",
        "Plan again: `runner plan JOB -o FILE`.",
        "A plan file carries a hash of itself. It is not meant to be edited.",
        "`runner apply students.csv`.",
    ),
    ended(
        "approval-refused",
        "What the run held cannot be approved or rejected: it is decided already, superseded, undone, or its time is over.",
        "Run the job again, and approve what that run holds.",
        "An approval is given once and in time (approvals_expire in district.yaml), and only for the newest run of a job. Deletions can be "
        "approved only while the circulation tables are good, for somebody may have borrowed a book since.",
        "`runner approve` for a run of last week, with three runs since.",
    ),
    ended(
        "undo-refused",
        "The run cannot be undone: it changed nobody, was undone already, loaded a circulation table, or its journal was purged.",
        "`runner runs` shows what each run did and when. A circulation table is put right by loading the right file.",
        "The journal is kept for history_days (district.yaml); without it nobody knows what was there before.",
        "`runner undo` for a run of last year.",
    ),
    ended(
        "secret-file-open",
        "A file with a secret can be read by others.",
        "Take that right away: `chmod 600 FILE`.",
        "A secret that others can read is none. Only its owner should be able to.",
        "`${file:/run/secrets/sftp}` has the mode 0644.",
    ),
    ended(
        "secret-file-missing",
        "A file with a secret is not there.",
        "Correct the path in `${file:PATH}`, or put the file there.",
        "Secrets are read at the moment of use, so a job can be checked without them.",
        "`${file:/run/secrets/sftp}` on a machine without that folder.",
    ),
    ended(
        "secret-file-unreadable",
        "A file with a secret cannot be read.",
        "Give the account that runs the jobs the right to read it.",
        "The message names the file, never what is in it.",
        "The file belongs to another account.",
    ),
    ended(
        "variable-missing",
        "An environment variable that a secret comes from is not set.",
        "Set it where the program is started, such as in the unit file of the service.",
        "A variable that is set in a person's own shell is not there for the service.",
        "`${env:SPRINGFIELD_SFTP_PASSWORD}`.",
    ),
    ended(
        "key-file-open",
        "The key for comparing passwords can be read by others.",
        "Take that right away: `chmod 600 FILE`.",
        "Password changes are told by a keyed hash. With the key and the hashes, passwords could be guessed.",
        "The key file was copied with the mode 0644.",
    ),
    ended(
        "exists",
        "The file that would be written is there already.",
        "Choose another name, or remove the file first.",
        "`runner new` never overwrites a job.",
        "`runner new demo/students`, where the demo has a job of that name.",
    ),
    ended(
        "no-guess",
        "No job can be guessed from the file.",
        "Name a CSV file with a header line.",
        "`runner new` reads the header to guess which column is which.",
        "The file has a single column.",
    ),
    ended(
        "run-lost",
        "Five attempts at a scheduled run ended before they were done, as when the machine goes down each time.",
        "Look at the log for what ended them, then run the job by hand: `runner run JOB`.",
        "Each attempt was rolled back whole. After the fifth the slot is given up, so that a run that brings the machine down cannot do so "
        "for ever.",
        "The kernel ends the run each time because memory is short.",
    ),
    ended(
        "run-missed",
        "A scheduled run did not take place, or had not finished when it was expected.",
        "The sentence says why. Run the job by hand if the day's file should still be applied: `runner run JOB`.",
        "Of several missed times only the newest is made up for, and only within `schedule.grace`.",
        "The machine was off from Friday to Sunday.",
    ),
    ended(
        "missed",
        "A scheduled run is reported as missed or overdue.",
        "Look at `runner runs` and the daemon's log, then run the job by hand if the file should still be applied.",
        "The status of a run that did not take place; the sentence beside it says when it was due.",
        "The run due at 02:00 has not finished by 05:00.",
    ),
    ended(
        "machine",
        "The machine refused what the run needed: a full disk, a missing right.",
        "Make room, or give the account the right, then run again.",
        ONE_TRANSACTION,
        "The disk that holds var/ is full.",
    ),
    ended(
        "bug",
        "The program itself failed.",
        "Please report it with the traceback that is kept in the run's folder; it holds no patron data.",
        "The exit code is 70. " + ONE_TRANSACTION,
        "A combination of settings that nobody tried before.",
    ),
    ended(
        "notify-address",
        "An address under notify: is not http or https.",
        "Correct the secret that the sentence names.",
        "Telling people never breaks a run: only the message is missing.",
        "A webhook address without its https://.",
    ),
)
