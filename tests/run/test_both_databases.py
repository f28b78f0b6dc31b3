"""Whole commands say and do the same whether the store is embedded or a server's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.run.progress import NoProgress
from runner.run.saved import apply_saved, save_plan
from tests.contracts.postgres import Server
from tests.run.small_district import DISTRICT, NIGHT, SmallDistrict, leavers, student

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("fast_paths")]
JOB = leavers(delete="{graduated_seniors: true}", guards="{update: {number: 2}, delete: {number: 100}, inactivate: {number: 100}}")
TOLD = ("status", "kind", "counts", "removal", "held", "changes")


@pytest.fixture
def both(tmp_path: Path, postgres_server: Server) -> Iterator[tuple[SmallDistrict, SmallDistrict]]:
    address = postgres_server.address()
    embedded = SmallDistrict(tmp_path / "embedded").write(job=JOB)
    served = SmallDistrict(tmp_path / "served").write(job=JOB, district=DISTRICT + f"store: {address}\n")
    yield embedded, served
    postgres_server.clear(address)


def told(document: dict[str, Any]) -> dict[str, Any]:
    """What does not depend on the run's own name and times."""
    messages = [(each["code"], each["line"], each["patron"]) for each in document["messages"]]
    return {**{key: document[key] for key in TOLD}, "messages": messages}


def nights(district: SmallDistrict) -> Iterator[dict[str, Any]]:
    """Some weeks of a district: loads, a hold that is approved, a saved plan, undos, leavers, a graduate."""
    everybody = [student(number) for number in range(1, 9)]
    district.export([*everybody, student(9, Grade="12", GradYear="2027")])
    yield district.run().document()
    day = NIGHT + timedelta(days=1)
    district.export([student(1, HR="1"), student(2, HR="2"), student(3, HR="3"), student(4, School="SOUTH"), *everybody[4:], student(10)])
    held = district.run("incremental", now=day)
    yield held.document()
    approved = district.approve(held.report.run, now=day)
    yield approved.document()
    yield district.undo(held.report.run, now=day).document()
    yield district.undo(approved.report.run, now=day).document()
    yield district.run(now=day).document()
    district.export([*everybody[:7], student(8, HR="8"), student(9, Grade="12", GradYear="2027")])
    day += timedelta(days=30)
    save_plan(district.plan(now=day), district.root / "a.plan")
    applied = apply_saved(district.root / "a.plan", district.places, now=day, progress=NoProgress())
    yield applied.document()
    summer = NIGHT.replace(year=2027)
    left = district.run(now=summer)
    yield left.document()
    yield district.undo(left.report.run, now=summer).document()
    yield district.run(now=summer + timedelta(days=1)).document()


def test_some_weeks_of_a_district_are_the_same_on_both(both: tuple[SmallDistrict, SmallDistrict]) -> None:
    embedded, served = ([told(document) for document in nights(district)] for district in both)
    assert embedded == served
    assert [document["status"] for document in embedded].count("failed") == 0
    assert embedded[7]["counts"]["removed"] == 1
