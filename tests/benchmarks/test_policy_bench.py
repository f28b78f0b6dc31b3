"""The measuring of the removal policy does what it says, at a size that nobody would publish."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import policy


def test_the_removal_policy_is_measured_with_and_without_leavers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(policy, "_DATA", tmp_path)
    monkeypatch.setattr("sys.argv", ["policy", "--rows", "2000", "--rounds", "1"])
    policy.main()
    told = [line.split()[-2:] for line in capsys.readouterr().out.splitlines()]
    assert [words for _, words in told] == ["removals"] * len(policy.SITUATIONS)
    assert told[0][0] == "0"
    assert int(told[-1][0]) > 0
