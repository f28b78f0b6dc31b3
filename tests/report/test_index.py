"""The Job Manager page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from runner.report.index import IndexJob, IndexPage, render_index
from tests.report.example import past
from tests.report.page_walk import walk

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


def job(name: str, status: str | None = "complete", **more) -> IndexJob:
    runs = [past(1, status), past(2)] if status else []
    links = {"run-1": "../runs/run-1/summary.html"}
    plain = IndexJob(name, "Nightly", True, runs, "All went well.", 0, NOW + timedelta(hours=17), "full", links)
    return replace(plain, **more)


def text(*jobs: IndexJob) -> str:
    return " ".join(walk(render_index(IndexPage("Springfield USD", "America/Chicago", NOW, False, jobs))).text.split())


def test_broken_and_held_jobs_come_first():
    made = text(
        job("a-fine"),
        job("b-new", None),
        job("c-held", "held", waiting=2),
        job("d-broken", "failed"),
        job("e-bad", problem="Line 3 is wrong."),
    )
    places = [made.index(name) for name in ("d-broken", "e-bad", "c-held", "a-fine", "b-new")]
    assert places == sorted(places)
    assert "2 jobs are broken and 1 job wants a look." in made


def test_a_broken_file_is_told_with_since_when_and_what_runs_meanwhile():
    broken = job("students", problem="students.yaml:3:1: no such key", broken_since=NOW, goes_on=True)
    made = text(broken)
    assert "Broken since Saturday, 21 November 2026, 09:00 CST; the last good version is still running." in made
    assert "students.yaml:3:1: no such key The last run: All went well." in made
    stopped = text(replace(broken, broken_since=None, goes_on=False, next_at=None))
    assert "The file is broken; nothing of it runs until it is put right." in stopped
    assert "Next run when the file is put right" in stopped


def test_nothing_to_do_is_said():
    assert "Nothing waits for you: no job is broken, and none is held." in text(job("students"), job("staff"))


def test_last_and_next_time_are_in_the_districts_zone():
    made = text(job("students"))
    assert "Last run Friday, 20 November 2026, 02:00 CST" in made
    assert "Next run Sunday, 22 November 2026, 02:00 CST, full" in made


def test_a_held_job_says_what_to_type():
    assert "runner approve run-1" in text(job("students", "held", waiting=12, held="run-1"))


def test_a_job_that_never_ran_and_one_by_hand_are_told():
    made = text(job("students", None, next_at=None, next_kind=None))
    assert "Has not run yet" in made
    assert "by hand, no schedule" in made


def test_links_are_relative_and_lead_to_summaries():
    page = walk(render_index(IndexPage("S", "UTC", NOW, False, [job("students")])))
    assert [each["href"] for each in page.all("a")] == ["#content", "../runs/run-1/summary.html"]


def test_a_link_with_a_scheme_or_a_host_is_left_out():
    for place in ("javascript:alert(1)", "//evil.example/x", "https://evil.example", "/etc/passwd", "a b", "x/../../y\n"):
        page = walk(render_index(IndexPage("S", "UTC", NOW, False, [job("students", summaries={"run-1": place})])))
        assert [each["href"] for each in page.all("a")] == ["#content"]


def test_what_an_earlier_run_holds_still_waits_beside_the_failure_of_a_later_one():
    made = text(job("students", "failed", waiting=12, held="run-2"))
    assert "Failed" in made
    assert "runner approve run-2" in made


def test_a_word_to_type_in_a_broken_file_s_sentence_stands_as_code():
    broken = job("fines", problem="Line 3 is wrong: `naem` is not known, <b>really</b>.")
    made = render_index(IndexPage("Springfield USD", "America/Chicago", NOW, False, [broken]))
    assert "<code>naem</code> is not known, &lt;b&gt;really&lt;/b&gt;." in made
