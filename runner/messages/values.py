"""Codes about a single value: too long, blank, unknown or unreadable. The record itself is applied."""

from __future__ import annotations

from runner.messages.explanation import Explanation


def _unreadable(code: str, field: str, wanted: str, fix: str, example: str) -> Explanation:
    return Explanation(
        code,
        "warning",
        f"The value for {field} is not {wanted}.",
        f"The rest of the record was applied; {field} was left as it was.",
        fix,
        f"A value that cannot be read is never guessed at: what the store has for {field} stays, and a new patron gets none. "
        "A blank cell is something else and gives no such warning; what it does is the job's `when_blank` for the field.",
        example,
    )


VALUES: tuple[Explanation, ...] = (
    Explanation(
        "value-truncated",
        "warning",
        "A value is longer than its field.",
        "It was cut to the longest length of the field, and the record was applied.",
        "Shorten the value at the source, or add a step to the field, such as `{replace: {find: Street, replace: St}}`.",
        "Each field has a longest length (docs/job-reference.md lists them). Names, addresses and other free texts are cut at the end. "
        "A value that would become wrong or somebody else's when cut, such as an email address, is not written instead: see "
        "value-too-long.",
        "A homeroom of 104 characters is stored with its first 90.",
    ),
    Explanation(
        "value-too-long",
        "warning",
        "A username, a password, an email address, or an existing patron's barcode is longer than its field.",
        "The value was not written, and the rest of the record was applied.",
        "Correct the value at the source, or check that the job reads the right column.",
        "These values are useless or dangerous when cut: half an email address belongs to nobody, or to somebody else. So the store "
        "keeps what it had. The longest are 50 characters for usernames and passwords, 200 for email addresses and 14 for barcodes.",
        "A cell for email_1 holds five addresses joined with semicolons.",
    ),
    Explanation(
        "value-not-in-map",
        "warning",
        "The field has a `map` without a default, and the value is not in it.",
        "The field was left as it was, and the rest of the record was applied.",
        "Add the value to the map in the job, or give the map a `default`.",
        "A map lists which text of the source becomes which text here. A new code at the source, such as a new school's, appears as this "
        "warning until the map knows it. The comparison is exact after trimming: capitals and leading zeros count. For `site` the "
        "record is then refused with site-missing, for a record needs a site.",
        'The map has "0017" and "0018", and the row says 0019.',
    ),
    Explanation(
        "value-unreadable",
        "warning",
        "A `date` or `boolean` step of a text field could not read the value.",
        "The field was left as it was, and the rest of the record was applied.",
        "Correct the value at the source, or the format in the job's step.",
        "Date fields and yes-or-no fields have codes of their own; this one is for a step that a job uses in a free text field, such "
        "as a date in user_defined_1.",
        '`user_defined_1: {column: Since, date: "%m/%d/%Y"}` meets the text `last spring`.',
    ),
    Explanation(
        "access-level-defaulted",
        "warning",
        "The row's access level is blank, and the job clears blank values.",
        "The default access level of the site was used.",
        "Fill in the access level at the source, or set `when_blank: keep` to leave existing patrons as they are.",
        "A blank cell means nothing by default. With `when_blank: clear` it asks for an empty value, and as a patron cannot do without an "
        "access level, the site's default from district.yaml takes its place.",
        "`Access` is blank for a pupil of NORTH, whose default is Patron.",
    ),
    Explanation(
        "access-level-unknown",
        "warning",
        "The row's access level is not in district.yaml.",
        "The default access level of the site was used; where the site has none, the patron kept what it had.",
        "Add the level to `access_levels` in district.yaml once the library has it, or correct it at the source.",
        "An access level is a set of rights, so none is ever created from a file: a slip of the pen could hand out rights that nobody "
        "meant to give. Capitals are overlooked in the comparison.",
        "The row says `Libarian`.",
    ),
    Explanation(
        "patron-type-defaulted",
        "warning",
        "The row's patron type is blank, and the job clears blank values.",
        "The default patron type of the site was used.",
        "Fill in the patron type at the source, or set `when_blank: keep` to leave existing patrons as they are.",
        "A blank cell means nothing by default. With `when_blank: clear` it asks for an empty value, and the site's default from "
        "district.yaml takes its place.",
        "`Type` is blank for a pupil of NORTH, whose default is Student.",
    ),
    Explanation(
        "patron-type-created",
        "warning",
        "The row's patron type is in nobody's list yet.",
        "The type was created with the persona `other`, and the record was applied.",
        "If the type is meant, add it to `patron_types` in district.yaml with its persona; if not, correct it at the source.",
        "A new type appears in the store by itself, as a new class of borrowers often begins at the source. Its persona is `other`, so "
        "policies that look for students do not see its patrons until district.yaml says what they are.",
        "The row says `Studnet`.",
    ),
    Explanation(
        "resource-group-defaulted",
        "warning",
        "The row's resource group is blank, the job clears blank values, and the site has a default.",
        "The default resource group of the site was used.",
        "Fill in the resource group at the source, or set `when_blank: keep` to leave existing patrons as they are.",
        "At a site without a default, a blank resource group simply becomes empty, without a message.",
        "`Group` is blank for a pupil of NORTH, whose default is Textbooks.",
    ),
    Explanation(
        "status-defaulted",
        "warning",
        "A new patron's status is blank or unknown.",
        "The patron was added as Active.",
        "Fill in Active, Inactive or Restricted (or A, I, R) at the source, or add a `map` to the field.",
        "A person who is new to the file is nearly always one who may borrow. The letters and the whole words are understood, capitals "
        "aside.",
        "`Status` is `E` for enrolled, and the job has no map for it.",
    ),
    Explanation(
        "status-unknown-kept",
        "warning",
        "An existing patron's row has a blank or unknown status.",
        "The patron's status stays as it was; the rest of the record was applied.",
        "Fill in Active, Inactive or Restricted (or A, I, R) at the source, or add a `map` to the field.",
        "Making the patron Active would reopen a leaver's account by accident, so the old status stays until the file gives one that "
        "is known.",
        "`Status` is `W` for withdrawn, and the job has no map for it.",
    ),
    Explanation(
        "gender-unspecified",
        "warning",
        "The row's gender is blank, where the job clears blank values, or a word that is not known.",
        "U (unspecified) was written.",
        "Use M, F, X or U, or the words male, female, nonbinary, unspecified; or add a `map` to the field.",
        "The letters and the whole words are understood, capitals aside. To leave the store's value alone for blank cells, use "
        "`when_blank: keep`, which is the default.",
        "The row says `W`.",
    ),
    Explanation(
        "barcode-blank-kept",
        "warning",
        "An existing patron's row has a blank barcode, and the job clears blank values.",
        "The patron keeps its barcode; the rest of the record was applied.",
        "Fill in the barcode at the source, or set `when_blank: keep` for the field to have no warning.",
        "A patron cannot borrow without a barcode, so a file cannot take it away.",
        "`Barcode` is empty for a pupil who has `P 17`.",
    ),
    Explanation(
        "last-name-blank-kept",
        "warning",
        "An existing patron's row has a blank last name, and the job clears blank values.",
        "The patron keeps its last name; the rest of the record was applied.",
        "Fill in the last name at the source, or set `when_blank: keep` for the field to have no warning.",
        "A patron without a last name cannot be found at the desk, so a file cannot take it away.",
        "`Last` is empty for 1000017.",
    ),
    _unreadable(
        "birth-date-invalid",
        "birth_date",
        "a date in the job's format, or lies after today",
        "Correct the date at the source, or the `date` format in the job.",
        "`31/12/2012` where the job says `%m/%d/%Y`: there is no month 31.",
    ),
    _unreadable(
        "card-expires-invalid",
        "card_expires",
        "a date in the job's format",
        "Correct the date at the source, or the `date` format in the job.",
        "`2027-06-31`: June has 30 days.",
    ),
    _unreadable(
        "teacher-invalid",
        "teacher",
        "a yes or a no",
        "Use T, True, Y, Yes, 1 or F, False, N, No, 0; or name the job's own words in a `boolean` step.",
        "The cell says `maybe`.",
    ),
    _unreadable(
        "acceptable-use-policy-invalid",
        "acceptable_use_policy",
        "a yes or a no",
        "Use T, True, Y, Yes, 1 or F, False, N, No, 0; or name the job's own words in a `boolean` step.",
        "The cell says `signed`, and the job has no `boolean` step that knows the word.",
    ),
    _unreadable(
        "graduation-year-invalid",
        "graduation_year",
        "a year of four digits from 1900 to 2199",
        "Correct the year at the source; a two-digit year can be completed with a `regex` step.",
        "The cell says `27`.",
    ),
    Explanation(
        "password-without-username",
        "warning",
        "The row has a password for a patron who has no username.",
        "The password was not written; the rest of the record was applied.",
        "Map the username as well, or leave the password out of the job.",
        "A password opens an account only together with a username. Passwords are never shown in messages; the value reads `***`.",
        "`Login` is blank and `Password` is not.",
    ),
)
