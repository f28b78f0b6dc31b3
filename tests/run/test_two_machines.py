"""Two machines that serve the same jobs on one PostgreSQL store: two folders of jobs and of what runs make, two names."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.errors import StoreError
from runner.run import conclude
from runner.run.due import Due
from runner.run.notify import tell
from runner.run.outcome import Outcome
from runner.run.progress import NoProgress
from runner.run.session import open_session
from runner.run.slots import SlotSettled, alert_overdue
from tests.contracts.postgres import Server
from tests.run.small_district import DISTRICT, JOB, NIGHT, OTHERS, SmallDistrict, leavers, student

pytestmark = pytest.mark.postgres
DUE = Due("2026-10-15T02:00", NIGHT)
HOOK = "notify: {webhook: {url: 'http://127.0.0.1:9'}}\n"
NIGHTLY = JOB + "schedule: {at: '02:00', weekdays: full, weekends: full, expect_by: '03:00'}\n"


class Machines:
    """`here` and `there`; `on` says whose turn it is to work."""

    def __init__(self, folder: Path, address: str, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self.here, self.there = (
            SmallDistrict(folder / name).write(job=NIGHTLY, district=f"{DISTRICT}store: {address}\n{HOOK}") for name in ("here", "there")
        )
        for each in (self.here, self.there):
            each.export([student(1), student(2)])

    def on(self, machine: SmallDistrict) -> SmallDistrict:
        """The machine, whose name the process has from now on."""
        self._patch.setattr(socket, "gethostname", lambda: machine.root.name)
        return machine


@pytest.fixture
def machines(tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machines]:
    address = postgres_server.address()
    yield Machines(tmp_path, address, monkeypatch)
    postgres_server.clear(address)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the district's webhook hears."""
    sentences: list[str] = []
    monkeypatch.setattr(tell, "post_json", lambda _address, body: sentences.append(body["sentence"]))
    return sentences


def overdue(machine: SmallDistrict) -> Outcome:
    return alert_overdue(machine.job(), machine.places, DUE, now=NIGHT + timedelta(hours=1), progress=NoProgress())


def test_of_two_machines_one_tells_that_a_run_is_overdue(machines: Machines, heard: list[str]) -> None:
    for each in (machines.here, machines.there):
        overdue(machines.on(each))
    assert len(heard) == 1


def test_two_machines_that_want_to_tell_at_once_tell_one_after_the_other(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = []

    def slowly(_address: object, body: dict[str, str]) -> None:
        time.sleep(1)
        heard.append(body["sentence"])

    monkeypatch.setattr(tell, "post_json", slowly)
    overdue_there = threading.Thread(target=overdue, args=(machines.there,))
    overdue_there.start()
    overdue(machines.here)
    overdue_there.join()
    assert len(heard) == 1


def test_what_one_machine_could_not_send_the_other_tells(machines: Machines, heard: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as no_way:
        no_way.setattr(tell, "PAUSES", ())
        no_way.setattr(tell, "post_json", lambda *_: (_ for _ in ()).throw(OSError()))
        overdue(machines.here)
    overdue(machines.there)
    assert len(heard) == 1


def test_the_next_night_is_told_of_anew(machines: Machines, heard: list[str]) -> None:
    overdue(machines.here)
    later = Due("2026-10-16T02:00", NIGHT + timedelta(days=1))
    alert_overdue(machines.there.job(), machines.there.places, later, now=NIGHT + timedelta(days=1), progress=NoProgress())
    assert len(heard) == 2


def test_it_is_told_all_the_same_where_the_store_does_not_say_whether_it_was(
    machines: Machines, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> bool:
        raise StoreError("the server is gone")

    for name in ("was_told", "note_told"):
        monkeypatch.setattr(conclude, name, gone)
    overdue(machines.here)
    assert len(heard) == 1


def night(machines: Machines, day: int, *, first: SmallDistrict, then: SmallDistrict) -> None:
    """A night in which both try the slot, and the first gets it."""
    at = NIGHT + timedelta(days=day)
    due = Due(f"{at:%Y-%m-%d}T02:00", at)
    machines.on(first).run(due=due, now=at)
    with pytest.raises(SlotSettled):
        machines.on(then).run(due=due, now=at + timedelta(minutes=1))


@pytest.mark.usefixtures("heard")
def test_a_machine_whose_slots_another_one_runs_keeps_no_more_than_it_would_have(machines: Machines) -> None:
    here, there = machines.here, machines.there
    for each in (here, there):
        (each.folder / "students.yaml").write_text(NIGHTLY.replace("csv}", "csv, archive: 3}") + "options: {keep_runs: 2}\n")
    night(machines, 0, first=here, then=there)
    folder = here.places.for_district("small")
    assert (len(list(folder.runs.iterdir())), len(list((folder.root / "archive" / "students").iterdir()))) == (1, 1)
    for day in (30, 60, 100):
        night(machines, day, first=there, then=here)
    assert list(folder.runs.iterdir()) == []
    assert list((folder.root / "archive" / "students").iterdir()) == []


@pytest.mark.usefixtures("heard")
def test_the_page_and_the_metrics_of_a_machine_tell_of_the_runs_of_another(machines: Machines, tmp_path: Path) -> None:
    here, file = machines.here, tmp_path / "runner.prom"
    text = (here.folder / "district.yaml").read_text().replace("notify: {", f"notify: {{metrics_file: {file}, ")
    (here.folder / "district.yaml").write_text(text)
    night(machines, 0, first=machines.there, then=here)
    page = (here.places.for_district("small").reports / "index.html").read_text()
    assert "It ran on there, where its report is." in page
    assert "summary.html" not in page
    assert 'patron_runner_last_run_success{job="small/students"} 1' in file.read_text()


def test_who_may_be_among_what_another_machine_holds_for_another_job_is_left_alone_until_that_is_decided(machines: Machines) -> None:
    long_gone = leavers(
        delete="{inactive: {days: 30, only_if: no_checkouts_no_fines}}", guards="{delete: {number: 9}, inactivate: {number: 9}}"
    )
    here, there = machines.here, machines.there
    for each in (here, there):
        (each.folder / "students.yaml").write_text(long_gone)
        (each.folder / "others.yaml").write_text(OTHERS + "guards: {reactivate: {number: 0}}\n")
        each.export([student(1), student(2)])
    machines.on(here).run()
    for each in (here, there):
        each.export([student(2)])
        each.export([student(1)], name="others")
    machines.on(there).run(now=NIGHT + timedelta(days=15))
    held = machines.on(there).run(now=NIGHT + timedelta(days=60), name="others")
    assert held.status == "held"
    night = machines.on(here).run(now=NIGHT + timedelta(days=60, hours=1))
    assert [row["reason"].split(",")[0] for row in night.report.blocked.to_dicts()] == ["another job holds changes on another machine"]
    assert machines.on(there).approve(held.report.run, now=NIGHT + timedelta(days=61)).report.counts["reactivated"] == 1


def warned(run: Outcome) -> list[str]:
    return run.report.messages.filter(code="other-version")["text"].to_list()


def test_a_machine_that_runs_an_older_version_of_the_job_than_another_one_says_so(machines: Machines) -> None:
    here, there = machines.here, machines.there
    runs = [machines.on(there).run()]
    (here.folder / "students.yaml").write_text(NIGHTLY.replace("homeroom: {column: HR, ", "homeroom: {column: Grade, "))
    runs += [machines.on(each).run(now=NIGHT + timedelta(days=1 + n)) for n, each in enumerate((here, there, there))]
    assert [len(warned(each)) for each in runs] == [0, 0, 1, 0]
    assert f"({runs[1].report.run}) was made on here with another version of students.yaml" in warned(runs[2])[0]
    assert runs[2].report.counts["warnings"] == 1


def test_an_edit_that_comes_to_all_machines_is_not_told_of(machines: Machines) -> None:
    machines.on(machines.here).run()
    for each in (machines.here, machines.there):
        (each.folder / "students.yaml").write_text(NIGHTLY.replace("homeroom: {column: HR, ", "homeroom: {column: Grade, "))
    later = [machines.on(each).run(now=NIGHT + timedelta(days=1)) for each in (machines.there, machines.here)]
    assert [warned(each) for each in later] == [[], []]


@pytest.mark.usefixtures("heard")
def test_a_run_that_takes_over_from_another_machine_names_what_broke_off_there(machines: Machines) -> None:
    here = machines.here
    session = open_session(here.job(), here.places, kind="full", now=NIGHT, progress=NoProgress())
    assert session.store.claim_slot(replace(session.start(slot=DUE.slot), host="there"))
    taken = machines.on(here).run(due=DUE, now=NIGHT + timedelta(minutes=5))
    row = session.store.run(taken.report.run)
    assert (row.host, row.attempts, row.note) == ("here", 2, f"taken over: {session.run} on there broke off")
