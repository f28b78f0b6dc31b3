"""What a look at the jobs folder finds where even the last good version of a job refers to what is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.daemon.catalogue import Catalogue, main, parsed
from tests.daemon.serving import JOB, Workspace

NAMED_ELSEWHERE = JOB.replace("path: exports", 'path: "${env:EXPORTS}"')
AT_A_TIME_ELSEWHERE = JOB.replace('at: "02:00"', 'at: "${env:EXPORTS}"')


@pytest.fixture
def look(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A look at a workspace in which the job says `text`."""

    at = Workspace(tmp_path)

    def looked(text: str) -> Catalogue:
        at.job(text)
        assert main([str(at.jobs), str(at.var)]) == 0
        return parsed(capsys.readouterr().out)

    return looked


def test_a_job_whose_variable_is_gone_keeps_its_times(look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORTS", "/exports")
    (before,) = look(NAMED_ELSEWHERE).entries
    monkeypatch.delenv("EXPORTS")
    (after,) = look(NAMED_ELSEWHERE).entries
    assert (after.times, after.last_good, after.usable) == (before.times, True, False)


def test_a_job_whose_very_time_is_gone_is_named_as_silent(look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORTS", "02:00")
    look(AT_A_TIME_ELSEWHERE)
    monkeypatch.delenv("EXPORTS")
    assert look(AT_A_TIME_ELSEWHERE).silent == ["springfield/students"]


def test_a_job_that_says_enabled_false_has_no_times_in_its_last_good_version_either(look, monkeypatch: pytest.MonkeyPatch) -> None:
    resting = NAMED_ELSEWHERE + "enabled: false\n"
    monkeypatch.setenv("EXPORTS", "/exports")
    look(resting)
    monkeypatch.delenv("EXPORTS")
    assert look(resting).entries == []
