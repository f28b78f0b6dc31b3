"""The demo's exports are what its script writes, and everybody in them is invented."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from jobs.demo.generator.generate import EXPORTS, write_night
from jobs.demo.generator.names import FIRST_NAMES
from jobs.demo.generator.nights import begin_afresh, nights

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Both nights, written anew."""
    folders = {night: tmp_path_factory.mktemp(f"night-{night}") for night in (1, 2)}
    for night, folder in folders.items():
        write_night(night, folder)
    return folders


def test_the_committed_exports_are_the_first_night(written: dict[int, Path]) -> None:
    committed = {path.name: path.read_bytes() for path in (ROOT / EXPORTS).glob("*.csv")}
    assert committed == {path.name: path.read_bytes() for path in written[1].glob("*.csv")}


def test_the_students_file_is_windows_1252_with_accents_and_apostrophes(written: dict[int, Path]) -> None:
    text = (written[1] / "students.csv").read_bytes().decode("windows-1252")
    assert all(letter in text for letter in "éñøüŠ'")
    with pytest.raises(UnicodeDecodeError):
        (written[1] / "students.csv").read_bytes().decode("utf-8")


def test_both_nights_have_about_three_thousand_students(written: dict[int, Path]) -> None:
    for night in (1, 2):
        lines = (written[night] / "students.csv").read_bytes().count(b"\r\n")
        assert 2900 < lines < 3100


def test_addresses_and_phones_can_belong_to_nobody(written: dict[int, Path]) -> None:
    with (written[2] / "students.csv").open(encoding="windows-1252", newline="") as file:
        rows = list(csv.DictReader(file))
    mails = {row[column].split("@")[1] for row in rows for column in ("Email", "Guardian") if row[column]}
    assert all(domain.endswith(".example") for domain in mails)
    assert all(row["Phone"] in ("", "N/A") or row["Phone"].startswith("555-01") for row in rows)
    assert {row["First"] for row in rows} <= set(FIRST_NAMES)


def test_a_store_that_make_demo_made_is_begun_afresh(tmp_path: Path) -> None:
    begin_afresh(tmp_path / "demo")
    (tmp_path / "demo" / "patrons.db").write_text("of the last demo")
    begin_afresh(tmp_path / "demo")
    assert [path.name for path in (tmp_path / "demo").iterdir()] == [".made-by-make-demo"]


def test_a_store_of_ones_own_is_moved_aside_not_deleted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        (tmp_path / "demo").mkdir(exist_ok=True)
        (tmp_path / "demo" / ".made-by-make-demo").unlink(missing_ok=True)
        (tmp_path / "demo" / "patrons.db").write_text("mine")
        begin_afresh(tmp_path / "demo")
    assert (tmp_path / "demo-kept-1" / "patrons.db").read_text() == "mine"
    assert (tmp_path / "demo-kept-2" / "patrons.db").read_text() == "mine"
    assert "demo-kept-1" in capsys.readouterr().out


def test_what_the_demo_copies_is_its_owner_s_alone_whatever_the_repository_s_modes_are(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        nights(ROOT / "jobs", tmp_path)
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o077 for path in tmp_path.rglob("*")}
    assert modes == {0}
