"""A bug in the middle of a run: exit 70, a kept traceback without a value, a run that says that it failed. (Promises A9, P1, P2.)"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.promises.crowd import Crowd
from tests.promises.search import holders

QUOTED = "could not parse `Canarybird` as dtype `i64` at column 'Last'"


@pytest.fixture
def crowd(tmp_path: Path) -> Crowd:
    crowd = Crowd(tmp_path).write()
    crowd.export(20, "101")
    return crowd


@pytest.mark.parametrize(
    "where",
    ["runner.run.engine.prepare", "runner.run.engine.commit_plan", "runner.run.reported.publish", "runner.run.read_patrons.map_rows"],
)
def test_a_bug_in_a_run_ends_with_70_and_keeps_a_traceback_that_names_nobody(
    where: str, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library's own words quote the data, so that they may stand nowhere."""

    def fail(*_: object, **__: object) -> None:
        raise pl.exceptions.ComputeError(QUOTED)

    with monkeypatch.context() as broken:
        broken.setattr(where, fail)
        done = crowd.here("run", "crowd/students")
    assert done.exit_code == 70
    assert "Canarybird" not in done.stdout + done.stderr
    (kept,) = crowd.var.rglob("traceback-*.txt")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert str(kept) in done.stderr
    assert holders(crowd.root, ["Canarybird"]) == []
    committed = bool(crowd.ask("SELECT count(*) FROM patron")[0][0])
    ((status, note),) = crowd.ask("SELECT status, coalesce(note, '') FROM run")
    assert status == ("complete" if committed else "failed")
    assert committed == (where == "runner.run.reported.publish")
    assert "bug" in note or committed
    assert crowd.here("run", "crowd/students").exit_code == 0
