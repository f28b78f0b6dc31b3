"""With which key passwords are told apart: one for a store, on whatever machine, and no other unasked."""

from __future__ import annotations

import base64
import errno
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from runner.cli import doctor, probes
from runner.errors import RunnerError
from runner.job.load import load_job
from runner.run.outcome import Outcome
from tests.run.small_district import COLUMNS, DISTRICT, JOB, NIGHT, SmallDistrict, student

WITH_PASSWORDS = JOB + "    password: {column: Pass, when_blank: clear}\n"
TOMORROW = NIGHT + timedelta(days=1)
KEY = base64.b64encode(bytes(range(32))).decode()
BY_REFERENCE = DISTRICT + "fingerprint_key: ${env:SMALL_KEY}\n"


@pytest.fixture
def district(tmp_path: Path) -> SmallDistrict:
    made = SmallDistrict(tmp_path / "town").write(job=WITH_PASSWORDS)
    made.export([student(1, Pass="Fall-2026"), student(2, Pass="Spring-2027")], (*COLUMNS, "Pass"))
    return made


def key_file(district: SmallDistrict) -> Path:
    return district.root / "var" / "small" / "keys" / "fingerprints.key"


def refusal(outcome: Outcome) -> str | None:
    return outcome.error.code if outcome.error else None


def lose(key: Path) -> None:
    key.unlink()


def replace(key: Path) -> None:
    key.write_bytes(bytes(32))


@pytest.mark.parametrize("harm", [lose, replace])
def test_a_key_that_is_not_the_stores_changes_no_password_until_somebody_accepts_it(
    harm: Callable[[Path], None], district: SmallDistrict
) -> None:
    district.run()
    kept = key_file(district).read_bytes()
    harm(key_file(district))
    refused = district.run(now=TOMORROW)
    assert (refused.document()["status"], refusal(refused)) == ("failed", "fingerprint-key-other")
    with pytest.raises(RunnerError, match=r"is not there|is another"):
        district.plan(now=TOMORROW)
    accepted = district.run(now=TOMORROW, accept_key="the old disk is gone")
    assert accepted.document()["counts"]["updated"] == 2
    assert "the old disk is gone" in next(each["text"] for each in accepted.document()["messages"] if each["code"] == "key-accepted")
    assert district.run(now=TOMORROW).document()["counts"]["updated"] == 0
    assert district.rows("SELECT note FROM run WHERE note IS NOT NULL ORDER BY number")[-1] == ("key accepted: the old disk is gone",)
    key_file(district).write_bytes(kept)
    assert refusal(district.run(now=TOMORROW)) == "fingerprint-key-other"


def test_a_missing_key_is_not_made_anew_by_a_run_that_is_refused(district: SmallDistrict) -> None:
    district.run()
    lose(key_file(district))
    district.run(now=TOMORROW)
    assert not key_file(district).exists()


def test_a_damaged_key_is_accepted_to_be_lost_and_kept_beside_the_new_one(district: SmallDistrict) -> None:
    district.run()
    key_file(district).write_bytes(b"half of a key")
    refused = district.run(now=TOMORROW)
    assert refusal(refused) == "fingerprint-key"
    assert "--accept-key" in str(refused.error and refused.error.hint)
    accepted = district.run(now=TOMORROW, accept_key="the disk was full")
    assert (accepted.status, accepted.document()["counts"]["updated"]) == ("complete", 2)
    assert "key-accepted" in [each["code"] for each in accepted.document()["messages"]]
    assert len(key_file(district).read_bytes()) == 32
    assert key_file(district).with_name("fingerprints.key.damaged").read_bytes() == b"half of a key"


def test_a_key_that_is_accepted_by_a_run_that_fails_shuts_out_the_right_one_no_more_than_before(district: SmallDistrict) -> None:
    district.run()
    kept, file = key_file(district).read_bytes(), district.folder / "exports" / "students.csv"
    replace(key_file(district))
    file.rename(file.with_suffix(".late"))
    assert refusal(district.run(now=TOMORROW, accept_key="a mistake")) == "source-missing"
    file.with_suffix(".late").rename(file)
    assert refusal(district.run(now=TOMORROW)) == "fingerprint-key-other"
    key_file(district).write_bytes(kept)
    assert district.run(now=TOMORROW).document()["counts"]["updated"] == 0


def test_a_disk_that_is_full_leaves_no_half_of_a_key(district: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with suppress(OSError):
            district.run()
    assert not key_file(district).exists()
    assert district.run(now=TOMORROW).status == "complete"


def test_a_key_that_is_the_stores_own_is_not_told_to_be_another_whatever_is_accepted(district: SmallDistrict) -> None:
    district.run()
    accepted = district.run(now=TOMORROW, accept_key="to be sure")
    assert (accepted.document()["counts"]["updated"], accepted.document()["counts"]["warnings"]) == (0, 0)
    assert "key-accepted" not in [each["code"] for each in accepted.document()["messages"]]


def test_a_store_without_passwords_takes_another_key_as_it_comes(tmp_path: Path) -> None:
    district = SmallDistrict(tmp_path).write()
    district.export([student(1)])
    district.run()
    replace(key_file(district))
    assert district.run(now=TOMORROW).status == "complete"


def test_a_circulation_job_asks_for_no_key(district: SmallDistrict) -> None:
    district.write(job=WITH_PASSWORDS, district=DISTRICT.replace("fines: none", "fines: loaded"))
    district.run()
    fines = """version: 1
kind: circulation
name: fines
source: {type: directory, path: exports, file: fines.csv}
properties: {table: fines, match_by: district_id, fields: {district_id: ID, site: School, amount: Fine}}
"""
    (district.folder / "fines.yaml").write_text(fines)
    district.export([{"ID": "1001", "School": "NORTH", "Fine": "1.50"}], ("ID", "School", "Fine"), name="fines")
    lose(key_file(district))
    assert district.run(name="fines", now=TOMORROW).report.counts["added"] == 1
    assert not key_file(district).exists()


def test_a_store_that_was_made_before_there_were_proofs_takes_the_key_that_is_there(district: SmallDistrict) -> None:
    district.run()
    district.edit("DELETE FROM meta WHERE key = 'key_proof'")
    assert district.run(now=TOMORROW).document()["counts"]["updated"] == 0
    replace(key_file(district))
    assert refusal(district.run(now=TOMORROW)) == "fingerprint-key-other"


def test_two_machines_with_one_store_share_the_key_that_the_district_names(
    district: SmallDistrict, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SMALL_KEY", KEY)
    district.write(job=WITH_PASSWORDS, district=f"{BY_REFERENCE}store: sqlite:///{tmp_path}/shared/patrons.db\n")
    district.run()
    assert not key_file(district).exists()
    other = SmallDistrict(tmp_path / "other").write(job=WITH_PASSWORDS, district=(district.folder / "district.yaml").read_text())
    (other.folder / "exports" / "students.csv").write_bytes((district.folder / "exports" / "students.csv").read_bytes())
    assert other.run(now=TOMORROW).document()["counts"]["updated"] == 0


def test_a_key_file_can_be_moved_to_a_reference(district: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    district.run()
    monkeypatch.setenv("SMALL_KEY", base64.b64encode(key_file(district).read_bytes()).decode() + "\n")
    district.write(job=WITH_PASSWORDS, district=BY_REFERENCE)
    lose(key_file(district))
    assert district.run(now=TOMORROW).document()["counts"]["updated"] == 0


@pytest.mark.parametrize("wrong", ["", "Fall-2026", KEY[:-4], KEY + KEY, "é" * 44])
def test_what_is_no_key_is_refused_and_not_shown(wrong: str, district: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMALL_KEY", wrong)
    district.write(job=WITH_PASSWORDS, district=BY_REFERENCE)
    refused = district.run()
    assert refusal(refused) == "fingerprint-key"
    assert not wrong or wrong not in f"{refused.error} {refused.error and refused.error.hint}"


def test_a_key_in_clear_is_refused(district: SmallDistrict) -> None:
    district.write(job=WITH_PASSWORDS, district=f"{DISTRICT}fingerprint_key: {KEY}\n")
    with pytest.raises(RunnerError) as refused:
        load_job(district.places.jobs, "small/students")
    assert KEY not in str(refused.value)
    assert [problem.code for problem in refused.value.problems] == ["secret-in-clear"]  # type: ignore[attr-defined]


def test_the_store_holds_a_proof_of_the_key_and_not_the_key(district: SmallDistrict) -> None:
    district.run()
    ((proof,),) = district.rows("SELECT value FROM meta WHERE key = 'key_proof'")
    assert len(base64.b64decode(proof)) == 32
    assert base64.b64decode(proof) != key_file(district).read_bytes()


def test_doctor_says_that_the_key_is_not_the_stores(district: SmallDistrict) -> None:
    district.run()
    replace(key_file(district))
    found = list(probes.store(district.job().district, district.places, TOMORROW))
    assert [(each.name, each.state) for each in found] == [
        ("small: key", "wrong"),
        ("small: store", "ok"),
        ("small: store lock", "ok"),
    ]


def test_doctor_says_once_that_the_key_is_damaged(district: SmallDistrict) -> None:
    district.run()
    key_file(district).write_bytes(b"half of a key")
    found = list(doctor._district(district.job().district, district.places, TOMORROW))
    assert [each.name for each in found if each.state == "wrong"] == ["small: key"]
