"""When somebody wants to hear of a run."""

from __future__ import annotations

from collections.abc import Sequence

from runner.report.model import RunReport

_FAILED = ("failed", "interrupted", "missed", "lost")


def wanted(when: Sequence[str], report: RunReport, warnings_over: int | None = None) -> bool:
    """Whether a channel that listens for `when` (failure, hold, warnings, always) is to hear of this run.

    `warnings` counts warnings, refused and malformed records together, and wants more than `warnings_over` (0 where None)."""
    troubles = sum(report.counts.get(name, 0) for name in ("warnings", "refused", "malformed"))
    return (
        "always" in when
        or ("failure" in when and failed(report))
        or ("hold" in when and report.status == "held")
        or ("warnings" in when and troubles > (warnings_over or 0))
    )


def failed(report: RunReport) -> bool:
    """Whether the run came to no result, or to one of which not all could be written."""
    return report.status in _FAILED or report.failure is not None
