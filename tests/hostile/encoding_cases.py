"""Files whose letters are not what the job says, or not what they seem."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from tests.hostile.cases import HEAD, HEADER_LINE, PEOPLE, PEOPLE_TRUE, TABLE, Case, also, case, person, table

MARK = b"\xef\xbb\xbf"
PLAIN = table(TABLE)
_TOP = HEADER_LINE.encode() + b"\n"


def encoding_cases() -> Iterator[Case]:
    yield from _declared()
    yield from _undeclared()
    yield from _unreadable()
    yield from _doubtful()


def _declared() -> Iterator[Case]:
    """Encodings as the job declares them: every row must come out exactly."""
    yield case("enc-utf8", "the honest file, for comparison", PLAIN, truth=PEOPLE_TRUE)
    yield case("enc-utf8-bom", "a byte order mark must not stick to the first name", MARK + PLAIN.encode(), truth=PEOPLE_TRUE)
    quoted = PLAIN.replace("student_id", '"student_id"', 1)
    yield case("enc-bom-quoted-header", "a byte order mark before a quote", MARK + quoted.encode(), truth=PEOPLE_TRUE)
    yield case("enc-macroman", "MacRoman", PLAIN.encode("mac_roman"), "mac-roman", truth=PEOPLE_TRUE)
    yield case(
        "enc-macroman-cr", "MacRoman with CR, as old exports", table(TABLE, "\r").encode("mac_roman"), "mac-roman", truth=PEOPLE_TRUE
    )
    yield case("enc-cp1252", "Windows-1252", PLAIN.encode("cp1252"), "windows-1252", truth=PEOPLE_TRUE)
    yield case(
        "enc-utf16le-bom",
        "UTF-16, little end first, as Excel's Unicode text",
        b"\xff\xfe" + PLAIN.encode("utf-16-le"),
        "utf-16",
        truth=PEOPLE_TRUE,
    )
    yield case("enc-utf16be-bom", "UTF-16, big end first", b"\xfe\xff" + PLAIN.encode("utf-16-be"), "utf-16", truth=PEOPLE_TRUE)


def _undeclared() -> Iterator[Case]:
    """The job says one thing and the file is another."""
    yield case("enc-declared-1252-is-macroman", "decodes without an error, into wrong letters", PLAIN.encode("mac_roman"), "windows-1252")
    yield case("enc-declared-utf8-is-1252", "Windows-1252 under a job that says UTF-8", PLAIN.encode("cp1252"))
    yield case("enc-utf16le-nobom", "UTF-16 without its mark under a job that says UTF-8", PLAIN.encode("utf-16-le"))
    yield case("enc-utf32", "UTF-32", PLAIN.encode("utf-32"))
    yield case("enc-mixed", "two exports joined, each in its own encoding", PLAIN.encode() + table(PEOPLE).encode("cp1252"))
    many = "".join(f"{n},P{n},Last,First,Student,5,a@example.org\n" for n in range(5_000))
    yield case("enc-utf8-late", "200 KB of ASCII, then one byte of Windows-1252", _TOP + many.encode() + b"9,P9,Nu\xf1ez,J,Student,5,x\n")
    ebcdic = PLAIN.replace("’", "'").encode("cp037")
    yield case("enc-ebcdic", "EBCDIC", ebcdic)


def _unreadable() -> Iterator[Case]:
    """Bytes that are no characters."""
    undefined = b"1,P1,A\x81B,C\x8dD,Student,\x8f,\x90\x9d\n"
    yield case("enc-cp1252-undefined", "the five bytes that Windows-1252 leaves out", _TOP + undefined, "windows-1252")
    yield case("enc-utf16-odd", "UTF-16 with a byte too few", b"\xff\xfe" + PLAIN.encode("utf-16-le")[:-1], "utf-16")
    yield case("enc-utf8-cut", "cut within the bytes of the last letter", _TOP + b"1,P1,In\xc3")
    yield case("enc-overlong", "a slash in too many bytes", _TOP + b"1,P1,A\xc0\xafB,C,Student,5,e\n")
    yield case("enc-surrogate", "half of a surrogate pair", _TOP + b"1,P1,A\xed\xa0\x80B,C,Student,5,e\n")
    yield case("enc-double-bom", "two byte order marks: the second is part of the first name", MARK * 2 + PLAIN.encode())


def _doubtful() -> Iterator[Case]:
    """Valid text with something odd in it."""
    wrong = PLAIN.encode().decode("cp1252", "replace").replace("\ufffd", "?")
    yield case("enc-mojibake", "already wrong when it was written", wrong)
    yield case("enc-replacement", "letters lost before they came here", PLAIN.replace("ñ", "\ufffd"))
    apart = [unicodedata.normalize("NFD", cell) for cell in PEOPLE[0]]
    yield case("enc-nfd", "one name, composed and in pieces", table([HEAD, PEOPLE[0], ["200009", "P200009", *apart[2:]]]))
    yield case(
        "enc-bidi", "marks that turn the writing direction", also(person(200_010, last_name="\u202egnp.eman", first_name="A\u2066b\u2069"))
    )
    yield case("enc-zero-width", "a blank without width in a barcode", also(person(200_011, barcode="P2000\u200b02")))
    yield case("enc-nbsp-key", "a no-break space after a barcode", also(person(200_012, barcode="P200012\u00a0")))
    yield case("enc-homoglyph-key", "a Cyrillic letter that looks Latin in a barcode", also(person(200_013, barcode="\u0420200013")))
    yield case("enc-fullwidth-digits", "full-width digits as a key", also(person("\uff12\uff10\uff10", barcode="P200014")))
    separated = table([HEAD, person(200_015, last_name="A\u2028B\u2029C", first_name="D\u0085E")], "\n")
    yield case(
        "enc-line-separators",
        "line ends of Unicode within cells",
        separated,
        truth=(tuple(person(200_015, last_name="A\u2028B\u2029C", first_name="D\u0085E")),),
    )
    yield case(
        "enc-noncharacter", "a noncharacter and one for private use", also(person(200_016, last_name="A\uffffB", first_name="\ue000"))
    )
    yield case("enc-emoji", "emoji with joiners", also(person(200_017, last_name="Fam\U0001f469\u200d\U0001f467")))
