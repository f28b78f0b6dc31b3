"""What ran: names and sentences for the last section of a report."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from runner.report.model import RunReport
from runner.report.wording import file_size, lasted, local_time, utc_time


def kind_words(report: RunReport) -> str:
    """The kind of run in words, with what it was compared as where that differs."""
    if report.kind in ("undo", "approve"):
        return report.note or {"undo": "undo", "approve": "approval of what a run held"}[report.kind]
    words = f"{report.kind} run"
    return words if report.compared_as == report.kind else f"{words}, compared as {report.compared_as}"


def facts(report: RunReport) -> list[tuple[str, str]]:
    """(name, value) pairs in the order to show them: the run, its times, its input, its files, versions, who and where."""
    known = [*_times(report), *_input(report), *_files(report)]
    return [("Run", report.run), ("Kind", kind_words(report)), *((name, value) for name, value in known if value is not None)]


def _times(report: RunReport) -> list[tuple[str, str | None]]:
    zone = ZoneInfo(report.zone)
    end = report.finished_at
    steps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in report.timings.items())
    return [
        ("Started", f"{local_time(report.started_at, zone)}; {utc_time(report.started_at)}"),
        ("Finished", f"{local_time(end, zone)}; {utc_time(end)}" if end else None),
        ("Took", f"{lasted(end - report.started_at)}{' (' + steps + ')' if steps else ''}" if end else None),
        ("Clock", "fixed by RUNNER_NOW, a rehearsal" if report.clock_fixed else "the machine's"),
        ("District's zone", report.zone),
    ]


def _input(report: RunReport) -> list[tuple[str, str | None]]:
    source = report.provenance
    return [
        ("Input", source.input_name),
        ("Input size", None if source.input_size is None else file_size(source.input_size)),
        ("Input modified", None if source.input_modified is None else utc_time(source.input_modified)),
        ("Input SHA-256", source.input_sha256),
    ]


def _files(report: RunReport) -> list[tuple[str, str | None]]:
    source = report.provenance
    return [
        ("Job file SHA-256", source.job_sha256),
        ("District file SHA-256", source.district_sha256),
        ("Git commit", source.commit or "none: the files are in no repository"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in source.versions.items())),
        ("Run by", f"{source.user} on {source.host}"),
    ]
