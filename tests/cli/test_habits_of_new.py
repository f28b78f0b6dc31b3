"""What `runner new` says of a file that it could only half understand."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Type


def test_a_file_with_a_header_alone_is_said_to_show_neither_dates_nor_sites(workspace: Path, typed: Type) -> None:
    (workspace / "empty.csv").write_text("StudentID,School,Last,First,DOB\n")
    told = typed("new", "springfield/empty", "--from", "empty.csv")
    assert told.exit_code == 0
    assert "the file has no rows" in told.stdout


def test_columns_that_are_not_used_are_named_with_why(workspace: Path, typed: Type) -> None:
    (workspace / "twice.csv").write_text("StudentID,Last,Email,Email,\n1,Lee,a@x.org,b@x.org,\n2,Kay,c@x.org,d@x.org,\n")
    told = typed("new", "springfield/twice", "--from", "twice.csv").stdout
    assert "Email (stands 2 times in the header)" in told
    assert "a column without a name" in told


def test_a_school_column_that_nobody_recognises_is_asked_for(workspace: Path, typed: Type) -> None:
    (workspace / "odd.csv").write_text("StudentID,Wing,Last,First\n1,North Hall,Lee,Ann\n2,South Hall,Kay,Bo\n")
    typed("new", "springfield/odd", "--from", "odd.csv")
    written = (workspace / "jobs" / "springfield" / "odd.yaml").read_text()
    assert "# no column looked like the site; if one names the schools, write site: THAT COLUMN" in written


def test_an_encoding_that_nothing_proves_is_called_a_guess(workspace: Path, typed: Type) -> None:
    (workspace / "accents.csv").write_bytes("StudentID,School,Last,First\n1,NORTH,José,Ann\n2,NORTH,Muñoz,Bo\n".encode("mac-roman"))
    typed("new", "springfield/accents", "--from", "accents.csv")
    assert "# a guess: see whether names with accents are right" in (workspace / "jobs" / "springfield" / "accents.yaml").read_text()


def test_lines_above_the_header_are_told_how_to_deal_with(workspace: Path, typed: Type) -> None:
    (workspace / "title.csv").write_text("Students of Springfield\nStudentID,School,Last,First\n1,NORTH,Lee,Ann\n")
    assert "format.skip_rows" in typed("new", "springfield/title", "--from", "title.csv").stderr
