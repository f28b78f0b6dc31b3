"""libyaml reads large files for us, PyYAML's own parser has the word on broken ones: whichever it is, a document is the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from runner.job import strict_yaml
from runner.job.strict_yaml import load_yaml

ROOT = Path(__file__).resolve().parents[2]
MUTATIONS = 600
ODD = [*"{}[]:,'\"#-|>&*!%@ 0a\n", ": ", "- ", "---\n", "...\n", "\n  ", "{a: b}", "é", "? ", "\t"]

pytestmark = pytest.mark.skipif(not hasattr(yaml, "CSafeLoader"), reason="this PyYAML was built without libyaml")


def _told(raw: bytes) -> list[object]:
    made = load_yaml(Path("job.yaml"), raw)
    return [made.data, made.usable, list(map(str, made.problems)), made.keys, made.values, made.unknown]


def _files() -> list[bytes]:
    return [path.read_bytes() for path in sorted([*ROOT.glob("jobs/*/*.yaml"), *ROOT.glob("tests/job/*/**/*.yaml")])]


def _spoilt(files: list[bytes]) -> Iterator[bytes]:
    chance = random.Random(11)
    for _ in range(MUTATIONS):
        text = chance.choice(files).decode("utf-8", "replace")
        at = chance.randrange(max(1, len(text) - 300))
        text = text[at : at + chance.randrange(20, 600)]
        for _ in range(chance.randrange(1, 4)):
            place = chance.randrange(len(text) + 1)
            text = text[:place] + chance.choice(ODD) + text[place + chance.choice([0, 0, 1, 3]) :]
        yield text.encode()


def test_whole_and_spoilt_files_are_the_same_to_both(monkeypatch: pytest.MonkeyPatch) -> None:
    files = _files()
    cases = [*files, *_spoilt(files)]
    beside = [_told(raw) for raw in cases]
    monkeypatch.setattr(strict_yaml, "_by_libyaml", lambda _text: None)
    assert [raw for raw, one in zip(cases, beside, strict=True) if one != _told(raw)] == []


def test_the_demo_is_read_by_libyaml() -> None:
    assert strict_yaml._by_libyaml((ROOT / "jobs/demo/district.yaml").read_text(encoding="utf-8")) is not None
