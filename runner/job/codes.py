"""What the codes of `runner check` mean, at length: for `runner explain CODE`. A test holds the list against the code."""

from __future__ import annotations

CHECK_CODES: dict[str, str] = {
    # the file and its YAML
    "file-unreadable": "The file cannot be opened, or is no plain file. Look at its name and its rights.",
    "file-not-read": "The file's name ends in capitals, or it is district.yml: no run looks at it. Rename it.",
    "file-too-big": "Files are read up to 256 KiB. A long value map belongs into the exported file.",
    "not-utf8": "The file is not UTF-8 (nor UTF-16 with a byte order mark). Save it as UTF-8.",
    "control-character": "The file holds a character that no editor shows and no name needs. Delete it.",
    "invisible-character": "The file holds a character that cannot be seen, such as a zero-width space, a no-break space or a change of "
    "writing direction. Such characters make a text look like another one. Delete it, or write it as an escape in double quotes.",
    "yaml-syntax": "The file is not YAML. The hint names the usual cause: look at quotes, brackets and where the line begins.",
    "yaml-tab": "A tab stands where YAML wants spaces. Replace it by spaces.",
    "yaml-tag": "Tags (words that begin with !) are not allowed: values are plain text, numbers, true and false.",
    "yaml-anchor": "Anchors (&name), aliases (*name) and merge keys (<<) are not allowed: what a file says must stand where it is read.",
    "yaml-documents": "A file holds one document, without lines that begin with %.",
    "yaml-too-deep": "The file is nested deeper than 20 levels.",
    "yaml-too-many-values": "The file holds more than 20,000 values.",
    "duplicate-key": "A key stands twice in one mapping. YAML readers would silently take the last one.",
    "key-not-text": "A key is empty, null or a collection. Write a word.",
    "unquoted-braces": "Braces without quotes are a YAML mapping, not a template. A column is named without braces; a template is put in "
    "double quotes.",
    "empty-file": "The file has no keys. `runner new` writes a job to begin with.",
    "not-a-mapping": "The file is a list or a single word; it must be keys with values.",
    # keys and values
    "typographic-quotes": "The quotes around a value are those that word processors and mail programs make. YAML takes them for letters.",
    "unknown-key": "The key is not known at this place. A key that is silently ignored would be a protection that is silently off.",
    "missing-key": "A required key is missing.",
    "wrong-type": "The value is of another kind than the key takes: text, a whole number, true or false, a list or a mapping. Only true "
    "and false are booleans; numbers are plain decimal ones; what looks like a number but is a text needs quotes.",
    "wrong-value": "The value is none of those that the key takes.",
    "wrong-format": "The text does not have the form that the key asks for.",
    "wrong-length": "The value is empty, too long, or has too many entries.",
    "out-of-range": "The number is smaller or greater than the key allows.",
    "duplicate-item": "An entry of a list stands there twice.",
    "exactly-one": "Several keys stand together of which exactly one is meant.",
    "name-invalid": "A job's name has small letters, digits and hyphens, begins with a letter or digit, and has at most 63 characters. A "
    "district's is that of its folder, and may have capital letters, dots and underlines too.",
    "name-differs-from-file": "The job's name is not the name of its file. It runs, but people will look for it elsewhere.",
    "duration-invalid": "A span of time is a number and one unit: s, m, h or d, such as 60s, 30m, 6h, 3d.",
    "time-invalid": "A time of day is HH:MM on the 24-hour clock, such as 02:00.",
    "date-invalid": "A date is YYYY-MM-DD and must exist in the calendar.",
    "duplicate-job": "Two files of the district give their job the same name.",
    # references and secrets
    "secret-in-clear": "A password, key or passphrase stands in the file. Files are copied, mailed and kept in git: write where the secret "
    "stands instead, ${env:NAME} or ${file:PATH}, and change the secret, for it has been seen.",
    "address-in-clear": "The address of a webhook or a ping lets whoever has it post there. Better write a reference.",
    "reference-syntax": "References are ${env:NAME} and ${file:PATH}; nothing else is replaced.",
    "reference-unresolved": "The variable is not set or the file cannot be read here. `check` warns, for the runner's own environment may "
    "have it; a run does not start without it.",
    # the district
    "examples-without-job": "A file of examples is named after its job, students_test.yaml after students.yaml, and there is no such job.",
    "district-file-missing": "A folder with jobs has no district.yaml, so the jobs mean nothing. Write version, name, time_zone and sites.",
    "time-zone-unknown": "The time zone is not an IANA name in its exact spelling, such as America/Chicago.",
    "time-zone-fixed": "The zone never changes to daylight time, as a school's clock usually does.",
    "store-invalid": "The store is sqlite, sqlite:///FILE or postgresql://..., with secrets by reference.",
    "table-loaded-twice": "Two jobs of the district load one circulation table, and each load replaces the table as a whole. Whoever "
    "borrowed by the other file alone would count as one who has nothing, and could be deleted.",
    "store-shared": "Two districts name one store. Each would take the other's patrons for its own.",
    "duplicate-site": "A short name or alias belongs to two sites, or two short names differ in capitals alone, so a record could not be "
    "placed.",
    "mail-password-in-clear": "The mail password would travel over a connection that is not encrypted.",
    "values-in-clear": "Children's records would travel over a connection that is not encrypted, to another machine.",
    # the source
    "path-not-plain": "A path or file name has .., ~, a wildcard, braces or an address in it. One plain name leads to one file.",
    "url-invalid": "The address of an SFTP source is sftp://HOST[:PORT]/FOLDER, without user name or password.",
    "host-key-missing": "Without a host key any server could pass for this one and be sent the password.",
    "host-key-invalid": "A fingerprint is SHA256: and 43 characters, as `ssh-keygen -l` and `runner doctor` show it.",
    "host-key-md5": "MD5 fingerprints can be forged. Use the SHA256 one; `runner doctor` prints it.",
    "login-missing": "The source has no way to log in: password, key_file or agent.",
    "passphrase-without-key": "A passphrase opens a key file, and none is named.",
    "deadline-too-short": "The deadline for the whole transfer is shorter than the wait for a single answer.",
    # the mapping
    "field-without-source": "A field does not say where its value comes from.",
    "site-not-mapped": "Every record needs a site: map a column to it, or write a constant.",
    "key-not-mapped": "Records are matched by a field that no column is mapped to.",
    "cannot-add": "Without a barcode and a last name no patron can be added. That is right for a job that only updates.",
    "password-needs-username": "A password is only written together with a username.",
    "field-not-in-table": "The circulation table has no such field.",
    "column-not-a-position": "The file has no header, so columns are named by position, counted from 1.",
    "column-needs-quotes": "The file has a header, so a column that is called by a number needs quotes.",
    "braces-in-column": "A column's name has braces, as columns in a template have. A column is named as the header names it: HR, not "
    "{HR}. If the header itself has the braces, nothing is wrong.",
    "template-invalid": "Columns stand in braces: \"P {StudentID}\". A literal brace is written twice.",
    "pattern-invalid": "The pattern cannot be used. Patterns are Rust's regular expressions: no look-around, no back-references.",
    "pattern-group-unknown": "The replacement asks for a group that the pattern does not have, or writes it as another program would. "
    "The first group is $1 or ${1}.",
    "date-format-invalid": "A date format has percent letters for a whole date: %Y year, %m month, %d day.",
    "boolean-unclear": "A text is said to mean both true and false.",
    "blank-never-met": "A blank cell is judged by when_blank before the steps, so a map or boolean never sees it.",
    "branch-unclear": "A branch is {if: ..., then: ...}, or as the last one {else: ...}.",
    "condition-unclear": "A condition is one test on one column, or `any` or `all` of several conditions.",
    "trim-not-first": "Values are trimmed before all other steps, so `trim: false` acts only as the first step.",
    "unknown-site": "The site is not in district.yaml, neither as a short name nor as an alias.",
    "unknown-patron-type": "The patron type is not in district.yaml.",
    "patron-type-unknown": "The patron type is not in district.yaml; a run would create it with persona other.",
    "unknown-access-level": "The access level is not in district.yaml, and access levels are never created.",
    "unknown-status": "A status is Active, Inactive or Restricted.",
    "table-not-used": "district.yaml says that the district does not have this table, and the job loads it.",
    # schedule, removal, guards
    "day-twice": "A day is said twice: by its own name and under weekdays or weekends.",
    "wait-impossible": "A file is looked for every five minutes, and a slot that is later than the grace is only noted as missed.",
    "schedule-never-runs": "Every day of the schedule is none.",
    "circulation-is-full": "A circulation load always replaces the whole table, so it is always full.",
    "removal-without-scope": "A removal policy must say whom it may touch, or that it may touch everyone.",
    "removal-does-nothing": "The removal section has no step.",
    "switch-without-days": "The switches of inactivation act only together with not_updated_in_days.",
    "needs-allow-delete": "This step deletes patrons that still have books or fines; it needs options.allow_delete_with_transactions.",
    "anything-covers-all": "Deleting inactive patrons whatever they owe covers what with_transactions would delete.",
    "persona-unused": "No patron type of the district has this persona, so the policy would touch nobody.",
    "not-for-circulation": "The section belongs to patrons jobs.",
    "guard-without-limit": "A guard with a floor only would never trip, and would replace the built-in guard.",
}  # fmt: skip


def explain_check_code(code: str) -> str | None:
    """What a code of `runner check` means and how to put it right; None for another word."""
    text = CHECK_CODES.get(code)
    return None if text is None else f"{code}: found by `runner check` in a job or district file\n\n{text}"
