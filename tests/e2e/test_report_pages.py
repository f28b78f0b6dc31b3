"""The pages in a real Chromium: nothing leaves, the filter works, a phone can show them, and axe finds no barrier (A7)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from msgspec.structs import replace

from runner.report.index import IndexJob, IndexPage, render_index
from runner.report.summary import render
from runner.report.write import write_files
from tests.e2e.browser import Browser, chromium, missing
from tests.needs import need
from tests.report.example import change, changes, past, small_report, values

_WHY_NOT = missing()
pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(_WHY_NOT is not None and not os.environ.get("RUNNER_REQUIRE_ALL"), reason=str(_WHY_NOT)),
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The summary of the small report with every section, and a Job Manager."""
    folder = tmp_path_factory.mktemp("pages")
    summary = write_files(folder / "run", render(replace(small_report(), summary="all")))["summary.html"]
    runs = [past(1, "held"), past(2), past(3, "failed")]
    jobs = [
        IndexJob("demo/students", "Nightly", True, runs, "All went well.", 2, None, None, {"run-1": "../run/summary.html"}),
        IndexJob("demo/staff", "Weekly", True, [], None, 0, datetime(2026, 11, 22, tzinfo=UTC), "full", {}),
        IndexJob("demo/fines", "", True, runs, None, 0, None, None, {}, problem="Line 3 of fines.yaml is wrong."),
    ]
    page = IndexPage("Springfield USD", "America/Chicago", datetime(2026, 11, 21, tzinfo=UTC), False, jobs)
    index = write_files(folder / "reports", {"index.html": render_index(page)})["index.html"]
    return {"summary": summary, "index": index}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        opened.offline()
        yield opened


@pytest.fixture(autouse=True)
def desk(request: pytest.FixtureRequest) -> None:
    """Each test begins at a desktop's window in light colours."""
    opened: Browser = request.getfixturevalue("browser")
    opened.screen(1280)
    opened.scheme("light")


def shown(browser: Browser) -> list[str]:
    """The patrons in the lines of changes that a reader sees."""
    seen = "[...document.querySelectorAll('tr[data-action]')].filter(row => row.checkVisibility())"
    return list(browser.script(f"return {seen}.map(row => row.querySelector('th').innerText)"))


def choose(browser: Browser, name: str, value: str) -> None:
    browser.script(
        "const it = document.getElementById('filter-' + arguments[0]); it.value = arguments[1]; it.dispatchEvent(new Event('change'))",
        name,
        value,
    )


@pytest.mark.parametrize("name", ["summary", "index"])
def test_with_the_network_cut_a_page_asks_for_nothing_but_itself(browser, pages, name):
    browser.open(pages[name])
    assert browser.requests() == [pages[name].as_uri()]
    assert browser.complaints() == []


@pytest.mark.parametrize("name", ["summary", "index"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_barrier(browser, pages, name, scheme, width):
    browser.screen(width, phone=width < 600)
    browser.scheme(scheme)
    browser.open(pages[name])
    assert browser.barriers() == []


@pytest.mark.parametrize("name", ["summary", "index"])
@pytest.mark.parametrize("width", [1280, 768, 390, 320])
def test_no_page_scrolls_sideways(browser, pages, name, width):
    browser.screen(width, phone=width < 600)
    browser.open(pages[name])
    browser.script("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert browser.script("return document.documentElement.scrollWidth") <= width


def test_a_long_word_does_not_widen_a_phones_page(browser, tmp_path):
    long = "W" * 400
    report = replace(
        small_report(),
        description=long,
        changes=changes(change(1, "update", patron=long, site=long), change(4, "add", patron=long)),
        values=values((1, "last_name", long, long)),
        adds=pl.DataFrame({"ref": [4], "last_name": [long]}, schema_overrides={"ref": pl.UInt32}),
    )
    made = write_files(tmp_path, render(report))
    browser.screen(390, phone=True)
    browser.open(made["summary.html"])
    assert browser.script("return document.documentElement.scrollWidth") <= 390


def test_the_filter_shows_by_site_action_and_field(browser, pages):
    browser.open(pages["summary"])
    everything = shown(browser)
    assert len(everything) == 8
    choose(browser, "site", "SOUTH")
    assert shown(browser) == ["1000006", "1000002"]
    choose(browser, "action", "update")
    assert shown(browser) == ["1000002"]
    choose(browser, "field", "homeroom")
    assert shown(browser) == []
    choose(browser, "site", "")
    assert shown(browser) == ["1000001"]
    assert browser.script("return document.getElementById('filter-told').innerText") == "1 of 8 lines shown"
    browser.script("document.getElementById('filter-clear').click()")
    assert shown(browser) == everything


def test_the_filter_tells_of_the_lines_that_the_page_leaves_out(browser, tmp_path):
    many = changes(*(change(n, "update" if n % 2 else "transfer", site="NORTH" if n < 4_400 else "SOUTH") for n in range(4_500)))
    made = write_files(
        tmp_path, render(replace(small_report(), changes=many, values=values(*((n, "homeroom", "1", "2") for n in range(4_500)))))
    )
    browser.open(made["summary.html"])

    def told() -> str:
        return str(browser.script("return document.getElementById('filter-told').innerText"))

    assert told() == "4,000 of 4,000 lines shown; 500 more not on this page: see changes.csv"
    choose(browser, "site", "SOUTH")
    assert told() == "0 of 4,000 lines shown; 100 more not on this page: see changes.csv"
    choose(browser, "action", "update")
    assert told() == "0 of 4,000 lines shown; up to 100 more not on this page: see changes.csv"


def test_the_filter_opens_a_folded_group_and_folds_it_again(browser, tmp_path):
    many = changes(*(change(n, "update", site="NORTH" if n else "SOUTH") for n in range(60)))
    made = write_files(
        tmp_path, render(replace(small_report(), changes=many, values=values(*((n, "homeroom", "1", "2") for n in range(60)))))
    )
    browser.open(made["summary.html"])
    assert shown(browser) == []
    choose(browser, "site", "SOUTH")
    assert shown(browser) == ["1000000"]
    choose(browser, "site", "")
    assert shown(browser) == []


def test_without_script_everything_is_shown_and_no_dead_control(browser, pages):
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(pages["summary"])
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
        assert len(shown(browser)) == 8
        assert browser.script("return document.getElementById('filter').checkVisibility()") is False
    finally:
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)


def test_the_keyboard_reaches_every_group_and_control(browser, pages):
    browser.open(pages["summary"])
    order = []
    for _ in range(60):
        browser.devtools("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        order.append(browser.script("const it = document.activeElement; return it.tagName + '#' + it.id + ':' + it.innerText.slice(0, 20)"))
    assert order[0] == "A#:Skip to the report"
    assert {"SELECT#filter-site", "SELECT#filter-action", "SELECT#filter-field", "BUTTON#filter-clear"} <= {
        each.partition(":")[0] for each in order
    }
    groups = browser.script("return [...document.querySelectorAll('summary')].map(each => each.innerText.slice(0, 20))")
    assert {f"SUMMARY#:{each}" for each in groups} <= set(order)


def test_paper_is_white_even_where_the_screen_is_dark(browser, pages):
    browser.devtools("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    browser.open(pages["summary"])
    assert browser.script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.script("return getComputedStyle(document.getElementById('filter')).display") == "none"
    assert browser.printed().startswith(b"%PDF")
    browser.devtools("Emulation.setEmulatedMedia", media="", features=[])


@pytest.fixture
def folded(tmp_path: Path) -> Path:
    """A summary whose groups are all too long to be open, with a message about the first patron and a held deletion of the last."""
    many = changes(*(change(n, "update" if n < 60 else "delete", held=n >= 60, guard="max_deletes") for n in range(120)))
    report = replace(small_report(), changes=many, values=values(*((n, "homeroom", "1", "2") for n in range(60))))
    return write_files(tmp_path, render(report))["summary.html"]


def read_in_print(browser: Browser) -> list[bool]:
    """Of each group, whether paper shows what is inside."""
    browser.devtools("Emulation.setEmulatedMedia", media="print")
    try:
        inside = "[...document.querySelectorAll('details > .inside')]"
        return list(browser.script(f"return {inside}.map(each => each.checkVisibility({{contentVisibilityAuto: true}}))"))
    finally:
        browser.devtools("Emulation.setEmulatedMedia", media="")


def test_on_paper_every_group_shows_what_is_inside(browser, folded, tmp_path):
    if shutil.which("pdftotext") is None:
        need("pdftotext (Debian: poppler-utils)")
    browser.open(folded)
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(browser.printed())
    text = subprocess.run(["pdftotext", "-layout", str(paper), "-"], check=True, capture_output=True, text=True).stdout
    assert "1000000" in text
    assert "100000119" in text
    assert "To put it right:" in text


def test_without_script_paper_shows_every_group_too(browser, folded):
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(folded)
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
        groups = read_in_print(browser)
    finally:
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
    assert groups
    assert all(groups)


def test_groups_that_were_opened_for_paper_are_folded_again_afterwards(browser, folded):
    browser.open(folded)
    opened = "return [...document.querySelectorAll('details')].map(each => each.open)"
    before = browser.script(opened)
    assert not all(before)
    browser.script("dispatchEvent(new Event('beforeprint'))")
    assert all(browser.script(opened))
    browser.script("dispatchEvent(new Event('afterprint'))")
    assert browser.script(opened) == before


def test_a_filter_that_is_set_is_kept_on_paper(browser, tmp_path):
    many = changes(*(change(n, "update", site="NORTH" if n else "SOUTH") for n in range(60)))
    report = replace(small_report(), changes=many, values=values(*((n, "homeroom", "1", "2") for n in range(60))))
    browser.open(write_files(tmp_path, render(report))["summary.html"])
    choose(browser, "site", "SOUTH")
    browser.script("dispatchEvent(new Event('beforeprint'))")
    assert shown(browser) == ["1000000"]
