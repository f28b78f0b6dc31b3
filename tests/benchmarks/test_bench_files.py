"""The files that are measured: what a night changes, and that it changes nothing else."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import polars as pl
import pytest

from benchmarks.contestants import Place
from benchmarks.districts import Land, _check
from benchmarks.districts_files import write_districts
from benchmarks.growth import _few, _sizes
from benchmarks.measure import Broken
from benchmarks.moves_files import write_moves
from benchmarks.write_files import people, write_file, write_files


def read(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False)


def changed(before: pl.DataFrame, after: pl.DataFrame) -> set[str]:
    return {name for name in before.columns if not before[name].equals(after[name])}


@pytest.fixture(scope="module")
def moves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("moves")
    write_moves(400, folder)
    return folder


def test_one_row_in_a_hundred_changes_in_a_night(tmp_path: Path) -> None:
    write_files(500, tmp_path)
    before, after = read(tmp_path / "first.csv"), read(tmp_path / "nightly.csv")
    assert changed(before, after) == {"HR", "Street"}
    assert (before["HR"] != after["HR"]).sum() == 5


def test_a_file_written_in_chunks_is_the_file_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file(tmp_path / "whole.csv", 0, 250, people)
    monkeypatch.setattr("benchmarks.write_files._CHUNK", 100)
    write_file(tmp_path / "chunks.csv", 0, 250, people)
    assert (tmp_path / "chunks.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize(("file", "column"), [("homerooms.csv", "HR"), ("schools.csv", "School"), ("barcodes.csv", "Card")])
def test_a_move_changes_one_column_of_everybody(moves: Path, file: str, column: str) -> None:
    before, after = read(moves / "first.csv"), read(moves / file)
    assert changed(before, after) == {column}
    assert (before[column] != after[column]).all()


def test_the_patrons_of_a_pair_get_each_others_barcode(moves: Path) -> None:
    before, after = read(moves / "first.csv")["Card"].to_list(), read(moves / "barcodes.csv")["Card"].to_list()
    assert after[:4] == [before[1], before[0], before[3], before[2]]
    assert sorted(after) == sorted(before)


def test_each_district_has_its_own_people_in_a_few_schools(tmp_path: Path) -> None:
    write_districts(2, 2500, tmp_path)
    first, second = (read(tmp_path / district / "first.csv") for district in Land(tmp_path, 2, 2500).names)
    assert not set(first["StudentID"]) & set(second["StudentID"])
    assert first["School"].n_unique() == second["School"].n_unique() == 20


def test_the_few_rows_are_the_same_whatever_the_size(tmp_path: Path) -> None:
    for rows in (11_000, 12_000):
        write_files(rows, tmp_path / str(rows) / "files")
    small, large = (_few(Place(tmp_path / str(rows), Path("none")), rows) for rows in (11_000, 12_000))
    assert [path.read_bytes() for path in small] == [path.read_bytes() for path in large]
    before, after = map(read, small)
    assert before.height == after.height == 10_000
    assert before.join(after, on=before.columns, how="anti").height == 100


def test_growth_goes_by_tens() -> None:
    assert list(_sizes(10_000, 10_000_000)) == [10_000, 100_000, 1_000_000, 10_000_000]


def test_a_district_whose_run_is_missing_breaks_the_measurement(tmp_path: Path) -> None:
    store = sqlite3.connect(tmp_path / "patrons.db")
    store.execute("CREATE TABLE run (number, status, counts)")
    store.execute("""INSERT INTO run VALUES (1, 'complete', '{"added": 5}')""")
    store.commit()
    store.close()
    _check(tmp_path / "patrons.db", 1, {"added": 5})
    for number, expected in ((2, {"added": 5}), (1, {"added": 6})):
        with pytest.raises(Broken):
            _check(tmp_path / "patrons.db", number, expected)
