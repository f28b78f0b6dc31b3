"""Codes about what a run decided with the store before its eyes: usernames, twins, ownership, deletions, coming back."""

from __future__ import annotations

from runner.messages.explanation import Explanation

DECISIONS: tuple[Explanation, ...] = (
    Explanation(
        "barcode-autoassigned",
        "warning",
        "The record's barcode is another patron's, and the job says `on_barcode_conflict: autoassign`.",
        "The patron got the next free number at the site.",
        "Print a new label for the patron, or correct the barcode at the source.",
        "The number is the one after the largest all-digit barcode at the site, with the same number of digits. The file will claim "
        "the taken barcode again tomorrow; the patron then keeps its number, so this warning returns until the source is corrected.",
        "`P 17` is taken at NORTH; the patron got 20418.",
    ),
    Explanation(
        "district-id-reminder",
        "warning",
        "district.yaml says `require_district_id: true`, and the record has none.",
        "The record was applied.",
        "Have the district id filled in at the source, and map it in the job.",
        "Without a district id the patron cannot be followed from one school to another. The job matches by site and barcode, so the "
        "record could still be applied.",
        "A teacher's row has no employee number.",
    ),
    Explanation(
        "username-in-use",
        "warning",
        "Somebody else has the username, or several rows claim it.",
        "The username was not written; the rest of the record was applied.",
        "Correct the username at the source, or change that of the patron named in the message.",
        "Usernames are unique in the district, capitals aside. They are judged on the state after the whole file, so two patrons may "
        "swap, and of several new claims on one name none is written.",
        "Two pupils called Ann Lee are both given `alee`.",
    ),
    Explanation(
        "possible-duplicate",
        "warning",
        "A new patron has the last name, first name and birth date of a patron who is there already.",
        "The patron was added, or held where the job says `on_possible_duplicate: hold`.",
        "Look at both. If they are one person, merge them and put the right district id on the one that stays.",
        "Twins with one name are rare; a person who got a second number on changing schools is not. The message names the patron who "
        "is like the new one, so that somebody can look.",
        "1000917 is Ann Lee born 2012-01-05, and so is 1000017.",
    ),
    Explanation(
        "login-not-restored",
        "warning",
        "A patron came back, and its old username is taken by now.",
        "The patron is active again, without its old username.",
        "Give the patron a new username at the desk or at the source.",
        "When policy inactivates a patron, it can put `Inactive-` before the username. On coming back the old name is restored if it "
        "is free. The password is never restored; the patron needs a new one.",
        "`alee` was given to another pupil during the year that 1000017 was away.",
    ),
    Explanation(
        "delete-not-found",
        "note",
        "The job's `delete_when` rule holds for a row, and there is no such patron.",
        "Nothing was done; the record counts as unchanged.",
        "Nothing, if the patron was deleted before. If the patron should be there, compare the key in the row with the store's.",
        "Files often list leavers for weeks. Once the patron is gone, the row has nothing left to do.",
        "1000017 was deleted last week and is still in the list of leavers.",
    ),
    Explanation(
        "field-locked",
        "note",
        "The file has another value for a field that staff locked for this patron, or the removal policy would have changed it.",
        "The field was not written; the rest of the record was applied.",
        "Nothing, if the lock is meant. `runner unlock KEY FIELD` ends it.",
        "A lock names its reason, its owner and when it ends. It holds a value that somebody corrected at the desk against the file, "
        "and every run says what it held back, so that no lock is forgotten.",
        "homeroom of 1000017 is locked until June because the pupil is in hospital school.",
    ),
    Explanation(
        "staff-edit-kept",
        "note",
        "The store has another value, which may be an edit at the desk.",
        "The store's value stays.",
        "Nothing. When the source itself changes, the new value is written.",
        "With `write: if_source_changed` the run remembers what the file last sent for the field. As long as the file repeats that, an "
        "edit at the desk stays, without a message; a new value in the file wins. This note comes where nothing is remembered yet, in the "
        "first run with the setting or after the field's mapping changed, so that nobody can tell who wrote the store's value. It also "
        "comes for a patron whom staff inactivated and the file calls Restricted: only Active opens it again.",
        "The job gets `write: if_source_changed` for phone today; the file says 555-1001 and the store 555-2002.",
    ),
    Explanation(
        "duplicate-collapsed",
        "note",
        "Several rows of one patron are alike in every value.",
        "They were applied once; the others count as duplicate.",
        "Nothing is needed; the export could be asked to list each person once.",
        "Rows that say the same do no harm. Rows that differ are refused: see duplicate-rows.",
        "1000017 stands twice, in lines 17 and 212, with the same values.",
    ),
    Explanation(
        "reactivated",
        "note",
        "A patron whom policy had inactivated is in the file again.",
        "The patron has the status that it had before, unless the row gives one.",
        "Nothing, if the patron is back. Otherwise have it taken out of the file.",
        "Only an inactivation by policy is taken back by itself. A patron whom staff inactivated stays so unless the file says Active.",
        "1000017 was away for a term and is enrolled again.",
    ),
    Explanation(
        "removed-by-policy",
        "note",
        "The file still holds, unchanged, a patron whom policy deleted.",
        "The patron was not added again; the record counts as unchanged.",
        "Nothing. If the patron should come back, use `runner undo RUN --patron KEY`, or wait for the record to change.",
        "Without this rule, every graduated senior whom policy deletes would be added again the next night for as long as the source lists "
        "them. As soon as any value of the row changes, the patron is added as a new one.",
        "1000017 graduated, was deleted in August, and is in the export until October.",
    ),
    Explanation(
        "key-accepted",
        "warning",
        "Somebody ran the job with `--accept-key`: fingerprints are made with another key from now on.",
        "Every password of the file counted as changed; whom policy had deleted was added again where the file has them.",
        "See that the new key is in the next backup: `var/<district>/keys/`, or what `fingerprint_key` in district.yaml stands for.",
        "The reason that was typed stands in the message, and with the run in `runner runs`.",
        "the key of the fingerprints is another, and was accepted: the old disk is gone",
    ),
    Explanation(
        "run-late",
        "note",
        "A scheduled run began more than ten minutes after its time.",
        "The run did its work as usual.",
        "Nothing, if the machine was off or another run was going on. Otherwise see the daemon's log for the time in between.",
        "A missed time is made up for within the job's `schedule.grace`; later than that it is only noted as missed.",
        "The run of 02:00 began at 06:10, when the machine was switched on again.",
    ),
    Explanation(
        "undo-skipped",
        "refused",
        "`runner undo` found that the patron, or its checkouts, fines or holds, changed after the run, that another has its key now, that "
        "staff locked a field that would be put back, or that it was put back already.",
        "The patron was left as it is; all others were put back.",
        "The message says why. Look at the patron with `runner patron KEY`; where something is still wrong, correct it by hand, or take "
        "the lock away and undo again.",
        "An undo never overwrites what somebody did since. Runs that only saw the patron do not count as a change. Where two runs changed "
        "one patron, undo the later one first.",
        "The desk gave 1000017 a nickname in the morning; the undo of the night leaves 1000017 alone.",
    ),
    Explanation(
        "undo-approval-stays",
        "note",
        "`runner undo` put back what a run did itself; what that run held was approved, and another run did it.",
        "The approved changes stay. The note names the run that made them.",
        "Nothing, if only the run's own changes were wrong; otherwise type the command of the note.",
        "An approval is somebody's word on named patrons, so it is taken back by name too.",
        "Monday's run updated 400 patrons and held 30 deletions, which were approved; its undo puts the 400 back.",
    ),
    Explanation(
        "held-superseded",
        "note",
        "An earlier run of the job held changes that nobody approved or rejected before this run.",
        "What that run held can no longer be approved: this run compared the file anew, and holds what is still to be done.",
        "Look at what this run holds, and approve or reject that.",
        "An approval must mean what somebody saw. After another night the file and the store are others, so only the newest run of a job "
        "can be approved.",
        "Monday's run held 300 deletions; Tuesday's run holds 310, and names Monday's.",
    ),
)
