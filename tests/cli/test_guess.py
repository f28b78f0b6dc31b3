"""What `runner new` guesses from a file's first rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.cli.guess import guess
from runner.errors import UsageError

HEADER = "StudentID,School,Last,First,DOB,Grade,SSN\n"


def file(folder: Path, content: str | bytes) -> Path:
    path = folder / "in.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_columns_find_their_fields(tmp_path: Path) -> None:
    seen = guess(file(tmp_path, HEADER + "1,NORTH,Lee,Ann,2010-03-04,9,x\n"))
    assert seen.columns == {
        "district_id": "StudentID",
        "site": "School",
        "last_name": "Last",
        "first_name": "First",
        "birth_date": "DOB",
        "grade_level": "Grade",
    }


def test_a_column_that_no_field_takes_is_named_and_left_out(tmp_path: Path) -> None:
    assert guess(file(tmp_path, HEADER + "1,NORTH,Lee,Ann,2010-03-04,9,x\n")).unused == ("SSN",)


@pytest.mark.parametrize("name", ["Student ID", "STUDENT_ID", "student-id", " Student Id "])
def test_names_are_compared_by_letters_and_digits(name: str, tmp_path: Path) -> None:
    assert guess(file(tmp_path, f"{name},School\n1,N\n")).columns["district_id"] == name


def test_a_name_that_comes_twice_is_nobodys(tmp_path: Path) -> None:
    assert "last_name" not in guess(file(tmp_path, "StudentID,School,Last,Last\n1,N,a,b\n")).columns


@pytest.mark.parametrize("name", ["StudentID", "Student Number", "Barcode"])
def test_a_number_that_stands_twice_is_told_as_that(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"{name} stands 2 times in the first line"):
        guess(file(tmp_path, f"{name},{name},School,Last,First\n1,2,N,a,b\n"))


def test_a_name_of_nothing_that_stands_twice_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no column that the first line") as caught:
        guess(file(tmp_path, "Lee,Lee,Ann\n1,2,3\n"))
    assert "Lee" not in str(caught.value)


def test_a_password_is_never_mapped_by_itself(tmp_path: Path) -> None:
    assert "password" not in guess(file(tmp_path, "StudentID,School,Password\n1,N,a\n")).columns


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        (("2010-03-04",), "%Y-%m-%d"),
        (("03/14/2010", "01/02/2011"), "%m/%d/%Y"),
        (("14/03/2010", "01/02/2011"), "%d/%m/%Y"),
        (("20100304",), "%Y%m%d"),
        (("4.3.2010",), "%d.%m.%Y"),
        (("04-Mar-2010",), "%d-%b-%Y"),
    ],
)
def test_a_date_format_is_the_one_that_all_samples_fit(cells: tuple[str, ...], form: str, tmp_path: Path) -> None:
    rows = "".join(f"{at},N,{cell}\n" for at, cell in enumerate(cells))
    assert guess(file(tmp_path, "StudentID,School,DOB\n" + rows)).dates == {"birth_date": form}


def test_dates_that_fit_two_formats_are_marked(tmp_path: Path) -> None:
    seen = guess(file(tmp_path, "StudentID,School,DOB\n1,N,03/04/2010\n"))
    assert (seen.dates, seen.ambiguous) == ({"birth_date": "%m/%d/%Y"}, ("birth_date",))


def test_dates_that_fit_no_format_leave_the_column_out(tmp_path: Path) -> None:
    seen = guess(file(tmp_path, "StudentID,School,DOB\n1,N,spring\n"))
    assert "birth_date" not in seen.columns
    assert "DOB" in seen.unused


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_commonest_of_the_header(delimiter: str, tmp_path: Path) -> None:
    assert guess(file(tmp_path, f"StudentID{delimiter}School\n1{delimiter}N\n")).delimiter == delimiter


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (b"StudentID,School\n1,N\n", "utf-8"),
        ("\ufeffStudentID,School\n1,Zoë\n".encode(), "utf-8"),
        ("StudentID,School\n1,Zoë\n".encode("cp1252"), "windows-1252"),
        ("StudentID,School\n1,Zoë\n".encode("utf-16"), "utf-16"),
    ],
)
def test_the_encoding_is_one_that_the_bytes_fit(raw: bytes, encoding: str, tmp_path: Path) -> None:
    seen = guess(file(tmp_path, raw))
    assert (seen.encoding, seen.columns["district_id"]) == (encoding, "StudentID")


def test_sites_come_with_the_commonest_first(tmp_path: Path) -> None:
    assert guess(file(tmp_path, "StudentID,School\n1,S\n2,N\n3,N\n4,\n")).sites == ("N", "S")


def test_a_column_with_hundreds_of_values_names_no_sites(tmp_path: Path) -> None:
    rows = "".join(f"{n},{n}\n" for n in range(400))
    assert guess(file(tmp_path, "StudentID,School\n" + rows)).sites == ()


def test_line_ends_of_old_macs_are_line_ends(tmp_path: Path) -> None:
    assert guess(file(tmp_path, "StudentID,School\r1,N\r2,S\r")).sites == ("N", "S")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"PK\x03\x04abc", "is packed"),
        (b"\x1f\x8babc", "is packed"),
        (b"StudentID,\x00School\n", "NUL"),
        (b"just words\n", "no comma"),
        (b"Colour,Size\nred,5\n", "no column"),
    ],
)
def test_a_file_that_is_no_export_is_refused_in_a_sentence(content: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        guess(file(tmp_path, content))
    assert refused.value.hint


def test_a_folder_or_nothing_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a file"):
        guess(tmp_path)
    with pytest.raises(UsageError, match="there is no file"):
        guess(tmp_path / "nowhere.csv")


def test_a_huge_cell_ends_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read as CSV"):
        guess(file(tmp_path, 'StudentID,School\n1,"' + "x" * 200_000 + "\n"))
