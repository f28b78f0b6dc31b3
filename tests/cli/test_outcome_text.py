"""How a plan and a run are told: conclusion, counts, changes grouped by action, messages, held actions, the removal gate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace

from runner.cli.outcome_text import tell_document, tell_run
from runner.cli.screen import Screen
from runner.cli.settings import Settings
from runner.errors import FileRefused
from runner.frames import CHANGES, MESSAGES, OUTCOME_ROWS, VALUES
from runner.report.model import COUNTS, Provenance, RunReport
from runner.run.outcome import Outcome

BLOCKED = pl.DataFrame(schema={"patron": pl.String, "site": pl.String, "reason": pl.String})


def change(ref: int, patron: str, action: str, **more: Any) -> dict[str, Any]:
    blank = {"patron_id": ref, "version": 1, "line": ref + 1, "cause": "file", "rule": None, "reason": None, "site": "NORTH"}
    return {**blank, "held": False, "guard": None, "ref": ref, "patron": patron, "action": action, **more}


def message(code: str, severity: str, line: int | None, text: str) -> dict[str, Any]:
    return {"code": code, "severity": severity, "line": line, "column": None, "patron": None, "field": None, "value": None, "text": text}


def report(
    changes: list[dict[str, Any]] | None = None,
    values: list[tuple[int, str, str | None, str | None]] | None = None,
    messages: list[dict[str, Any]] | None = None,
    counts: Mapping[str, int] | None = None,
    **more: Any,
) -> RunReport:
    moment = datetime(2026, 11, 21, 2, tzinfo=UTC)
    made = RunReport(
        run="20261121T020000Z-demo-students-3f9c",
        job="demo/students",
        district_name="Demo",
        description="",
        zone="America/Chicago",
        kind="full",
        compared_as="full",
        status="planned",
        started_at=moment,
        finished_at=moment,
        clock_fixed=False,
        counts={**dict.fromkeys(COUNTS, 0), **(counts or {})},
        removal=None,
        held=(),
        messages=pl.DataFrame(messages or [], schema=MESSAGES),
        changes=pl.DataFrame(changes or [], schema=CHANGES),
        values=pl.DataFrame(values or [], schema=VALUES, orient="row"),
        outcomes=pl.DataFrame(schema=OUTCOME_ROWS),
        blocked=BLOCKED,
        history=(),
        provenance=Provenance("", "", None, "students.csv", None, None, None, {}, "u", "h"),
        show_values=True,
        summary="errors_and_warnings",
        advice=(),
        failure=None,
        timings={},
    )
    return replace(made, **more)


def told(capsys: pytest.CaptureFixture[str], made: RunReport, *, limit: int | None = 50, planned: bool = True) -> str:
    tell_run(Screen(Settings()), Outcome(made), limit=limit, planned=planned)
    return capsys.readouterr().out


def test_an_update_shows_each_field_before_and_after(capsys: pytest.CaptureFixture[str]) -> None:
    made = report([change(1, "1000001", "update")], [(1, "homeroom", "101", "204"), (1, "nickname", None, "Bo")], counts={"updated": 1})
    out = told(capsys, made)
    assert "  1 to update\n" in out
    lines = [line.split() for line in out.splitlines()]
    assert ["1000001", "2", "nickname", "-", "Bo"] in lines
    assert ["homeroom", "101", "204"] in lines


def test_an_add_shows_its_values_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    adds = pl.DataFrame({"ref": [1], "site": ["NORTH"], "last_name": ["Lee"], "first_name": ["Ann"]}, schema_overrides={"ref": pl.UInt32})
    out = told(capsys, report([change(1, "1000001", "add")], counts={"added": 1}, adds=adds))
    assert "1000001  2     NORTH  last_name Lee, first_name Ann" in out


def test_a_removal_shows_its_rule_and_reason(capsys: pytest.CaptureFixture[str]) -> None:
    gone = change(1, "1000009", "delete", cause="removal", rule="graduated_seniors", reason="grade 12, graduated 2026", line=None)
    out = told(capsys, report([gone], counts={"removed": 1}))
    assert "1 to delete by policy" in out
    assert "1000009  graduated_seniors  grade 12, graduated 2026" in out


def test_what_takes_away_stands_first(capsys: pytest.CaptureFixture[str]) -> None:
    made = report([change(1, "a", "add"), change(2, "b", "update"), change(3, "c", "delete")])
    out = told(capsys, made)
    assert out.index("to delete") < out.index("to update") < out.index("to add")


def test_a_cut_list_keeps_the_most_drastic_changes_and_says_how_to_see_all(capsys: pytest.CaptureFixture[str]) -> None:
    made = report([*(change(n, f"add-{n}", "add") for n in range(1, 100)), change(100, "gone", "delete")])
    out = told(capsys, made, limit=10)
    assert "gone" in out
    assert "Changes (100), the first 10 of them" in out
    assert "90 more changes are not shown; --limit 0 shows all of them." in out
    assert "99 to add" in out


def test_limit_zero_shows_every_change(capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, report([change(n, f"p-{n:03}", "update") for n in range(1, 101)]), limit=0)
    assert "p-100" in out
    assert "not shown" not in out


def test_held_changes_stand_apart(capsys: pytest.CaptureFixture[str]) -> None:
    made = report(
        [change(1, "a", "delete", held=True), change(2, "b", "delete")], held=[{"action": "delete", "count": 1, "guard": "delete 5%"}]
    )
    out = told(capsys, made)
    assert "1 to delete, held by a guard" in out
    assert "1 x delete: held by the guard delete 5%" in out


def test_messages_are_grouped_by_code_with_the_refused_first(capsys: pytest.CaptureFixture[str]) -> None:
    many = [message("gender-unspecified", "warning", n, f"gender {n}") for n in range(2, 5)]
    out = told(capsys, report(messages=[*many, message("site-unknown", "refused", 9, "no site 99")]))
    assert out.index("site-unknown") < out.index("gender-unspecified")
    assert ["warning", "gender-unspecified", "3", "line", "2:", "gender", "2"] in [line.split() for line in out.splitlines()]
    assert "runner explain CODE" in out


def test_the_removal_gate_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, report(removal={"open": False, "reason": "read 812 records; the job wants more than 43,000"}))
    assert "the gate stays closed: read 812 records; the job wants more than 43,000" in out


def test_counts_that_are_zero_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, report(counts={"rows_read": 812, "records_read": 812, "unchanged": 812}))
    assert "812" in out
    assert "Refused" not in out


def test_nothing_to_do_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert "othing would change" in told(capsys, report(counts={"records_read": 5, "unchanged": 5}))


def test_values_that_a_district_hides_stay_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    made = report([change(1, "1000001", "update")], [(1, "homeroom", "Zaphod", "Trillian")], show_values=False)
    out = told(capsys, made)
    assert "homeroom" in out
    assert "Zaphod" not in out
    assert "Trillian" not in out


def test_a_value_cannot_act_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    made = report([change(1, "a\x1b[2J", "update")], [(1, "homeroom", "\x9b1m", "\u202ex")], [message("x-y", "note", 1, "t\x07")])
    out = told(capsys, made)
    assert not set("\x1b\x9b\u202e\x07") & set(out)


def test_a_file_that_was_refused_leads_with_the_reason_and_shows_no_counts(capsys: pytest.CaptureFixture[str]) -> None:
    error = FileRefused("the file has a header and no rows", "ask for a new export", code="header-only")
    made = report(status="failed", failure=error.text)
    tell_run(Screen(Settings()), Outcome(made, error=error), limit=None, planned=False)
    out, err = capsys.readouterr()
    assert "the file has a header and no rows" in out
    assert "Counts" not in out
    assert err == "error: the file has a header and no rows\nhint: ask for a new export\n"


def test_a_fixed_clock_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert "RUNNER_NOW" in told(capsys, report(clock_fixed=True))


def test_the_json_document_is_one_document_with_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    tell_document(Screen(Settings(json=True)), Outcome(report([change(1, "a\x1b\u202e", "update")])), None)
    out = capsys.readouterr().out
    document = json.loads(out)
    assert document["schema"] == 1
    assert {"run", "job", "kind", "status", "counts", "removal", "held", "messages", "changes", "truncated", "files"} <= set(document)
    assert "\u202e" not in out


def test_the_json_document_is_cut_at_the_limit_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    tell_document(Screen(Settings(json=True)), Outcome(report([change(n, f"p{n}", "update") for n in range(1, 6)])), 2)
    document = json.loads(capsys.readouterr().out)
    assert (len(document["changes"]), document["truncated"]) == (2, True)
