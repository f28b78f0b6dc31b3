"""Codes about the input file as a whole: notes on a file that was read, and reasons for refusing one."""

from __future__ import annotations

from runner.messages.explanation import Explanation

_UNTOUCHED = "The file was refused as a whole. Nothing was changed, and nobody was inactivated or deleted for not being in it."

FILE_NOTES: tuple[Explanation, ...] = (
    Explanation(
        "mojibake-suspected",
        "warning",
        "Letters with accents look wrong, as they do when a file is read in an encoding that it was not written in.",
        "The file was applied as it is.",
        "Compare a name with an accent in the report with the same name at the source. If it is wrong, correct "
        "`source.format.encoding` in the job and run it again.",
        "Most one-byte encodings accept any byte, so a wrong one gives no error, only wrong letters. The run counts signs of that, "
        "such as a capital in the middle of a word or pairs like Ã©, and warns when over a fifth of the accented letters look so.",
        "`Müller` exported on a Mac and read as windows-1252 becomes `MŸller`.",
    ),
    Explanation(
        "no-final-line-end",
        "warning",
        "The last line of the file does not end with a line end.",
        "The file was applied as it is.",
        "See whether the last row is whole. If the export always writes its files so, the warning can be left at that.",
        "Many programs end a file properly and some do not. But a copy that broke off in its last cell looks the same, so the last row "
        "deserves a look.",
        "The last line reads `1000917,Lee,An`, and the pupil is called Anna.",
    ),
    Explanation(
        "extra-columns",
        "note",
        "The file has columns that the job does not name.",
        "They were not read, stored or reported.",
        "Nothing. Ask the source to leave out what the library does not need, most of all numbers such as those of social security.",
        "Columns without a mapping are dropped at the door. The note is there so that a renamed or new column does not go unnoticed.",
        "The export has a new column `Homeroom Teacher`.",
    ),
    Explanation(
        "invisible-characters",
        "warning",
        "Some cells hold characters that cannot be seen, such as zero-width blanks or marks for the direction of writing.",
        "The rows were applied with these characters as they are.",
        "Have them removed at the source, or take them out with a `regex` step.",
        "Such characters come along when text is copied from web pages. In a name they do little harm; in a district id or a barcode "
        "they make a key that looks like another and is not.",
        "A district id with a zero-width blank before the first digit does not match the one without.",
    ),
    Explanation(
        "dos-end-of-file",
        "note",
        "The file ends with the control character 0x1A, which old programs write as an end mark.",
        "The character was dropped.",
        "Nothing.",
        "Programs in the tradition of DOS end text files with Ctrl-Z. It is no part of the data.",
        "An export of a mainframe ends with an empty line that holds one unprintable character.",
    ),
    Explanation(
        "letters-decomposed",
        "note",
        "Some accented letters came as a plain letter followed by a separate accent.",
        "The values were kept as they came.",
        "Nothing. If names look wrong on labels, have the export write composed letters (Unicode form NFC).",
        "Unicode has two ways to write é. They look alike on the screen, and comparisons treat them as one, but for district ids and "
        "barcodes. A value that the library has in the other form stays as the library has it.",
        "A file that was made on a Mac from file names.",
    ),
    Explanation(
        "source-warning",
        "warning",
        "The file could be read, and something about the place where it lies is not as it should be.",
        "The file was applied.",
        "Do what the sentence says; most often the rights of the file or its folder are too wide.",
        "A file that everybody on the machine can write can be changed by everybody, and with it the library's patrons.",
        "students.csv has the mode 0666.",
    ),
    Explanation(
        "read-in-full",
        "note",
        "Every line of the file was read and compared, though an earlier run keeps what it knows of most of them.",
        "The run took longer and did the same.",
        "Nothing, if the job, the district or the program was changed. If it comes night after night, look at what is said to be missing "
        "or damaged: something else may be clearing the folder `var/<district>/lines`. If it says that something was said of most lines, "
        "put right what the most frequent message names.",
        "A large file is nearly the same every night. A run remembers which lines left their patrons as they should be, and the next one "
        "looks only at the others. Where it cannot be sure that a line still means the same, it looks at all of them.",
        "Somebody edited students.yaml yesterday.",
    ),
    Explanation(
        "input-unchanged",
        "note",
        "The file is byte for byte the one that was last accepted.",
        "The run did its work all the same: time passes, and the store may have been edited.",
        "Nothing, on days without changes at the source. On other days, see whether the export still runs.",
        "An export that has stopped leaves yesterday's file in its place. `source.max_age` in the job closes the removal gate when the "
        "file is too old, so that nobody is removed on the word of a stale list.",
        "The export stopped on Friday; on Monday its file is still Friday's.",
    ),
    Explanation(
        "input-old",
        "warning",
        "The file is older than the job's `source.max_age`.",
        "The file was applied, and nobody was inactivated or deleted by the removal policy. A circulation table counts as loaded when its "
        "file was written, so that nobody is deleted once that is longer ago than `circulation_max_age`.",
        "See whether the export still runs. If files may be as old as that, write a longer `max_age`.",
        "An export that has stopped leaves its last file in place, night after night, and whoever came since is missing in it.",
        "The job says `max_age: 3d`; on Thursday the file is still Friday's.",
    ),
    Explanation(
        "input-shrunk",
        "warning",
        "The file has far fewer rows than the last one, and it was taken all the same.",
        "The file was applied.",
        "Look at the counts of this run before the next one.",
        "Such a file is refused as file-shrunk unless a person takes it with `--accept-input`, or a circulation job has `allow_empty: "
        "true`.",
        "In July, fines.csv has 12 rows instead of 800.",
    ),
    Explanation(
        "input-reshaped",
        "warning",
        "The keys look different from last time, and a person took the file all the same.",
        "The file was applied.",
        "Look at the counts of this run: many adds together with many leavers would mean that the keys no longer match.",
        "Such a file is refused as file-reshaped unless a person takes it with `--accept-input` and a reason.",
        "The district gave all pupils new numbers with eight digits in place of seven.",
    ),
    Explanation(
        "input-site-gone",
        "warning",
        "A site of the last file is no longer in district.yaml, and a person took the file all the same.",
        "The file was applied. Patrons who stand at that site were matched by no record.",
        "Look at the counts of this run: many adds together with many leavers would mean that the site only has another name now.",
        "Such a file is refused as site-gone unless a person takes it with `--accept-input` and a reason.",
        "South High was closed, and its entry taken out of district.yaml.",
    ),
    Explanation(
        "incremental-made-full",
        "note",
        "The run was asked for as incremental and compared everything.",
        "Every row was compared with the store. No removal policy ran, for the run was not asked for as full.",
        "Nothing. The next incremental is one again.",
        "An incremental compares with what the job last applied. After the mapping, the district's lists or the program changed, or on "
        "the first run, there is nothing that it could be compared with.",
        "Somebody added a column to the job yesterday.",
    ),
    Explanation(
        "other-version",
        "warning",
        "Another machine that shares the store made the job's last run with another version of the job's file.",
        "The run went by the version that is on this machine.",
        "Bring the jobs folder of both machines up to date, such as with `git pull`, and see that the right version made the last run.",
        "Machines that disagree on a job undo each other's work, night by night: whoever runs last decides. A version that no run had "
        "before is taken for an edit, and is not told of.",
        "Machine A runs a job since it was edited, and machine B still has the file of before.",
    ),
)

FILE_REFUSALS: tuple[Explanation, ...] = (
    Explanation(
        "file-empty",
        "refused",
        "The file holds no text.",
        _UNTOUCHED,
        "See whether the export ran and wrote its rows, then run the job again.",
        "An empty file is what a failed export leaves behind. It never means that everybody left. `--accept-input` does not let it "
        "pass either.",
        "students.csv has 0 bytes, because the disk of the exporting server was full.",
    ),
    Explanation(
        "file-header-only",
        "refused",
        "The file has a header line and no row.",
        _UNTOUCHED,
        "See whether the export ran with the right school year and filters. For a circulation job that is empty in summer, write "
        "`allow_empty: true`.",
        "A query that finds nobody still writes its header. That is a fault of the query far more often than an empty school.",
        "The export asks for last year's enrolment, which was archived in July.",
    ),
    Explanation(
        "file-not-text",
        "refused",
        "The file is a spreadsheet, an archive, a PDF or another kind of file that is not plain text.",
        _UNTOUCHED,
        "Have the export write CSV: in a spreadsheet program, Save as, CSV UTF-8.",
        "The kind is told by the first bytes, whatever the name says. Packed files are not unpacked, for a small archive can hold "
        "enough to fill a disk.",
        "students.csv is an Excel workbook that somebody renamed.",
    ),
    Explanation(
        "file-nul",
        "refused",
        "The file holds a NUL byte, which no text has.",
        _UNTOUCHED,
        "If the file was saved as Unicode text by a spreadsheet program, write `encoding: utf-16`. Otherwise have it exported again.",
        "NUL bytes come from UTF-16 files without a mark, or from a disk or a copy that failed and left empty blocks in the file.",
        "The second half of the file is NULs, since the server lost power during the export.",
    ),
    Explanation(
        "file-undecodable",
        "refused",
        "The file is not in the encoding that the job names.",
        _UNTOUCHED,
        "Write the encoding that the export uses under `source.format.encoding`. Most Windows programs write windows-1252.",
        "Letters with accents are stored differently in different encodings. Guessing would make wrong names of them, so a byte that the "
        "encoding does not have refuses the file; the message names the byte and its line.",
        "The job says utf-8, and the `ñ` of a name in line 17 is the single byte F1, as windows-1252 writes it.",
    ),
    Explanation(
        "file-line-too-long",
        "refused",
        "A line of the file is far longer than any row of patrons can be.",
        _UNTOUCHED,
        "See whether this is the right file, and whether the export ends its lines.",
        "A file without line ends is one endless line. It is given up early, before it can fill the memory.",
        "The export writes one JSON document in a single line.",
    ),
    Explanation(
        "file-header-broken",
        "refused",
        "The first line is not a proper header.",
        _UNTOUCHED,
        "Compare the first line with that of an earlier file. Title lines before the header can be passed over with `skip_rows`; a "
        "file without one needs `header: false`.",
        "The header names the columns, and everything hangs on it. It must be one line of well-quoted names, at most 500, "
        "separated as the job says.",
        "The cells are separated with semicolons, and the job says commas.",
    ),
    Explanation(
        "file-columns-missing",
        "refused",
        "The file has no column of a name that the job uses.",
        _UNTOUCHED,
        "Compare the header with the names in the job; the message offers those that are most alike. Correct the job or the export.",
        "Column names are compared exactly, capitals and blanks included. A missing column is never taken for an empty one, or a renamed "
        "column would clear a field for everybody.",
        "The job reads `StudentID`, and the export now calls it `Student ID`.",
    ),
    Explanation(
        "file-columns-duplicate",
        "refused",
        "The header names a column that the job uses more than once.",
        _UNTOUCHED,
        "Have each column named once at the source.",
        "Nothing says which of the two the job means, and taking the first could be wrong for every patron.",
        "`Phone` stands twice: the pupil's and the parents'.",
    ),
    Explanation(
        "file-quote-unclosed",
        "refused",
        "A quotation mark opens a cell and is never closed, up to the end of the file.",
        _UNTOUCHED,
        "Look at the line named. Quotation marks stand around a whole cell, and one inside a cell is written twice.",
        "Everything after the mark would be one cell, and all its patrons would be missing. Such a file was often cut off while it was "
        "copied.",
        'Line 17 reads `1000017,"Lee,Ann`.',
    ),
    Explanation(
        "file-malformed-rows",
        "refused",
        "More than 100 rows, and more than 1% of all, are malformed.",
        _UNTOUCHED,
        "Look at the first line that the message names, and have the file exported again.",
        "A few broken rows are set aside, and the rest is applied. So many are more than chance: the separator or the quoting has changed.",
        "The export stopped quoting names that hold a comma.",
    ),
    Explanation(
        "file-shrunk",
        "refused",
        "The file has fewer rows than `min_rows_percent` (50, if not given) of the last one that was accepted.",
        _UNTOUCHED,
        "See whether a school or a grade is missing. If the number is right, run the job once with `--accept-input` and the reason.",
        "A file that lost half its rows is nearly always an export that broke off. The acceptance holds for one run and is kept in the "
        "journal with its reason.",
        "Last night 1,200 rows, tonight 3.",
    ),
    Explanation(
        "file-reshaped",
        "refused",
        "The district ids or barcodes look different from those of the last file that was accepted.",
        _UNTOUCHED,
        "See whether the columns were swapped, or a spreadsheet changed the numbers. If the numbers really are new, run the job once with "
        "`--accept-input` and the reason.",
        "Keys have a shape, such as seven digits. If nearly all had one shape last time and fewer than half have it now, matching "
        "would fail for everybody: all patrons would be added a second time, and the old ones taken for leavers. A blank key has no shape.",
        "A spreadsheet made `0012345` into `12345` in every row.",
    ),
    Explanation(
        "site-gone",
        "refused",
        "The last file had rows of a site whose short name is no longer in district.yaml, and the job matches by site and barcode.",
        _UNTOUCHED,
        "Give the site its short name back. `name` is what people read, and may change; a new code of the export is one more of its "
        "`aliases`. If the school is closed, run the job once with `--accept-input` and the reason.",
        "The store knows each patron's site by its short name. Under another one nobody there would be found: all would be added a second "
        "time, and the old ones taken for leavers. A job that matches by district id finds them, and moves them to the site's new name.",
        "North High became Lincoln High, and `short_name: NORTH` was made `short_name: LINCOLN`.",
    ),
)
