"""Passwords: salted hashes in the store, made anew only when they change, and in clear nowhere. (Promise A5.)"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.run.keys import scrypt_matches
from runner.run.progress import NoProgress
from runner.run.saved import apply_saved, save_plan
from tests.promises.search import holders
from tests.run.small_district import COLUMNS, JOB, NIGHT, SmallDistrict, student

WITH_PASSWORDS = JOB + "    password: {column: Pass, when_blank: clear}\n"
CANARIES = ("Canary-Pa55-one", "Canary-Pa55-two", "Canary-Pa55-new")
NIGHTS = [NIGHT + timedelta(days=n) for n in range(4)]


class Secretive(SmallDistrict):
    """A small district whose students have passwords."""

    def tonight(self, *passwords: str, **changed: str) -> None:
        rows = [student(number, Pass=word, **changed) for number, word in enumerate(passwords, start=1)]
        self.export(rows, (*COLUMNS, "Pass"))

    def stored(self) -> dict[str, tuple[str | None, str | None]]:
        """Hash and keyed fingerprint by district id."""
        found = self.rows("SELECT district_id, password_hash, password_mac FROM patron ORDER BY 1")
        return {row[0]: (row[1], row[2]) for row in found}

    def betrayed(self, *more: Path) -> list[str]:
        """Everything that was made and holds a password."""
        found = holders(self.root / "var", CANARIES)
        return [*found, *(each for folder in more for each in holders(folder, CANARIES))]


@pytest.fixture
def district(tmp_path: Path) -> Secretive:
    made = Secretive(tmp_path / "town")
    made.write(job=WITH_PASSWORDS)
    made.tonight(*CANARIES[:2])
    return made


def changed_fields(outcome: Any) -> list[tuple[str, Any]]:
    return [(each["patron"], each["fields"]) for each in outcome.document()["changes"]]


def test_a_password_is_stored_as_a_salted_hash_that_verifies(district: Secretive) -> None:
    assert district.run().status == "complete"
    stored = district.stored()
    for key, word in zip(("1001", "1002"), CANARIES, strict=False):
        made, mac = stored[key]
        assert made is not None
        assert made.startswith("scrypt$16384$8$1$")
        assert scrypt_matches(word, made)
        assert not scrypt_matches(word + "x", made)
        assert mac
    assert district.betrayed() == []


def test_two_who_share_a_password_have_different_hashes(district: Secretive) -> None:
    district.tonight(CANARIES[0], CANARIES[0])
    district.run()
    hashes = [made for made, _ in district.stored().values()]
    assert hashes[0] != hashes[1]


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_an_unchanged_password_is_not_hashed_again_and_a_changed_one_is(district: Secretive, kind: str) -> None:
    district.run()
    before = district.stored()
    again = district.run(kind, now=NIGHTS[1])
    assert again.document()["changes"] == []
    assert district.stored() == before
    district.tonight(CANARIES[0], CANARIES[2])
    changed = district.run(kind, now=NIGHTS[2])
    after = district.stored()
    assert (after["1001"], after["1002"] == before["1002"]) == (before["1001"], False)
    assert scrypt_matches(CANARIES[2], str(after["1002"][0]))
    assert [key for key, _ in changed_fields(changed)] == ["1002"]
    assert district.betrayed() == []


def test_a_cleared_password_leaves_no_hash(district: Secretive) -> None:
    district.run()
    district.tonight("", CANARIES[1])
    cleared = district.run(now=NIGHTS[1])
    assert cleared.document()["counts"]["updated"] == 1
    stored = district.stored()
    assert stored["1001"] == (None, None)
    assert stored["1002"][0] is not None


def test_a_change_is_shown_as_stars(district: Secretive) -> None:
    district.run()
    district.tonight(CANARIES[2], CANARIES[1])
    ((key, fields),) = changed_fields(district.plan(now=NIGHTS[1]))
    assert key == "1001"
    assert set(fields) == {"password"}
    assert set(fields["password"]) <= {"***", None}


def test_the_key_stands_apart_from_the_store(district: Secretive) -> None:
    district.run()
    key = district.root / "var" / "small" / "keys" / "fingerprints.key"
    assert key.stat().st_size == 32
    assert key.stat().st_mode & 0o777 == 0o600
    raw = key.read_bytes()
    others = [path for path in (district.root / "var").rglob("*") if path.is_file() and path != key]
    assert [path for path in others if raw in path.read_bytes() or raw.hex().encode() in path.read_bytes()] == []


def test_a_saved_plan_holds_no_password_and_its_application_hashes_the_right_one(district: Secretive, tmp_path: Path) -> None:
    district.run()
    district.tonight(CANARIES[2], CANARIES[1])
    (tmp_path / "plans").mkdir()
    file = tmp_path / "plans" / "night.plan"
    save_plan(district.plan(now=NIGHTS[1]), file)
    assert district.betrayed(tmp_path / "plans") == []
    apply_saved(file, district.places, now=NIGHTS[1], progress=NoProgress())
    assert scrypt_matches(CANARIES[2], str(district.stored()["1001"][0]))
    assert district.betrayed(tmp_path / "plans") == []


def test_a_held_change_of_a_password_is_kept_nowhere(district: Secretive) -> None:
    district.run()
    district.write(job=WITH_PASSWORDS + "guards: {update: {number: 1, floor: 0}}\n")
    before = district.stored()
    district.tonight(CANARIES[2], CANARIES[2])
    assert district.run(now=NIGHTS[1]).status == "held"
    assert district.stored() == before
    assert district.betrayed() == []


def test_a_password_without_a_user_name_is_not_written(district: Secretive) -> None:
    district.tonight(*CANARIES[:2], User="")
    told = district.run().document()
    assert "password-without-username" in {each["code"] for each in told["messages"]}
    assert {made for made, _ in district.stored().values()} == {None}
    assert district.betrayed() == []


def test_a_password_that_is_too_long_is_told_of_and_not_shown(district: Secretive) -> None:
    district.tonight(CANARIES[0] * 5, CANARIES[1])
    told = district.run().document()
    assert "value-too-long" in {each["code"] for each in told["messages"]}
    assert district.stored()["1001"] == (None, None)
    assert district.betrayed() == []


def test_a_key_that_others_can_read_is_refused_with_the_words_to_type(district: Secretive) -> None:
    district.run()
    key = district.root / "var" / "small" / "keys" / "fingerprints.key"
    key.chmod(0o644)
    refused = district.run(now=NIGHTS[1])
    assert refused.error is not None
    assert refused.error.code == "key-file-open"
    assert "chmod 600" in str(refused.error.hint)
