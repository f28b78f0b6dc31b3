"""The Job Manager page of a district with real runs, in a real Chromium: readable, its links lead somewhere, nothing leaves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from runner.run.broken_note import BrokenNote, write_note
from runner.run.jobmanager import rewritten
from runner.run.last_good import keep_last_good
from tests.e2e.browser import Browser, chromium, missing
from tests.run.small_district import JOB, NIGHT, SmallDistrict, student

_WHY_NOT = missing()
pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(_WHY_NOT is not None and not os.environ.get("RUNNER_REQUIRE_ALL"), reason=str(_WHY_NOT)),
]
NIGHTLY = JOB + 'schedule: {at: "02:00", weekdays: full, weekends: full}\nguards: {update: {number: 1}}\n'
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 390)]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallDistrict:
    """A week of nights: good ones, a failed one, one that holds something; then a broken file, a disabled job and one by hand."""
    district = SmallDistrict(tmp_path_factory.mktemp("town")).write(job=NIGHTLY)
    for night, rows in enumerate([range(5), range(8), range(0), range(8), range(8)]):
        district.export([student(number, HR=f"{night // 4}") for number in rows])
        district.run(now=NIGHT + timedelta(days=night))
    places = district.places.for_district("small")
    keep_last_good(district.job(), places)
    for name, words in (("disabled", "enabled: false\n"), ("by-hand", "description: Whenever somebody wants\n"), ("never-good", "")):
        (district.folder / f"{name}.yaml").write_text(JOB.replace("name: students", f"name: {name}") + words if words else "nonsense")
    (district.folder / "students.yaml").write_text(NIGHTLY.replace("match_by", "match_bye"))
    note = BrokenNote({"students.yaml": ("text", NIGHT + timedelta(days=5))}, frozenset({"small/students"}))
    write_note(places.root, district.folder, note)
    assert rewritten("small", district.places, NIGHT + timedelta(days=5, hours=1)) is None
    return district


@pytest.fixture(scope="module")
def page(small: SmallDistrict) -> Path:
    return small.places.var / "small" / "reports" / "index.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        opened.offline()
        yield opened


def look(browser: Browser, page: Path, scheme: str, width: int) -> None:
    browser.screen(width, phone=width < 600)
    browser.scheme(scheme)
    browser.open(page)


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_no_barrier_and_nothing_scrolls_sideways(browser: Browser, page: Path, scheme: str, width: int) -> None:
    look(browser, page, scheme, width)
    assert browser.barriers() == []
    assert browser.script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_link_leads_to_a_summary_that_is_there_and_nothing_else_is_asked_for(
    browser: Browser, small: SmallDistrict, page: Path, scheme: str, width: int
) -> None:
    look(browser, page, scheme, width)
    links = browser.script("return [...document.querySelectorAll('a[href]')].map(each => each.href)")
    files = {unquote(urlsplit(link).path) for link in links} - {str(page.resolve())}
    assert len(files) == 5
    assert browser.requests() == [page.resolve().as_uri()]
    for file in sorted(files):
        assert Path(file).is_relative_to((small.places.var / "small" / "runs").resolve())
        browser.open(Path(file))
        assert "small/students" in browser.script("return document.body.innerText")
        assert browser.requests() == [Path(file).as_uri()]
        assert browser.complaints() == []


def test_a_click_on_a_link_opens_the_summary(browser: Browser, page: Path) -> None:
    look(browser, page, "light", 390)
    browser.script("document.querySelector('p.links a').click()")
    browser.later("const done = arguments[arguments.length - 1]; setTimeout(done, 300)")
    assert browser.script("return location.pathname").endswith("/summary.html")


def test_the_broken_job_is_what_one_sees_first(browser: Browser, page: Path) -> None:
    look(browser, page, "light", 1280)
    first = browser.script("return document.querySelector('li.job').innerText")
    assert "small/never-good" in first
    second = browser.script("return document.querySelectorAll('li.job')[1].innerText")
    assert "Broken since Tuesday, 20 October 2026, 02:00 CDT; the last good version is still running." in second
    assert "runner approve" in second
