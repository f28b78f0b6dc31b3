"""References and secrets: read at the moment of use, from places that others cannot read, and never shown."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from runner.errors import InvalidFiles, RunnerError
from runner.job.load import check_paths, load_job
from runner.job.model import Directory, Sftp
from runner.job.secret import fill_in, read_private_file, secret_of

GOOD = Path(__file__).parent / "good"
CANARY = "canary-Pa55"


def workspace(folder: Path, job: str, text: str, district: str = "") -> Path:
    (folder / "s").mkdir()
    (folder / "s" / "district.yaml").write_text((GOOD / "district.yaml").read_text() + district)
    (folder / "s" / f"{job}.yaml").write_text(text)
    return folder


def test_a_password_is_read_when_it_is_revealed_and_not_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = workspace(tmp_path, "remote", (GOOD / "remote.yaml").read_text())
    place = load_job(root, "s/remote").source.place
    assert isinstance(place, Sftp)
    assert place.password is not None
    with pytest.raises(RunnerError, match="SPRINGFIELD_SFTP_PASSWORD"):
        place.password.reveal()
    monkeypatch.setenv("SPRINGFIELD_SFTP_PASSWORD", CANARY)
    assert place.password.reveal() == CANARY
    assert CANARY not in repr(place)
    assert CANARY not in str(place.password)


def test_a_store_address_may_hold_a_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (GOOD / "fines.yaml").read_text()
    root = workspace(tmp_path, "fines", text)
    district = root / "s" / "district.yaml"
    district.write_text(district.read_text().replace("store: sqlite", "store: postgresql://lib:${env:DB_PW}@db.example.org/lib"))
    monkeypatch.setenv("DB_PW", CANARY)
    store = load_job(root, "s/fines").district.store
    assert not isinstance(store, str)
    assert store.reveal() == f"postgresql://lib:{CANARY}@db.example.org/lib"


def test_a_password_in_an_address_is_taken_letter_for_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PW", "a@b:/#?%41 é")
    filled = fill_in("postgresql://lib:${env:DB_PW}@db.example.org/lib", tmp_path)
    parts = urlsplit(filled)
    assert (parts.hostname, parts.path, unquote(parts.password or "")) == ("db.example.org", "/lib", "a@b:/#?%41 é")
    assert fill_in("${env:DB_PW}", tmp_path) == "a@b:/#?%41 é"
    assert fill_in("https://hooks.example.org/${env:DB_PW}", tmp_path) == "https://hooks.example.org/a@b:/#?%41 é"


@pytest.mark.parametrize(
    "address", ["lib@db.example.org/lib?password=${env:DB_PW}&sslmode=require", "lib@db.example.org/lib?password=${env:DB_PW}",
                "${env:DB_USER}:${env:DB_PW}@db.example.org/lib"],
)  # fmt: skip
def test_a_password_by_reference_is_taken_letter_for_letter_wherever_it_stands(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_USER", "lib")
    monkeypatch.setenv("DB_PW", "a@b&c")
    filled = address.replace("${env:DB_USER}", "lib").replace("${env:DB_PW}", "a%40b%26c")
    assert fill_in(f"postgresql://{address}", tmp_path) == f"postgresql://{filled}"


def test_a_variable_whose_bytes_are_no_text_is_named_and_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environb, b"DB_PW", b"caf\xe9")
    with pytest.raises(RunnerError, match="DB_PW is not UTF-8") as caught:
        fill_in("postgresql://lib:${env:DB_PW}@db.example.org/lib", tmp_path)
    assert "caf" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("address", "codes"),
    [
        ("postgresql://lib@db.example.org/lib?password=in-clear", ["secret-in-clear"]),
        ("postgresql://lib@db.example.org/lib?sslmode=require&sslpassword=in-clear", ["secret-in-clear"]),
        ('"postgresql://lib@db.example.org/lib?sslmode=require&password=${env:DB_PW}"', []),
        ('"postgresql://${env:DB_USER}:${env:DB_PW}@db.example.org/lib"', []),
        ('"postgresql://${env:DB_USER}@db.example.org/lib"', []),
        ('"postgresql://${env:DB_USER}:in-clear@db.example.org/lib"', ["secret-in-clear"]),
        ("password=in-clear host=db.example.org user=lib", ["secret-in-clear"]),
    ],
)
def test_a_password_in_clear_is_found_behind_the_address_too(tmp_path: Path, address: str, codes: list[str]) -> None:
    root = workspace(tmp_path, "fines", (GOOD / "fines.yaml").read_text())
    district = root / "s" / "district.yaml"
    district.write_text(district.read_text().replace("store: sqlite", f"store: {address}"))
    found = check_paths([root])
    assert [problem.code for problem in found] == codes
    assert "in-clear" not in "".join(problem.text for problem in found)


def test_other_texts_are_filled_in_when_the_job_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = workspace(tmp_path, "fines", (GOOD / "fines.yaml").read_text().replace("path: exports", 'path: "${env:EXPORTS}/today"'))
    monkeypatch.setenv("EXPORTS", "/srv/exports")
    place = load_job(root, "s/fines").source.place
    assert place == Directory(Path("/srv/exports/today"))


def test_what_is_filled_in_is_checked_like_what_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = workspace(tmp_path, "fines", (GOOD / "fines.yaml").read_text().replace("path: exports", 'path: "${env:EXPORTS}"'))
    monkeypatch.setenv("EXPORTS", "../../etc")
    assert [problem.code for problem in check_paths([root])] == ["path-not-plain"]


def test_a_variable_that_is_missing_stops_the_job_and_only_warns_in_check(tmp_path: Path) -> None:
    root = workspace(tmp_path, "fines", (GOOD / "fines.yaml").read_text().replace("path: exports", 'path: "${env:NOT_SET_HERE}"'))
    assert [(problem.code, problem.severity) for problem in check_paths([root])] == [("reference-unresolved", "warning")]
    with pytest.raises(InvalidFiles) as refused:
        load_job(root, "s/fines")
    assert refused.value.exit_code == 78
    assert "NOT_SET_HERE" in str(refused.value.problems)


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o640, 0o660, 0o606])
def test_a_secret_file_that_others_can_read_is_refused_with_the_chmod_to_type(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "secret"
    file.write_text(CANARY)
    file.chmod(mode)
    with pytest.raises(RunnerError) as refused:
        read_private_file(file)
    assert refused.value.code == "secret-file-open"
    assert f"chmod 600 {file}" in str(refused.value.hint)
    assert CANARY not in f"{refused.value} {refused.value.hint}"


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_secret_file_of_ones_own_is_read_without_its_line_end(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "secret"
    file.write_text(CANARY + "\n")
    file.chmod(mode)
    assert fill_in("${file:secret}", tmp_path) == CANARY
    assert secret_of(f"${{file:{file}}}", Path("/")).reveal() == CANARY


def test_a_pipe_in_place_of_a_secret_file_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(RunnerError, match="not a file"):
        read_private_file(tmp_path / "pipe")


@pytest.mark.parametrize("content", [b"\xff\xfe\xfd", b"x" * 100_000])
def test_a_secret_file_that_is_no_short_text_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(RunnerError, match="not a short text"):
        read_private_file(file)


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match="does not exist"):
        read_private_file(tmp_path / "nowhere")


@pytest.mark.parametrize("written", ["${env:}", "${env:A-B}", "${HOME}", "${ENV:A}", "${env:A", "${file:}", "x${command:id}"])
def test_a_reference_that_cannot_be_read_is_an_error(tmp_path: Path, written: str) -> None:
    root = workspace(tmp_path, "fines", (GOOD / "fines.yaml").read_text() + f"description: '{written}'\n")
    assert [problem.code for problem in check_paths([root])] == ["reference-syntax"]


def test_a_dollar_sign_in_a_pattern_is_no_reference(tmp_path: Path) -> None:
    step = "{column: School, steps: [{regex: {find: '(a)', replace: '${1}x'}}]}"
    root = workspace(tmp_path, "fines", (GOOD / "fines.yaml").read_text().replace("site: School", f"site: {step}"))
    assert check_paths([root]) == []
