"""What doctor finds out about the machine and about a source."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runner.cli import probes
from runner.cli.finding import Finding, safely
from runner.cli.source_probe import look
from runner.errors import RunnerError, SourceError
from runner.job.model import Directory, Format, Source
from runner.run.places import DistrictPlaces
from runner.store.store import Store, open_store
from tests.cli.conftest import Type


def source(folder: Path, file: str = "in.csv") -> Source:
    return Source(Directory(folder), file, max_age=None, min_rows_percent=50.0, archive=0, format=Format())


def states(found: list[Finding]) -> list[tuple[str, str]]:
    return [(each.name, each.state) for each in found]


def test_a_var_that_is_not_there_yet_is_fine(tmp_path: Path) -> None:
    found = list(probes.var_folder(tmp_path / "var"))
    assert states(found) == [("var", "ok"), ("free space", "ok")]
    assert "will be made" in found[0].text


def test_a_var_that_others_can_read_is_wrong_and_the_hint_can_be_typed(tmp_path: Path) -> None:
    (tmp_path / "springfield" / "keys").mkdir(parents=True)
    (tmp_path / "daemon").mkdir()
    tmp_path.chmod(0o755)
    found = list(probes.var_folder(tmp_path))
    assert found[0].state == "wrong"
    assert found[0].hint == f"chmod go= {tmp_path}"


def test_no_right_is_taken_from_a_folder_that_runner_did_not_make(tmp_path: Path) -> None:
    for name in ("lib", "log", "springfield/keys"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "log").chmod(0o755)
    tmp_path.chmod(0o755)
    found = [*probes.var_folder(tmp_path), *probes.private_files(DistrictPlaces(tmp_path / "log"))]
    assert [(each.name, each.state) for each in found] == [("var", "wrong"), ("free space", "ok"), ("log: modes", "wrong")]
    assert all("chmod" not in (each.hint or "") for each in found)
    assert "--var" in (found[0].hint or "")


def test_a_var_that_is_a_file_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    assert states(list(probes.var_folder(tmp_path / "var"))) == [("var", "wrong")]


def test_a_var_on_a_disk_that_is_not_mounted_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "var").symlink_to("/nowhere/var")
    (found,) = probes.var_folder(tmp_path / "var")
    assert (found.state, found.text) == ("wrong", f"{tmp_path / 'var'} is a link to /nowhere/var, which does not exist")


def test_a_full_disk_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(probes, "FLOOR", 1 << 62)
    assert ("free space", "wrong") in states(list(probes.var_folder(tmp_path)))


def test_a_file_that_others_can_read_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    open_one = tmp_path / "patrons.db"
    open_one.write_text("")
    open_one.chmod(0o644)
    (found,) = probes.private_files(DistrictPlaces(tmp_path))
    assert (found.state, str(open_one) in found.text) == ("wrong", True)


def test_private_files_are_fine(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (found,) = probes.private_files(DistrictPlaces(tmp_path))
    assert found.state == "ok"


def test_a_source_file_is_seen_with_its_size_and_time(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a,b\n")
    os.utime(tmp_path / "in.csv", (1_700_000_000, 1_700_000_000))
    seen = look(source(tmp_path))
    assert (seen.size, seen.modified) == (4, datetime.fromtimestamp(1_700_000_000, UTC))


def test_a_missing_source_file_names_the_one_in_other_case(tmp_path: Path) -> None:
    (tmp_path / "In.csv").write_text("")
    with pytest.raises(SourceError) as refused:
        look(source(tmp_path))
    assert "In.csv" in (refused.value.hint or "")


def test_a_pipe_does_not_hold_doctor_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "in.csv")
    with pytest.raises(SourceError, match="named pipe"):
        look(source(tmp_path))


def test_a_source_that_anybody_can_write_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("")
    (tmp_path / "in.csv").chmod(0o666)
    assert "anybody" in look(source(tmp_path)).warnings[0]


def test_trouble_of_a_probe_is_a_finding() -> None:
    def failing() -> None:
        raise RunnerError("the store is too new", "update runner")

    (found,) = safely("store", failing)  # type: ignore[arg-type]
    assert (found.state, found.text, found.hint) == ("wrong", "the store is too new", "update runner")


@pytest.mark.parametrize(("number", "said"), [(0, "0 bytes"), (2048, "2.0 KB"), (300 << 20, "300 MB"), (5 << 40, "5,120 GB")])
def test_sizes_are_said_as_people_say_them(number: int, said: str) -> None:
    assert probes.size(number) == said


def test_zone_data_names_its_version() -> None:
    (found,) = probes.zone_data({"America/Chicago"})
    assert "tzdata" in found.text
    assert "America/Chicago" in found.text


@pytest.fixture
def made(typed: Type, workspace: Path) -> Store:
    """The store of a district that ran once."""
    assert typed("run", "springfield/students").exit_code in (0, 3)
    return open_store(workspace / "var" / "springfield" / "patrons.db", create=False, now=datetime.now(UTC))


def test_doctor_finds_a_store_that_ran_well_and_its_lock_free(made: Store, typed: Type) -> None:
    said = typed("doctor")
    assert said.exit_code == 0, said.stdout
    assert "springfield: store: 3 patrons" in said.stdout
    assert "springfield: store lock: free: no run is under way" in said.stdout


def test_doctor_says_who_holds_the_stores_lock_and_finds_nothing_wrong_with_it(made: Store, typed: Type) -> None:
    with made.lock("run-1, process 42 on library, since 2026-10-15 07:00:00 UTC"):
        said = typed("doctor")
    assert "store lock: held by run-1, process 42 on library, since 2026-10-15 07:00:00 UTC" in said.stdout
    assert said.exit_code == 0


def test_doctor_finds_a_damaged_store(made: Store, typed: Type, workspace: Path) -> None:
    store = workspace / "var" / "springfield" / "patrons.db"
    raw = bytearray(store.read_bytes())
    raw[5 * 4096 : 60 * 4096] = b"\xa5" * (55 * 4096)
    store.write_bytes(raw)
    said = typed("doctor")
    assert said.exit_code == 1
    assert "wrong  springfield: store: " in said.stdout


@pytest.mark.parametrize("damage", [lambda key: key.write_bytes(b"short"), lambda key: key.chmod(0o644)])
def test_doctor_finds_a_key_with_which_no_run_can_begin(made: Store, typed: Type, workspace: Path, damage: Callable[[Path], None]) -> None:
    assert "springfield: key: the key of the fingerprints is whole" in typed("doctor").stdout
    damage(workspace / "var" / "springfield" / "keys" / "fingerprints.key")
    said = typed("doctor")
    assert said.exit_code == 1
    assert "wrong  springfield: key: " in said.stdout


def test_the_words_of_a_holder_that_was_killed_are_not_believed(made: Store, workspace: Path) -> None:
    (workspace / "var" / "springfield" / "patrons.db.lock").write_text("run-1, process 42")
    assert made.held_by() is None


@pytest.mark.parametrize("name", ["jobs", "jobs/springfield", "jobs/springfield/district.yaml", "jobs/springfield/students.yaml"])
def test_doctor_finds_what_anybody_can_change_of_the_jobs(name: str, typed: Type, workspace: Path) -> None:
    (workspace / name).chmod(0o777)
    said = typed("doctor")
    assert f"warning  jobs: anybody on this machine can change {name}: " in said.stdout
    assert f"to do: chmod o-w {name}" in said.stdout
    (workspace / name).chmod(0o755)
    assert "can change" not in typed("doctor").stdout


@pytest.mark.postgres
def test_doctor_finds_a_server_to_which_no_run_could_write(typed: Type, workspace: Path, postgres_url: str) -> None:
    file = workspace / "jobs" / "springfield" / "district.yaml"
    asked = file.read_text()
    file.write_text(f"{asked}store: {postgres_url}\n")
    assert "ok  springfield: store: none yet; the first run makes its tables" in typed("doctor").stdout
    assert typed("run", "springfield/students").exit_code in (0, 3)
    assert "ok  springfield: store: 3 patrons" in typed("doctor").stdout
    file.write_text(f"{asked}store: {postgres_url}%20-cdefault_transaction_read_only%3Don\n")
    said = typed("doctor")
    assert said.exit_code == 1
    assert "wrong  springfield: store: the store's PostgreSQL server takes no changes" in said.stdout


def test_doctor_finds_a_store_elsewhere_that_others_can_read(typed: Type, workspace: Path) -> None:
    file = workspace / "jobs" / "springfield" / "district.yaml"
    file.write_text(file.read_text() + f"store: sqlite:///{workspace / 'elsewhere' / 'patrons.db'}\n")
    assert typed("run", "springfield/students").exit_code in (0, 3)
    assert "others can read" not in typed("doctor").stdout
    (workspace / "elsewhere" / "patrons.db").chmod(0o644)
    assert f"to do: chmod 600 {workspace / 'elsewhere' / 'patrons.db'}" in typed("doctor").stdout
