"""A small report that a person can read; tests change what they are about with msgspec.structs.replace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from runner.frames import CHANGES, MESSAGES, OUTCOME_ROWS, VALUES
from runner.report.model import COUNTS as KEYS
from runner.report.model import PastRun, Provenance, RunReport

RUN = "20261121T080000Z-demo-students-3f9c"
STARTED = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
COUNTS = dict(zip(KEYS, (12, 1, 1, 10, 1, 2, 1, 0, 2, 0, 1, 1, 2, 1, 1, 0, 1), strict=True))


def change(ref: int, action: str, **more: Any) -> dict[str, Any]:
    """A row of frames.CHANGES with plain defaults."""
    known = {"ref": ref, "patron_id": None if action == "add" else ref, "version": 1, "patron": f"100000{ref}", "line": ref + 2}
    plain = {"action": action, "cause": "file", "rule": None, "reason": None, "site": "NORTH", "held": False, "guard": None}
    return {**known, **plain, **more}


def changes(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=CHANGES)


def values(*rows: tuple[int, str, str | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=VALUES, orient="row")


def messages(*rows: tuple[Any, ...]) -> pl.DataFrame:
    """Rows of code, severity, line, column, patron, field, value, text."""
    return pl.DataFrame(rows, schema=MESSAGES, orient="row")


def past(days: int, status: str = "complete", **counts: int) -> PastRun:
    """A run `days` days before this one."""
    return PastRun(f"run-{days}", status, "full", STARTED - timedelta(days=days), {**COUNTS, **counts})


def small_report() -> RunReport:
    """Ten records: one of nearly everything."""
    policy = {"cause": "removal", "line": None}
    return RunReport(
        run=RUN,
        job="demo/students",
        district_name="Springfield USD",
        description="Nightly students from the SIS",
        zone="America/Chicago",
        kind="full",
        compared_as="full",
        status="held",
        started_at=STARTED,
        finished_at=STARTED + timedelta(seconds=8.42),
        clock_fixed=True,
        counts=COUNTS,
        removal={"open": True, "reason": "read 10 records; the job wants more than 5 before it inactivates anyone"},
        held=[{"action": "delete", "count": 2, "guard": "delete 5%"}],
        messages=messages(
            ("barcode-in-use", "refused", 9, "Barcode", "1000017", "barcode", "P 17", "P 17 at NORTH belongs to patron 1000099."),
            ("row-malformed", "refused", 11, None, None, None, None, "The row has 7 cells, the header 8."),
            ("gender-unspecified", "warning", 3, "Sex", "1000001", "gender", "", "No gender is given, so U was written."),
        ),
        changes=changes(
            change(1, "update"),
            change(2, "update", site="SOUTH"),
            change(3, "transfer"),
            change(4, "add"),
            change(5, "inactivate", rule="inactivate", reason="no update since 2026-10-30; no transactions", **policy),
            change(6, "delete", rule="graduated_seniors", reason="grade 12, graduated 2026, no transactions", site="SOUTH", **policy),
            change(7, "delete", held=True, guard="delete 5%"),
            change(8, "delete", held=True, guard="delete 5%"),
        ),
        values=values(
            (1, "homeroom", "101", "204"),
            (1, "password", "old", "S3cret!"),
            (2, "email_1", None, "ann@example.org"),
            (3, "site", "SOUTH", "NORTH"),
            (5, "status", "Active", "Inactive"),
        ),
        adds=pl.DataFrame(
            {"ref": [4], "district_id": ["1000004"], "last_name": ["García"], "nickname": [None]}, schema_overrides={"ref": pl.UInt32}
        ),
        outcomes=pl.DataFrame(
            [(3, "1000001", 1, "updated"), (4, "1000002", 2, "updated"), (5, "1000030", 30, "unchanged"), (9, "1000017", 17, "refused")],
            schema=OUTCOME_ROWS,
            orient="row",
        ),
        blocked=pl.DataFrame({"patron": ["1000555"], "site": ["NORTH"], "reason": ["graduated 2025; kept for 2 checkouts at NORTH"]}),
        history=[past(day, updated=2 + day % 2) for day in range(1, 13)],
        provenance=Provenance(
            job_sha256="a1" * 32,
            district_sha256="b2" * 32,
            commit="4f2c9e1ab01d+",
            input_name="exports/students.csv",
            input_sha256="c3" * 32,
            input_size=4_512_331,
            input_modified=STARTED - timedelta(hours=3),
            versions={"runner": "0.1.0", "polars": "2.1.0"},
            user="library",
            host="circ-1",
        ),
        show_values=True,
        summary="errors_and_warnings",
        advice=["Under 50,000 patrons, run full each time."],
        failure=None,
        timings={"read": 0.42, "plan": 1.13},
    )
