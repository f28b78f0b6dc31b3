"""Workspaces and jobs: what is found, what is left out, and what is said when there is no such thing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.errors import InvalidFiles, UsageError
from runner.job.folders import job_files
from runner.job.load import check_paths, load_job, load_workspace

GOOD = Path(__file__).parent / "good"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    district = tmp_path / "jobs" / "springfield"
    district.mkdir(parents=True)
    for name in ("district", "fines", "students"):
        (district / f"{name}.yaml").write_bytes((GOOD / f"{name}.yaml").read_bytes())
    return tmp_path / "jobs"


def test_a_job_is_found_by_name_and_by_path(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_name = load_job(root, "springfield/students")
    monkeypatch.chdir(root)
    by_path = load_job(Path("elsewhere"), "springfield/students.yaml")
    assert by_name.key == by_path.key == "springfield/students"
    assert by_name.sha256 == by_path.sha256


@pytest.mark.parametrize(
    ("wanted", "near"),
    [("springfield/studnets", "springfield/students"), ("students", "springfield/students"), ("Springfield/fines", "springfield/fines")],
)
def test_an_unknown_job_is_an_error_with_the_nearest_names(root: Path, wanted: str, near: str) -> None:
    with pytest.raises(UsageError) as unknown:
        load_job(root, wanted)
    assert unknown.value.exit_code == 64
    assert near in str(unknown.value.hint)


@pytest.mark.parametrize("wanted", ["../jobs/x", "springfield/", "/", "", "springfield/..", "a/b/c", "\0/x", "springfield/\0"])
def test_odd_words_for_a_job_are_usage_errors(root: Path, wanted: str) -> None:
    with pytest.raises(UsageError):
        load_job(root, wanted)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("pupils.YAML", "rename it to pupils.yaml"),
        ("Students.YML", "rename it to Students.yaml"),
        ("students.YAML", "delete it, or bring what it says into students.yaml"),
        ("district.yml", "delete it, or bring what it says into district.yaml"),
    ],
)
def test_a_file_that_nobody_reads_is_warned_of(root: Path, name: str, hint: str) -> None:
    (root / "springfield" / name).write_text("")
    (found,) = check_paths([root])
    assert (found.code, found.severity, found.path.name, found.hint) == ("file-not-read", "warning", name, hint)


@pytest.mark.parametrize("jobs", [True, False])
def test_a_district_file_by_another_name_is_named(root: Path, jobs: bool) -> None:
    folder = root / "springfield"
    (folder / "district.yaml").rename(folder / "district.yml")
    if not jobs:
        (folder / "students.yaml").unlink()
        (folder / "fines.yaml").unlink()
    for path in (root, folder):
        found = [(each.code, each.hint) for each in check_paths([path])]
        assert ("district-file-missing", "rename district.yml to district.yaml") in found
        assert ("file-not-read", "rename it to district.yaml") in found


def test_a_broken_job_is_refused_with_its_problems(root: Path) -> None:
    (root / "springfield" / "broken.yaml").write_text("version: 1\n")
    with pytest.raises(InvalidFiles) as refused:
        load_job(root, "springfield/broken")
    assert refused.value.exit_code == 78
    assert len(refused.value.problems) == 4
    assert "4 problems" in refused.value.text


def test_a_broken_job_leaves_the_others_in_force(root: Path) -> None:
    (root / "springfield" / "broken.yaml").write_text("version: 1\n")
    workspace = load_workspace(root)
    assert [job.key for job in workspace.jobs] == ["springfield/fines", "springfield/students"]
    assert {problem.path.name for problem in workspace.problems} == {"broken.yaml"}
    assert load_job(root, "springfield/students").name == "students"


def test_a_broken_district_takes_its_jobs_out_of_force(root: Path) -> None:
    (root / "springfield" / "district.yaml").write_text("version: 1\n")
    workspace = load_workspace(root)
    assert workspace.districts == ()
    assert workspace.jobs == ()
    with pytest.raises(InvalidFiles) as refused:
        load_job(root, "springfield/students")
    assert {problem.path.name for problem in refused.value.problems} == {"district.yaml"}  # type: ignore[attr-defined]


def test_a_folder_that_may_not_be_looked_into_leaves_the_others_in_force(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = root / "closed"
    closed.mkdir()
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != closed and may(path, mode))  # for root may look everywhere
    closed.chmod(0)
    workspace = load_workspace(root)
    assert [job.key for job in workspace.jobs] == ["springfield/fines", "springfield/students"]
    assert [(problem.path.parent.name, problem.code) for problem in workspace.problems] == [("closed", "file-unreadable")]
    assert [problem.code for problem in check_paths([root])] == ["file-unreadable"]
    with pytest.raises(UsageError, match="there is no job springfield/stuents"):
        load_job(root, "springfield/stuents")
    with pytest.raises(InvalidFiles, match="closed cannot be looked into"):
        load_job(root, "closed/students")


def test_the_folder_that_every_disk_has_is_no_district(root: Path) -> None:
    (root / "lost+found").mkdir()
    (root / "lost+found" / "students.yaml").write_text("nonsense: [")
    assert load_workspace(root).problems == ()


def test_a_folder_of_jobs_without_a_district_file_is_a_problem(root: Path) -> None:
    (root / "springfield" / "district.yaml").unlink()
    assert [problem.code for problem in check_paths([root])] == ["district-file-missing"]


def test_a_job_that_its_districts_file_stops_is_not_blamed_for_it(root: Path) -> None:
    file = root / "springfield" / "district.yaml"
    file.write_text(file.read_text().replace("store: sqlite", "store: nowhere"))
    with pytest.raises(InvalidFiles) as refused:
        load_job(root, "springfield/fines")
    assert refused.value.text == f"{file} has 1 problem"


@pytest.mark.parametrize(("more", "told"), [("", ["more-fines.yaml", "fines.yaml"]), ("enabled: false\n", [])])
def test_two_jobs_that_load_one_table_are_warned_of_unless_one_is_switched_off(root: Path, more: str, told: list[str]) -> None:
    text = (root / "springfield" / "fines.yaml").read_text()
    (root / "springfield" / "more-fines.yaml").write_text(text.replace("name: fines", "name: more-fines") + more)
    found = [problem for problem in check_paths([root]) if problem.code == "table-loaded-twice"]
    assert sorted(problem.path.name for problem in found) == sorted(told)
    assert {problem.severity for problem in found} <= {"warning"}


def test_two_jobs_of_one_name_are_both_named(root: Path) -> None:
    text = (root / "springfield" / "fines.yaml").read_text()
    (root / "springfield" / "fines-copy.yaml").write_text(text)
    problems = [(problem.path.name, problem.code) for problem in check_paths([root]) if problem.severity == "error"]
    assert problems == [("fines-copy.yaml", "duplicate-job"), ("fines.yaml", "duplicate-job")]
    assert [job.name for job in load_workspace(root).jobs] == ["students"]


def test_examples_of_no_job_are_named(root: Path) -> None:
    examples = root / "springfield" / "stuff_test.yaml"
    examples.write_text('version: 1\nexamples:\n  - {name: a, row: {StudentID: "1"}, expect: {skipped: true}}\n')
    assert [(problem.path, problem.code, problem.severity) for problem in check_paths([root])] == [
        (examples, "examples-without-job", "warning")
    ]


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("postgresql://lib@db/patrons", "postgresql://lib@db/patrons", True),
        ("postgresql://lib@db/patrons", "postgresql://lib@db/patrons?options=-csearch_path%3Dother", False),
        ("sqlite:///../patrons.db", "sqlite:///./../patrons.db", True),
        ("sqlite:///patrons.db", "sqlite:///patrons.db", False),
        ("sqlite", "sqlite", False),
    ],
)
def test_two_districts_that_name_one_store_are_both_told(root: Path, one: str, other: str, shared: bool) -> None:
    (root / "copied").mkdir()
    file, copy = root / "springfield" / "district.yaml", root / "copied" / "district.yaml"
    text = file.read_text().replace("store: sqlite", "store: {}")
    file.write_text(text.replace("{}", one))
    copy.write_text(text.replace("{}", other))
    found = [(problem.path, problem.code) for problem in check_paths([root]) if problem.severity == "error"]
    assert found == ([(copy, "store-shared"), (file, "store-shared")] if shared else [])


def test_dot_files_editor_leftovers_and_examples_are_no_jobs(root: Path) -> None:
    district = root / "springfield"
    for name in (
        ".students.yaml",
        "students.yaml~",
        ".students.yaml.swp",
        "#students.yaml#",
        "students.yaml.bak",
        "students_test.yaml",
        "notes.txt",
    ):
        (district / name).write_text("nonsense: [\n")
    (district / "folder.yaml").mkdir()
    assert [path.name for path in job_files(district)] == ["fines.yaml", "students.yaml"]


def test_one_file_is_checked_with_its_district_but_without_its_neighbours(root: Path) -> None:
    (root / "springfield" / "fines.yaml").write_text("version: 1\n")
    assert check_paths([root / "springfield" / "students.yaml"]) == []
    assert {problem.path.name for problem in check_paths([root / "springfield" / "fines.yaml"])} == {"fines.yaml"}


def test_the_same_path_twice_tells_its_problems_once(root: Path) -> None:
    (root / "springfield" / "fines.yaml").write_text("version: 1\n")
    assert len(check_paths([root, root / "springfield"])) == len(check_paths([root]))


def test_paths_that_do_not_exist_are_usage_errors(root: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        check_paths([root / "nowhere"])
    with pytest.raises(UsageError, match="no folder"):
        load_workspace(root / "nowhere")
    with pytest.raises(UsageError, match="no folder"):
        load_job(root / "nowhere", "a/b")


def test_a_pipe_in_place_of_a_job_does_not_hang(root: Path) -> None:
    import os

    os.mkfifo(root / "springfield" / "pipe.yaml")
    (root / "springfield" / "dangling.yaml").symlink_to("nowhere")
    assert [problem.code for problem in check_paths([root])] == ["file-unreadable", "file-unreadable"]


def test_problems_come_in_the_order_of_the_file(root: Path) -> None:
    (root / "springfield" / "fines.yaml").write_text("zzz: 1\nversion: 2\nname: fines\naaa: 1\n")
    places = [problem.place for problem in check_paths([root])]
    assert places == sorted(places, key=lambda place: (place.line, place.column) if place else (0, 0))


def test_checking_jobs_without_a_pattern_does_not_load_polars(root: Path) -> None:
    (root / "springfield" / "students.yaml").unlink()
    code = f"import sys; from pathlib import Path; from runner.job.load import check_paths; check_paths([Path({str(root)!r})])"
    code += "; print('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"


def test_a_folder_that_had_no_problem_is_not_read_again_until_a_byte_of_it_differs(root: Path) -> None:
    job = load_job(root, "springfield/students")
    folder = root / "springfield"
    (again,) = [each for each in load_workspace(root, must_resolve=False, only=folder).jobs if each.name == "students"]
    assert again is job
    (folder / "fines.yaml").unlink()
    assert [each.name for each in load_workspace(root, must_resolve=False, only=folder).jobs] == ["students"]
    text = (folder / "students.yaml").read_text()
    (folder / "students.yaml").write_text(text.replace("version: 1", "version: 9"))
    assert load_workspace(root, must_resolve=False, only=folder).jobs == ()


def test_a_folder_is_read_again_where_its_references_must_be_followed(root: Path) -> None:
    job = load_job(root, "springfield/students")
    (again,) = [each for each in load_workspace(root, only=root / "springfield").jobs if each.name == "students"]
    assert again == job
    assert again is not job


@pytest.mark.parametrize("name", ["north side", "nord-ü", "-north", "north\nside", "<b>north", "n" * 64])
def test_a_folder_whose_name_no_run_and_no_link_can_have_is_a_problem(root: Path, name: str) -> None:
    (root / "springfield").rename(root / name)
    workspace = load_workspace(root)
    assert [(problem.path.name, problem.code) for problem in workspace.problems] == [("district.yaml", "name-invalid")]
    assert workspace.jobs == ()


@pytest.mark.parametrize("name", ["north", "North_High", "north.side", "0017", "n" * 63])
def test_a_folder_may_have_capitals_dots_and_underlines(root: Path, name: str) -> None:
    (root / "springfield").rename(root / name)
    assert {job.district.key for job in load_workspace(root).jobs} == {name}
