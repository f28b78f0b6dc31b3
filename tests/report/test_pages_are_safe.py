"""Whatever a file holds, a page runs nothing but our script, asks for nothing, and links nowhere (P3, A7; docs/operations.md)."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime

import polars as pl
import pytest
from msgspec.structs import replace

from runner.report.index import IndexJob, IndexPage, render_index
from runner.report.model import PastRun
from runner.report.summary import html_summary, text_summary
from runner.report.templates import templates_folder
from tests.report.example import change, changes, messages, small_report, values
from tests.report.page_walk import walk

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '" onfocus="alert(1)" autofocus="',
    "javascript:alert(1)",
    "<a href='javascript:alert(1)'>x</a>",
    "{{7*7}}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "${7*7}",
    "<!--",
    "]]>",
    "<svg/onload=alert(1)>",
    "&lt;script&gt;",
    "http://evil.example/x.png",
    '=HYPERLINK("http://evil.example")',
    "abc\u202edcba",
    "a\x00b\x1b[2J\x9bc\u2028d\u2029e\u2066f",
    "\ud7ff\ufdd0",
    "x" * 5000,
]


def poisoned(text: str):
    """The small report with `text` wherever a file or a person can put text."""
    small = small_report()
    return replace(
        small,
        run=text,
        job=text,
        district_name=text,
        description=text,
        failure=text,
        summary="all",
        removal={"open": False, "reason": text},
        held=[{"action": text, "count": 2, "guard": text}],
        messages=messages(
            ("barcode-in-use", "refused", 1, text, text, text, text, text),
            (text, "warning", None, text, text, text, text, text),
        ),
        changes=changes(
            change(1, "update", patron=text, site=text, reason=text),
            change(2, "add", patron=text, site=text),
            change(3, "delete", patron=text, site=text, cause="removal", rule=text, reason=text),
            change(4, "update", patron=text, site=text, held=True, guard=text),
        ),
        values=values((1, text, text, text), (1, "homeroom", text, text), (4, "email_1", text, None)),
        adds=pl.DataFrame({"ref": [2], "last_name": [text]}, schema_overrides={"ref": pl.UInt32}),
        outcomes=small.outcomes.with_columns(patron=pl.lit(text)),
        blocked=pl.DataFrame({"patron": [text], "site": [text], "reason": [text]}),
        provenance=replace(small.provenance, input_name=text, user=text, host=text, commit=text, versions={text: text}),
        advice=[text],
        timings={text: 1.0},
    )


def poisoned_index(text: str) -> IndexPage:
    past = PastRun(text, text, text, datetime(2026, 11, 20, tzinfo=UTC), {})
    job = IndexJob(text, text, True, [past, past], text, 2, None, text, {text: text}, None)
    broken = replace(job, problem=text, summaries={text: "javascript:alert(1)"})
    return IndexPage(text, "America/Chicago", datetime(2026, 11, 21, tzinfo=UTC), False, [job, broken])


PAGES = {
    "summary": lambda text: html_summary(poisoned(text)),
    "failed summary": lambda text: html_summary(replace(poisoned(text), status="failed")),
    "summary without values": lambda text: html_summary(replace(poisoned(text), show_values=False)),
    "index": lambda text: render_index(poisoned_index(text)),
}


@pytest.mark.parametrize("made", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(made, text):
    page = walk(made(text))
    ours = (templates_folder() / "report.js").read_text(encoding="utf-8")
    assert page.scripts == [ours]
    assert not page.unclosed
    loading = ("style", "src", "srcset", "action", "formaction")
    assert not [name for name, _ in page.attributes() if name.startswith("on") or name in loading]
    assert {tag for tag, _ in page.tags}.isdisjoint({"img", "iframe", "object", "embed", "form", "base", "link", "input", "image", "use"})


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_link_comes_from_data(text):
    for made in (PAGES["summary"], PAGES["index"]):
        links = {attributes["href"] for attributes in walk(made(text)).all("a")}
        assert all(re.fullmatch(r"#[a-z]+|(messages|changes)\.csv|summary\.(json|txt)", link) for link in links)


@pytest.mark.parametrize("text", ["{{7*7}}", "${7*7}", "{% raw %}"])
def test_text_from_a_file_is_never_a_template(text):
    page = walk(html_summary(poisoned(text)))
    assert text in page.text
    assert "49" not in page.text.replace("1,490", "")


def test_marks_that_turn_or_hide_text_are_shown_instead():
    sly = "abc\u202edcba\x00\x1b[2J\u2066"
    for made in (html_summary(poisoned(sly)), text_summary(poisoned(sly)), render_index(poisoned_index(sly))):
        assert "abc\\u202edcba\\x00\\x1b[2J\\u2066" in made
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", made)


def test_the_policy_allows_our_style_and_script_by_hash_and_nothing_else():
    page = walk(html_summary(small_report()))
    policy = next(each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy")
    for kind, contents in (("style", page.styles), ("script", page.scripts)):
        digest = base64.b64encode(hashlib.sha256("".join(contents).encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert {"name": "referrer", "content": "no-referrer"} in page.all("meta")


def test_the_policy_stands_before_anything_it_governs():
    tags = [tag for tag, _ in walk(html_summary(small_report())).tags]
    assert tags.index("meta") < tags.index("style") < tags.index("script")


def test_no_page_names_an_address_elsewhere():
    for made in (html_summary(small_report()), render_index(poisoned_index("demo"))):
        assert not re.search(r"\b(?:https?|ftp|wss?|data|file):\S|url\(|@import|//[a-z]", re.sub(r"^\s*//.*$", "", made, flags=re.M))


def test_every_report_field_that_is_text_was_poisoned():
    clean = {"kind", "compared_as", "zone", "status", "summary", "subject"}  # closed sets of our own
    text = [name for name in small_report().__struct_fields__ if isinstance(getattr(poisoned("x"), name), str)]
    assert {name for name in text if getattr(poisoned("x"), name) != "x"} == clean


@pytest.mark.parametrize("hidden", ["204", "ann@example.org", "García", "P 17", "S3cret!", "grade 12", "2025"])
def test_hidden_values_are_nowhere_in_the_pages(hidden):
    report = replace(small_report(), show_values=False)
    assert hidden not in walk(html_summary(report)).text
    assert hidden not in text_summary(report)


def test_hidden_values_leave_ids_and_field_names():
    made = walk(html_summary(replace(small_report(), show_values=False))).text
    assert "1000001" in made
    assert "homeroom" in made


def test_a_secret_shows_nowhere():
    for show in (True, False):
        report = replace(small_report(), show_values=show)
        assert "S3cret!" not in html_summary(report) + text_summary(report)
