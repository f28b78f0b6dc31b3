"""What became of a run after its report was written: approved, rejected, superseded, undone. The files stay as they were written."""

from __future__ import annotations

import re
from textwrap import fill

from runner.report.headline import BECAME, SINCE, status_word

_APPROVED = "What this run held for approval was approved; the report of that approval says what was done."
_POINTER = re.compile(rf"^\* {re.escape(SINCE)}\n *runner runs show .*\n", re.MULTILINE)
_STATUS = re.compile(r'(\n *"status": )"[a-z]+"')


def summary_now(written: str, status: str, note: str | None) -> str:
    """A text summary as it was written, with the status and first sentence of today and without steps that wait no more."""
    head, sentence, *rest = written.split("\n\n")
    since = sentence_now(written, status, note)
    if since is None or since == " ".join(sentence.split()):
        return _POINTER.sub("", written)
    title, line, *more = head.split("\n")
    line = status_word(status) + line[len(_word(line)) :]
    kept = [each for each in rest if not each.startswith("WHAT WAITS FOR YOU")]
    return "\n\n".join(["\n".join([title, line, *more]), fill(since, 80), *kept])


def sentence_now(written: str, status: str, note: str | None) -> str | None:
    """The first sentence of a text summary, or what became of the run since; None where there is no sentence."""
    head, *paragraphs = written.split("\n\n")
    if not paragraphs:
        return None
    lines = head.split("\n")
    if len(lines) < 2 or _word(lines[1]) == status_word(status):
        return " ".join(paragraphs[0].split())
    became = _APPROVED if status == "complete" else BECAME.get(status, status_word(status) + ".")
    return f"{became[:-1]} ({note})." if note and status != "undone" else became


def document_now(written: str, status: str) -> str:
    """A summary.json as it was written, with the status of today: the first key of that name is the run's."""
    return _STATUS.sub(rf'\1"{status}"', written, count=1)


def _word(line: str) -> str:
    """The status in a summary's second line."""
    return line.partition(",")[0]
