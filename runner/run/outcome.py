"""What a command gives back: the run as data, its exit code, and where its report lies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from runner.errors import RunnerError
from runner.report.document import document
from runner.report.model import RunReport
from runner.run.prepare import Prepared

MANY_REFUSED = 100


class Outcome(Struct, frozen=True):
    """One finished (or planned) run. `error` is the known reason of a failed one."""

    report: RunReport
    prepared: Prepared | None = None
    report_files: Mapping[str, Path] = field(default_factory=dict)
    error: RunnerError | None = None

    @property
    def status(self) -> str:
        return self.report.status

    @property
    def exit_code(self) -> int:
        """0 done, 3 finished but incomplete, else the error's own."""
        if self.error is not None:
            return self.error.exit_code
        return 3 if self.status in ("incomplete", "held") else 0

    def document(self, limit: int | None = 1000) -> dict[str, Any]:
        """The JSON document of a run; at most `limit` changes (None: all)."""
        files = {name: str(path) for name, path in self.report_files.items()}
        return document(self.report, limit=limit, files=files or None)


def final_status(counts: Mapping[str, int], held: bool, gate_closed: bool) -> str:
    """`held` when a guard holds anything; `incomplete` after 100 or more refused and malformed records or a closed removal gate
    of a full run; else `complete`."""
    if held:
        return "held"
    if gate_closed or counts["refused"] + counts["malformed"] >= MANY_REFUSED:
        return "incomplete"
    return "complete"
