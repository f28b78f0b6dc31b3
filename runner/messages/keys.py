"""Codes about who a row is: district ids, barcodes, names, and rows that contradict each other."""

from __future__ import annotations

from runner.messages.explanation import Explanation

KEYS: tuple[Explanation, ...] = (
    Explanation(
        "row-malformed",
        "refused",
        "A row is not a proper row: too many or too few cells, broken quotation marks, control characters, or the header line once more.",
        "The row was set aside. Its patron was neither changed nor counted as seen.",
        "Open the file in a text editor at the line named, compare it with its neighbours, and have the export corrected.",
        "A row whose cells do not match the header cannot be read safely: a missing comma moves every value one column to the left, and a "
        "stray quotation mark can swallow the rows after it. So the row is set aside with its line number, and all others are applied. "
        "More than 100 such rows that are also more than 1% of the file refuse the whole file, for then the file itself is broken.",
        'The header names 5 columns and line 17 reads `1000017,Lee,"Ann` followed by a line end: the quotation mark never closes.',
    ),
    Explanation(
        "district-id-missing",
        "refused",
        "The job matches patrons by district id and the row has none.",
        "The record was not applied.",
        "Have the district id filled in at the source, or correct the column that the job names for district_id.",
        "The district id is how the run finds the patron among those it has. Without it, a run could only guess by name, and a wrong guess "
        "would mix two people's records. A value that the job's null tokens or its map turn into nothing counts as missing too.",
        "`StudentID` is empty for a pupil who was enrolled today and has no number yet.",
    ),
    Explanation(
        "district-id-too-long",
        "refused",
        "The district id is longer than 40 characters.",
        "The record was not applied.",
        "Check that the job reads the right column; a district id of this length is nearly always another field.",
        "A district id is never cut, because the first 40 characters of one person's id may be the id of another. The usual cause is a "
        "mapping that points at the wrong column, or a template that joins too much.",
        "`district_id: Notes` reads a sentence in place of a number.",
    ),
    Explanation(
        "district-id-in-use",
        "refused",
        "The job matches by site and barcode, and the row's district id belongs to another patron.",
        "The record was not applied, and the other patron is as before.",
        "Look at both patrons. If they are one person, merge them; if not, correct the district id at the source.",
        "A district id is unique in the district. When a job finds patrons by their barcode, a row can carry an id that somebody else "
        "already has. Writing it would make two people into one at the next match, so the record is refused and the message names the "
        "other.",
        "The row for barcode `P 17` says district id 1000018, which the store knows as another pupil's.",
    ),
    Explanation(
        "site-missing",
        "refused",
        "The row names no site.",
        "The record was not applied.",
        "Have the school filled in at the source, or give the field a default in the job: `site: {column: School, when_blank: "
        "{default: NORTH}}`.",
        "Every patron belongs to a site, which decides the default patron type, the access level and where a barcode must be unique. A "
        "school code that the job's map does not know counts as no site; a `value-not-in-map` warning for the same line then shows it.",
        "`School` is empty for a pupil between two schools.",
    ),
    Explanation(
        "site-unknown",
        "refused",
        "The row's site is neither a short name nor an alias of a site in district.yaml.",
        "The record was not applied.",
        "Add the text as an alias of the right site in district.yaml, or correct it at the source.",
        "The text is compared with the short names first, then with the aliases; capitals are overlooked where that leaves no doubt. "
        "Leading zeros count: 17 and 017 are two texts. A new school needs an entry in district.yaml before its pupils can be added.",
        'The row says 019, and district.yaml has `aliases: ["017"]` and `aliases: ["018"]` only.',
    ),
    Explanation(
        "barcode-missing",
        "refused",
        "A new patron has no barcode, or the job matches by barcode and the row has none.",
        "The record was not applied.",
        "Have the barcode filled in at the source, or map `barcode: {value: autoassign}` to give new patrons the next free number.",
        "A patron cannot borrow without a barcode, so none is added without one. An existing patron whose row has no barcode keeps the "
        "one it has, unless the job matches by site and barcode: then there is nothing to find the patron by, and `autoassign` cannot "
        "help either.",
        "A new pupil's row has an empty `Barcode`.",
    ),
    Explanation(
        "barcode-too-long",
        "refused",
        "A new patron's barcode, or the barcode that the job matches by, is longer than 14 characters.",
        "The record was not applied.",
        "Check the column and the template for the barcode; 14 characters is the longest that can be stored.",
        "A barcode is never cut, because a cut barcode may be somebody else's. A patron who is already in the store keeps its barcode and "
        "gets the other changes of its row.",
        '`barcode: {template: "PATRON {StudentID}"}` makes `PATRON 10000017`, which has 15 characters.',
    ),
    Explanation(
        "barcode-in-use",
        "refused",
        "The record's barcode belongs to another patron at the same site.",
        "The record was not applied, nothing of it; the other patron is as before.",
        "If both are one person, put the district id on the existing record or merge the two. If not, correct the barcode at the "
        "source, or set `on_barcode_conflict: autoassign`.",
        "Barcodes are unique at a site. Conflicts are judged on the state after the whole file, so two patrons may swap barcodes in "
        "one file, and a barcode that a leaver gives up can be reused at once. Where several rows claim one free barcode, all are "
        "refused, for the order of rows proves nothing. Very often the patron was once typed in by hand without a district id.",
        "The row for 1000017 wants `P 17` at NORTH, which a patron without a district id has had since 2023.",
    ),
    Explanation(
        "barcode-in-use-at-target",
        "refused",
        "A patron moves to, or is also registered at, another site, and somebody there has its barcode.",
        "The record was not applied; the patron stays where it was.",
        "Give one of the two another barcode, or set `on_barcode_conflict: autoassign` in the job.",
        "Barcodes are unique at each site only, so two schools may each have a `P 17`. When one of the two patrons moves, they meet. The "
        "message names the patron who has the barcode at the new site.",
        "A pupil with `P 17` moves from NORTH to SOUTH, where `P 17` is somebody else's.",
    ),
    Explanation(
        "last-name-missing",
        "refused",
        "A new patron has no last name.",
        "The record was not applied.",
        "Have the last name filled in at the source, or correct the column that the job names for last_name.",
        "A patron without a last name cannot be found at the desk. An existing patron keeps its last name when a row has none.",
        "`Last` is empty because the pupil's single name stands in `First`.",
    ),
    Explanation(
        "site-kind-mismatch",
        "refused",
        "A patron would move between a library and a media centre, or be registered at a media centre besides its own site.",
        "The record was not applied; the patron stays where it was.",
        "Correct the site in the row, or the site's `kind` in district.yaml.",
        "Libraries and media centres keep different records for their patrons, so a patron cannot be carried from one kind to the "
        "other, and media centres take no second registrations. Add the person at the other site as a patron of its own where that is "
        "meant.",
        "A row gives site MEDIA for a pupil of NORTH.",
    ),
    Explanation(
        "association-without-patron",
        "refused",
        "The job's `associate_when` rule holds for a row, and there is no patron to register at a second site.",
        "The record was not applied.",
        "Make sure that the patron's own row, for which the rule does not hold, is in the file or that the patron is in the store.",
        "A row that asks for a second registration says nothing of where the patron belongs first. It needs a patron in the store or "
        "another row of the same patron in the same file.",
        "A part-time pupil's row for SOUTH is there, the row for the home school NORTH is not.",
    ),
    Explanation(
        "duplicate-rows",
        "refused",
        "Several rows are for one patron and say different things.",
        "None of them was applied; the patron is as before.",
        "Have one row left at the source, or write an `associate_when` rule if rows at several sites are meant.",
        "Rows that are alike in every value collapse into one with a note. Rows that differ contradict each other, and the run does "
        "not take the last or the first, for the order of rows proves nothing. All the lines concerned are listed.",
        "1000017 stands in line 17 with homeroom 101 and in line 212 with homeroom 204.",
    ),
    Explanation(
        "delete-has-transactions",
        "refused",
        "The job's `delete_when` rule asks to delete a patron who has checkouts, fines, refunds or holds.",
        "The patron was not deleted.",
        "Clear the patron's transactions at the desk, or set `allow_delete_with_transactions: true` in the job's options.",
        "Deleting a patron with open transactions loses books and money from sight. The option makes it possible on purpose: the patron is "
        "then archived with its transactions, and its copies are marked lost.",
        "A leaver's row asks for deletion while one book is still checked out.",
    ),
    Explanation(
        "patron-moved",
        "refused",
        "Somebody changed the patron, or lent something to one who was to be deleted, between the moment of planning and that of writing.",
        "This patron was left out; all others were applied. The record is tried again by the next run.",
        "Nothing: the next run plans it afresh. Run the job again if it cannot wait.",
        "A run reads the store, plans, and writes in one go. If a patron's record was edited at the desk in those seconds, the plan no "
        "longer fits, and writing it could undo the edit. So the patron is left as the desk made it.",
        "A librarian saved a new address for 1000017 while the nightly run was planning.",
    ),
)
