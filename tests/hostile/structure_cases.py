"""Files whose header, rows, quotes, line ends or delimiters are not as they should be."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hostile.cases import HEAD, HEADER_LINE, PEOPLE, PEOPLE_TRUE, TABLE, Case, also, case, crowd, person, table, true

PLAIN = table(TABLE)
TOP = HEADER_LINE + "\n"
MEGABYTE = b"a" * 1_000_000


def structure_cases() -> Iterator[Case]:
    yield from _without_rows()
    yield from _headers()
    yield from _rows()
    yield from _quotes()
    yield from _line_ends()
    yield from _delimiters()
    yield from _cut_off()
    yield from _bytes_that_are_no_text()
    yield from _far_too_long()


def _without_rows() -> Iterator[Case]:
    yield case("empty", "no byte at all", b"")
    yield case("blank-lines", "line ends and blanks", b"\r\n \r\n\r\n")
    yield case("bom-only", "a byte order mark and nothing else", b"\xef\xbb\xbf")
    yield case("header-only", "an export that failed politely", HEADER_LINE + "\r\n")
    yield case("header-only-noeol", "a header without its line end", HEADER_LINE)


def _headers() -> Iterator[Case]:
    yield case("header-missing", "the first row is a person", table(PEOPLE))
    order = (3, 2, 1, 0, 6, 5, 4)
    yield case("header-reordered", "the columns in another order", table([[row[n] for n in order] for row in TABLE]), truth=PEOPLE_TRUE)
    yield case("header-renamed", "a capital and a blank too many", table([["student_id", "Barcode", "Last_Name ", *HEAD[3:]], *PEOPLE]))
    yield case("header-missing-column", "a column is gone", table([row[:1] + row[2:] for row in TABLE]))
    yield case("header-extra-column", "a column that nobody asked for", table([[*HEAD, "ssn"], *([*row, "000-00-0000"] for row in PEOPLE)]))
    yield case("header-duplicate", "a column twice, with different values", table([[*HEAD, "barcode"], *([*row, "X"] for row in PEOPLE)]))
    yield case("header-empty-name", "a column without a name", table([[*HEAD, ""], *([*row, "x"] for row in PEOPLE)]))
    yield case("header-repeated", "two exports joined, header and all", PLAIN + table([HEAD, *crowd(3)[1:]]))
    yield case("header-multiline", "a line end within a name", PLAIN.replace("last_name", '"last\nname"', 1))
    yield case("header-formula-name", "a name that is a formula", table([[*HEAD, "=1+1"], *([*row, ""] for row in PEOPLE)]))
    yield case("preamble", "title lines before the header", "Student export\r\nRun of today\r\n" + PLAIN)
    yield case("sep-line", "a line for spreadsheets before the header", "sep=,\r\n" + PLAIN)


def _rows() -> Iterator[Case]:
    yield case("comment-lines", "a remark at the end", PLAIN + "# end of export\r\n")
    yield case("trailer", "a line of totals", PLAIN + "TOTAL,3\r\n")
    yield case("ragged-short", "two cells too few", PLAIN + "200020,P200020,Short,Row,Student\r\n")
    yield case("ragged-long", "an unquoted comma in a name", PLAIN + "200021,P200021,Smith, Jr.,John,Student,5,x@example.org\r\n")
    yield case(
        "ragged-shifted", "a comma is missing and the rest moves left", PLAIN + "200022,P200022,ShiftedAnn,Student,5,x@example.org\r\n"
    )
    yield case(
        "trailing-comma",
        "each row has a comma more than the header",
        HEADER_LINE + "\r\n" + "".join(",".join(row) + ",\r\n" for row in PEOPLE),
    )
    yield case("blank-line-middle", "an empty line between rows", table(TABLE[:2]) + "\r\n" + table(TABLE[2:]), truth=PEOPLE_TRUE)
    yield case("commas-only-row", "a row of commas", PLAIN + ",,,,,,\r\n", truth=PEOPLE_TRUE)


def _quotes() -> Iterator[Case]:
    rest = "".join(f"{n},P{n},L,F,Student,5,x@example.org\n" for n in range(2, 2_000))
    yield case("quote-unbalanced-early", "a quote of the first row never closes", TOP + '1,P1,"Open,Ann,Student,5,x@example.org\n' + rest)
    yield case(
        "quote-unbalanced-last", "a quote of the last row never closes", PLAIN + '200023,P200023,"Open,Ann,Student,5,x@example.org\n'
    )
    pair = '1,P1,"Open,Ann,Student,5,a@example.org\n2,P2,Gone,Bob,Student,5,b@example.org\n3,P3,X",Cat,Student,5,c@example.org\n'
    yield case("quote-swallow-pair", "two stray quotes, and the cells still fit", TOP + pair)
    yield case("quote-inside", "a bare quote within a cell", PLAIN + '200024,P200024,Dwayne "Rock" J,Ann,Student,5,x@example.org\r\n')
    yield case("quote-after", "text after a closing quote", PLAIN + '200025,P200025,"Mac"Donald,Ann,Student,5,x@example.org\r\n')
    yield case("quote-backslash", "quotes behind backslashes", PLAIN + '200026,P200026,"O\\"Neil",Ann,Student,5,x@example.org\r\n')
    yield case("quote-single", "single quotes", PLAIN + "200027,P200027,'Smith, Jr.',Ann,Student,5,x@example.org\r\n")
    yield case("quote-curly", "curly quotes", PLAIN + "200028,P200028,“Smith, Jr.”,Ann,Student,5,x@example.org\r\n")
    lines = person(200_029, last_name="Two\nLines")
    yield case("quote-newline", "a lawful line end within quotes", table([HEAD, lines, *PEOPLE]), truth=true([lines, *PEOPLE]))
    every = "".join(",".join(f'"{cell}"' for cell in row) + "\r\n" for row in TABLE)
    yield case("quote-every", "every cell quoted", every, truth=PEOPLE_TRUE)


def _line_ends() -> Iterator[Case]:
    yield case("eol-lf", "LF", table(TABLE, "\n"), truth=PEOPLE_TRUE)
    yield case("eol-cr", "CR", table(TABLE, "\r"), truth=PEOPLE_TRUE)
    first, second, third = (",".join(row) for row in PEOPLE)
    yield case("eol-mixed", "all three in one file", f"{HEADER_LINE}\r\n{first}\n{second}\r{third}\r\n", truth=PEOPLE_TRUE)
    yield case("eol-crcrlf", "CR CR LF, text mode twice", table(TABLE, "\r\r\n"), truth=PEOPLE_TRUE)
    yield case("eol-lfcr", "LF CR: an empty line after each", table(TABLE, "\n\r"), truth=PEOPLE_TRUE)
    yield case("eol-none-at-end", "none after the last row", table(TABLE, last_line_end=False), truth=PEOPLE_TRUE)


def _delimiters() -> Iterator[Case]:
    yield case("sep-semicolon", "semicolons", table(TABLE, delimiter=";"))
    yield case("sep-tab", "tabs", table(TABLE, delimiter="\t"))
    yield case("sep-pipe", "pipes", table(TABLE, delimiter="|"))
    yield case("sep-mixed", "the header by commas, the rows by semicolons", HEADER_LINE + "\r\n" + table(PEOPLE, delimiter=";"))


def _cut_off() -> Iterator[Case]:
    yield case("cut-mid-record", "within a row, as an upload still going on", table(crowd(40))[:-40])
    yield case("cut-in-quotes", "within a quoted cell", PLAIN + '200030,P200030,"Smi')
    yield case("cut-mid-field", "within the last cell: only the line end is missing", table(crowd(40))[:-8])


def _bytes_that_are_no_text() -> Iterator[Case]:
    yield case("nul-field", "a NUL in a cell", PLAIN.encode() + b"200031,P200031,A\0B,Ann,Student,5,x@example.org\r\n")
    yield case("nul-tail", "4 KB of NULs at the end, as after a crash", PLAIN.encode() + bytes(4096))
    yield case("nul-all", "nothing but NULs", bytes(65_536))
    yield case("control-vt-ff", "vertical tab and form feed", also(person(200_018, last_name="F\x0bG", first_name="H\x0cI")))
    yield case("ctrl-z", "the end mark of DOS", PLAIN.encode() + b"\x1a", truth=PEOPLE_TRUE)
    yield case("control-ansi", "escapes for a terminal", also(person(200_032, last_name="\x1b[2J\x1b]0;title\x07Evil")))
    yield case("control-backspace", "backspaces that rewrite a line", also(person(200_033, last_name="Bad\b\b\bGood")))


def _far_too_long() -> Iterator[Case]:
    yield case("field-10mb", "a cell of 10 MB", (TOP + "200034,P200034,").encode() + MEGABYTE * 10 + b",Ann,Student,5,x@example.org\n")
    yield case("line-20mb-noeol", "20 MB without a line end", MEGABYTE * 20)
    wide = ",".join(f"c{n}" for n in range(20_000)) + "\n" + ",".join("1" * 20_000) + "\n"
    yield case("columns-20000", "20,000 columns", wide, wanted=("c1",))
    yield case("commas-5mb", "five million commas in a line", b"," * 5_000_000 + b"\n")
    yield case("quotes-5mb", "five million quotes in a line", b'"' * 5_000_001 + b"\n")
