"""The one sentence that a report leads with, and the steps that wait for somebody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import polars as pl
from msgspec import Struct

from runner.counted import counted
from runner.report.model import RunReport
from runner.report.wording import ACTION_NOUNS, listed, number

Tone = Literal["good", "attention", "bad", "quiet"]


class Step(Struct, frozen=True):
    """Something for a person to do; `command` is what to type, or None."""

    text: str
    command: str | None = None


class Lead(Struct, frozen=True):
    """The first sentence, how it should look, the word for the status, and what waits."""

    sentence: str
    tone: Tone
    status: str
    steps: tuple[Step, ...]


_STATUS_WORDS = {
    "planned": "Preview",
    "running": "Running",
    "complete": "Complete",
    "incomplete": "Incomplete",
    "held": "Waiting for approval",
    "failed": "Failed",
    "interrupted": "Stopped",
    "undone": "Undone",
    "rejected": "Rejected",
    "superseded": "Superseded",
    "missed": "Missed",
    "lost": "Lost",
}
_TONES: dict[str, Tone] = {
    "complete": "good",
    "incomplete": "attention",
    "held": "attention",
    "failed": "bad",
    "lost": "bad",
    "missed": "bad",
}
# Refusals that a line in district.yaml may put right as well.
_OF_THE_DISTRICT = ("site-unknown",)
# Refusals that say nothing against the row: the patron has something of the library's, or somebody was quicker.
_OF_THE_LIBRARY = ("delete-has-transactions", "patron-moved")
# For those who read a page or a mail later; whoever types it has just done so.
SINCE = "This was written when the run ended. To see how it stands now:"
BECAME = {
    "running": "This run is still going on.",
    "interrupted": "This run was stopped before its end and changed nothing; the next run does its work.",
    "undone": "This run was undone: the values that it changed were put back.",
    "rejected": "What this run held for approval was rejected and is not applied.",
    "superseded": "A later run took the place of what this run held for approval.",
    "missed": "This run did not start: its time had passed when the program was running again.",
    "lost": "This run ended without a word, as after a power cut; it changed nothing, and the next run does its work.",
}


def headline(report: RunReport) -> Lead:
    """What happened, in one sentence a librarian can act on, written from the counts alone: it names no patron."""
    tone: Tone = "bad" if report.failure else tone_of(report.status)
    # Told of while it may still come, it has no run of its own yet.
    word = "Overdue" if report.status == "missed" and not report.run else status_word(report.status)
    return Lead(_sentence(report), tone, word, _steps(report))


def status_word(status: str) -> str:
    """The status as people say it."""
    return _STATUS_WORDS.get(status, status.replace("_", " ").capitalize())


def tone_of(status: str) -> Tone:
    """How serious a status is: good, attention, bad or quiet (over, or not yet). A few refused rows are an ordinary night, and good."""
    return _TONES.get(status, "quiet")


def _sentence(report: RunReport) -> str:
    if report.status == "failed":
        what = "This run failed and changed nothing" if report.run else "This plan could not be made"
        return f"{what}: {(report.failure or 'the reason is in its log').rstrip('.')}."
    if report.status in ("missed", "lost") and report.failure:
        return f"{report.failure.rstrip('.')}."
    if report.status in BECAME:
        return BECAME[report.status]
    parts = [_did(report), _waits(report), _refused(report)]
    sentence = "; ".join(part for part in parts if part)
    but = f", but {report.failure.rstrip('.')}" if report.failure else ""
    return sentence[0].upper() + sentence[1:] + but + "." + _gate(report)


def _gate(report: RunReport) -> str:
    """Why a run is incomplete that may have done all that its file asked."""
    if report.status != "incomplete" or report.removal is None or report.removal.get("open"):
        return ""
    return f" The removal policy did not act: {str(report.removal.get('reason')).rstrip('.')}."


def _did(report: RunReport) -> str:
    """What changed, or that nothing did."""
    counts, ahead = report.counts, report.status == "planned"
    if report.subject != "patrons":
        return f"{counted(counts.get('added', 0), report.subject[:-1], report.subject)} {_verb('loaded', counts.get('added', 0), ahead)}"
    doings = [
        ("updated", "updated"),
        ("added", "added"),
        ("transferred", "moved to another site"),
        ("associated", "linked to a further site"),
        ("deleted", "deleted as the file asked"),
        ("inactivated", "made inactive"),
        ("removed", "deleted by the removal policy"),
    ]
    done = [(counts.get(key, 0), words) for key, words in doings if counts.get(key, 0)]
    if report.kind == "undo":
        return _put_back(report.changes.height - counts.get("deleted", 0), counts.get("deleted", 0), ahead)
    if not done:
        return _nothing(report)
    first = f"{counted(done[0][0], 'patron', 'patrons')} {_verb(done[0][1], done[0][0], ahead)}"
    return listed([first, *(f"{number(count)} {_verb(words, count, ahead)}" for count, words in done[1:])])


def _put_back(count: int, taken_away: int, ahead: bool) -> str:
    """What an undo did: whom the run had added goes again, everybody else is as before."""
    if not count and not taken_away:
        return "nothing would be put back" if ahead else "nothing had to be put back"
    again = f"that the run had added {_verb('removed again', taken_away, ahead)}"
    if not count:
        return f"{counted(taken_away, 'patron', 'patrons')} {again}"
    back = f"{counted(count, 'patron', 'patrons')} {_verb('put back as before', count, ahead)}"
    return f"{back} and {number(taken_away)} {again}" if taken_away else back


def _nothing(report: RunReport) -> str:
    counts, ahead = report.counts, report.status == "planned"
    unchanged = counts.get("unchanged", 0)
    waits = any(_count(each) for each in report.held)
    start = "nothing would change" if ahead else "nothing was changed" if waits else "nothing had to change"
    if unchanged and unchanged + counts.get("duplicate", 0) == counts.get("records_read", 0) and not _told_of_records(report):
        many = counts["records_read"]
        return f"{start}: {'the one record brings nothing' if many == 1 else f'none of the {number(many)} records brings anything'} new"
    return start


def _told_of_records(report: RunReport) -> bool:
    """Whether something is said of single records: a value that was left out or held back is not nothing."""
    return report.messages["line"].null_count() < report.messages.height


def _verb(words: str, count: int, ahead: bool) -> str:
    return f"{'would be' if ahead else 'was' if count == 1 else 'were'} {words}"


def _waits(report: RunReport) -> str:
    counts: dict[tuple[str, str], int] = {}
    for each in report.held:  # one for each guard, and each site may have its own
        counts[_nouns(each)] = counts.get(_nouns(each), 0) + _count(each)
    held = [counted(count, *nouns) for nouns, count in counts.items() if count]
    if not held:
        return ""
    if report.status == "planned":
        return f"{listed(held)} would wait for an approval"
    one = len(held) == 1 and held[0].startswith("1 ")
    return f"{listed(held)} {'waits' if one else 'wait'} for your approval"


def _refused(report: RunReport) -> str:
    count = report.counts.get("refused", 0) + report.counts.get("malformed", 0)
    if not count:
        return ""
    if report.kind in ("undo", "approve"):
        left = _verb("left as they are" if count > 1 else "left as it is", count, report.status == "planned")
        return f"{counted(count, 'patron', 'patrons')} {left}; the messages say why"
    where = "in the student system" if report.subject == "patrons" else "where the file is made"
    refused = f"{counted(count, 'row', 'rows')} {_verb('refused', count, report.status == 'planned')}"
    wrong = count - _not_the_files_fault(report)
    if wrong <= 0:
        return refused
    if not report.messages.filter(pl.col("code").is_in(_OF_THE_DISTRICT) & (pl.col("severity") == "refused")).is_empty():
        where += " or in district.yaml"
    of_them = " and" if wrong == count else f", {number(wrong)} of which"
    return f"{refused}{of_them} {'needs' if wrong == 1 else 'need'} a correction {where}"


def _not_the_files_fault(report: RunReport) -> int:
    """How many of the refused rows no correction of the file would help."""
    refused = report.messages.filter((pl.col("severity") == "refused") & pl.col("line").is_not_null())
    others = refused.filter(~pl.col("code").is_in(_OF_THE_LIBRARY))
    return refused.join(others, on="line", how="anti")["line"].n_unique()


def _steps(report: RunReport) -> tuple[Step, ...]:
    steps = []
    if any(_count(each) for each in report.held) and report.status == "held":
        steps.append(Step("Look at what is held below. To let it happen:", f"runner approve {report.run}"))
        steps.append(Step("To leave it undone:", f"runner reject {report.run}"))
        steps.append(Step(SINCE, f"runner runs show {report.run}"))
    if report.status == "failed":
        if report.run:  # of a plan nothing was meant to happen yet
            steps.append(Step("The next run tries again."))
    elif report.failure and report.status not in BECAME:
        steps.append(Step("What it did is stored and stays done. To see it:", f"runner runs show {report.run}"))
    of_a_file = report.status != "failed" and report.kind not in ("undo", "approve")
    if of_a_file and (report.counts.get("refused", 0) or report.counts.get("malformed", 0)):
        steps.append(Step("See to the refused rows: the messages below say how. Each is tried again in every run until then."))
    return tuple(steps)


def _count(held: Mapping[str, Any]) -> int:
    return int(held.get("count") or 0)


def _nouns(held: Mapping[str, Any]) -> tuple[str, str]:
    action = str(held.get("action"))
    return ACTION_NOUNS.get(action, (action, action))
