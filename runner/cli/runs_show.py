"""`runner runs show RUN`: one run's summary, and where its report is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.find_run import find_run
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.cli.workspace import places
from runner.report.since import document_now, summary_now
from runner.report.wording import count_labels

if TYPE_CHECKING:
    from runner.job.model import District
    from runner.store.runs import RunRow

_NO_REPORT = "It has no report: options.keep_runs says how many reports of a job are kept, and a process that is killed writes none."


@click.command()
@click.argument("run")
@everywhere
@click.pass_obj
def command(settings: Settings, run: str) -> int:
    """Show one run: the summary that was written then, with what became of it since, or what the store remembers of it once its folder is
    gone."""
    district, row = find_run(settings, run)
    folder = places(settings).for_district(district.key).run_folder(row.id)
    screen = Screen(settings)
    if settings.json:
        _tell_document(screen, row, folder)
    else:
        _tell(screen, district, row, folder)
    return 0


def _tell_document(screen: Screen, row: RunRow, folder: Path) -> None:
    """The run's own document (docs/interface.md section 5); its changes and messages are null once its folder is gone."""
    kept = _read(folder / "summary.json")
    if kept is not None:
        screen.ready_document(document_now(kept, row.status))
        return
    about = {"run": row.id, "job": row.job, "kind": row.kind, "status": row.status, "counts": row.counts, "removal": row.removal}
    screen.document(
        {**about, "held": list(row.held), "messages": None, "changes": None, "truncated": None, "files": None, "note": row.note}
    )


def _tell(screen: Screen, district: District, row: RunRow, folder: Path) -> None:
    kept = _read(folder / "summary.txt")
    if kept is not None:
        screen.answer(summary_now(kept, row.status, row.note).rstrip("\n"))
    else:
        zone = district.time_zone
        screen.answer(f"Run {row.id} of {row.job} ({row.kind}): {row.status}", "bold")
        screen.answer(f"started {row.started_at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key}) by {row.user_name} on {row.host}")
        if row.input_name is not None:
            screen.answer(f"input {row.input_name}, {row.input_size:,} bytes, SHA-256 {row.input_sha256}")
        if row.note:
            screen.answer(row.note)
        if row.counts:
            labels = count_labels(row.kind)
            screen.table(("", ""), [(labels.get(name, name), f"{count:,}") for name, count in row.counts.items() if count], right=(1,))
    if (folder / "summary.html").is_file():
        screen.answer(f"\nReport:\n{folder / 'summary.html'}")
    elif kept is None:
        from runner.run.identity import elsewhere

        screen.answer(f"It ran on {row.host}: its report is there, if still kept." if elsewhere(row.host) else _NO_REPORT)


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
