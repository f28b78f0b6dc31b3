"""The copy that is begun before the run: the same input, the same refusals, and nothing left where no run came of it."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from mmap import PAGESIZE
from pathlib import Path

import pytest

from runner.errors import LockHeld, SourceError
from runner.run.early import early_copy
from runner.run.outcome import Outcome
from runner.run.session import command_lock
from runner.source.file_copy import FileCopy
from runner.store.store import open_store
from tests.run.small_district import JOB, NIGHT, SmallDistrict, student


@pytest.fixture
def small(tmp_path: Path) -> SmallDistrict:
    district = SmallDistrict(tmp_path).write()
    district.export([student(number) for number in range(1, 5)])
    return district


def early_run(small: SmallDistrict, days: int = 0) -> Outcome:
    now = NIGHT + timedelta(days=days)
    with early_copy(small.job(), small.places.for_district("small"), now) as early:
        assert early is not None
        return small.run(now=now, early=early)


def left(small: SmallDistrict) -> list[Path]:
    return list((small.places.var / "small" / "work").glob("*"))


def test_a_run_takes_it_for_its_own(small: SmallDistrict) -> None:
    done = early_run(small)
    assert (done.status, done.report.counts["added"]) == ("complete", 4)
    assert left(small) == []


def test_a_missing_file_fails_the_run_as_ever(small: SmallDistrict) -> None:
    (small.folder / "exports" / "students.csv").unlink()
    done = early_run(small)
    assert done.status == "failed"
    assert isinstance(done.error, SourceError)
    assert done.error.code == "source-missing"
    assert small.status(done.report.run) == "failed"


def test_where_another_run_holds_the_store_nothing_is_left(small: SmallDistrict) -> None:
    early_run(small)
    with command_lock(open_store(small.store_file, create=False, now=NIGHT), "somebody", NIGHT), pytest.raises(LockHeld):
        early_run(small, days=1)
    assert left(small) == []


def test_where_no_folder_can_be_made_the_run_itself_says_so(small: SmallDistrict) -> None:
    root = small.places.var / "small"
    root.mkdir(parents=True)
    (root / "work").write_text("in the way", encoding="utf-8")
    with early_copy(small.job(), small.places.for_district("small"), NIGHT) as early:
        assert early is None
        done = small.run(early=early)
    assert (done.status, done.error.code if done.error else None) == ("failed", "machine")


def test_a_source_over_the_network_is_not_touched(small: SmallDistrict) -> None:
    sftp = "{type: sftp, url: 'sftp://nowhere.test/out', username: u, password: '${env:PIN}', host_key: 'SHA256:KEY', file: a.csv}"
    sftp = sftp.replace("KEY", "A" * 43)
    small.write(job=JOB.replace("{type: directory, path: exports, file: students.csv}", sftp))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIN", "p")
        with early_copy(small.job(), small.places.for_district("small"), NIGHT) as early:
            assert early is None


def test_a_copy_that_nobody_wants_stops(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    (small.folder / "exports/students.csv").write_bytes(b"x" * 1000 * PAGESIZE)
    monkeypatch.setattr("runner.source.file_copy.PIECE", PAGESIZE)
    grow, pieces = FileCopy.grow, []

    def slowly(copy: FileCopy, wanted: int) -> bool:
        time.sleep(0.001)
        pieces.append(wanted)
        return grow(copy, wanted)

    monkeypatch.setattr(FileCopy, "grow", slowly)
    begun = threading.active_count()
    with early_copy(small.job(), small.places.for_district("small"), NIGHT) as early:
        pass
    assert early is not None
    assert len(pieces) < 100
    assert threading.active_count() == begun
    assert left(small) == []
