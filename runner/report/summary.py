"""The five files of a run's report, from one RunReport."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup
from msgspec import Struct

from runner.report.charts import segments, sparks
from runner.report.choices import choices_of
from runner.report.document import document_bytes
from runner.report.facts import facts, kind_words
from runner.report.figures import NO_RESULT, OUTCOMES, RUNS_COMPARED, Sum, figure_groups, finished, sums
from runner.report.groups import SHOWN, ChangeGroup, ChangeLine, blocked, change_groups, field_totals, outcome_groups
from runner.report.headline import headline
from runner.report.message_groups import MessageLine, message_groups
from runner.report.model import NIGHTS, RunReport
from runner.report.printable import wrapped
from runner.report.spreadsheet import ADDS_WITH_FIELDS, adds_in_full, changes_csv, messages_csv
from runner.report.templates import filled, page
from runner.report.wording import count_labels, local_time, number
from runner.report.write import Content

SHOWN_IN_TEXT = 20


class Gate(Struct, frozen=True):
    """Whether the removal policy could act, and the sentence that says why or why not."""

    open: bool
    reason: str


class Pages(Struct, frozen=True):
    """summary.html and summary.txt, each in the two parts around its last section, which alone tells when and how long the run ran."""

    html: tuple[str, str]
    text: tuple[str, str]

    def of(self, report: RunReport) -> Iterator[tuple[str, str]]:
        """Name and content of both, with that section; `report` is of the same run as the rest."""
        yield "summary.html", _html_facts(report).join(self.html)
        yield "summary.txt", _text_facts(report).join(self.text)


def rendered(report: RunReport, *, files: Mapping[str, str] | None = None) -> Iterator[tuple[str, Content]]:
    """Name and content of summary.html, summary.txt, summary.json, messages.csv and changes.csv, one after the other.

    `files` goes into summary.json as it is. The same report gives the same bytes. Pages list at most 2,000 lines a group, the text 20.
    (docs/interface.md section 6.)
    """
    yield from pages_of(report).of(report)
    yield data_file(report, files=files)
    yield from tables(report)


def pages_of(report: RunReport) -> Pages:
    """The pages of a run that has ended, or will end as `report` says."""
    return Pages(_html_around(report), _text_around(report, detailed=True))


def data_file(report: RunReport, *, files: Mapping[str, str] | None = None) -> tuple[str, bytes]:
    """Name and content of summary.json, which does not tell when the run ended."""
    return "summary.json", document_bytes(report, files=files, indent=1)


def tables(report: RunReport) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Name and content of messages.csv and changes.csv, each made when it is asked for, and in parts: a first load of a million patrons
    fills changes.csv with 100 MB. Neither tells when the run ended."""
    yield "messages.csv", messages_csv(report)
    yield "changes.csv", changes_csv(report)


def render(report: RunReport, *, files: Mapping[str, str] | None = None) -> dict[str, bytes | str]:
    """All that `rendered` gives, by name."""
    return {name: made if isinstance(made, str | bytes) else b"".join(made) for name, made in rendered(report, files=files)}


def html_summary(report: RunReport) -> str:
    """The run as one self-contained page."""
    return _html_facts(report).join(_html_around(report))


def _html_around(report: RunReport) -> tuple[str, str]:
    groups, mark = change_groups(report), _mark()
    no_result = report.status in NO_RESULT
    made = page(
        "summary.html.j2",
        **_shared(report, groups, SHOWN),
        bar=segments(report.counts, count_labels(report.kind)),
        drawn=OUTCOMES,
        sparks=sparks(report.history, None if no_result else report.counts, current=not no_result),
        compared=len(finished(report.history)[:RUNS_COMPARED]),
        labels=count_labels(report.kind),
        choices=choices_of(report, groups),
        field_totals=field_totals(report),
        adds_in_full=adds_in_full(report),
        adds_limit=ADDS_WITH_FIELDS,
        ran=Markup(mark),
    )
    return _around(made, mark)


def text_summary(report: RunReport, *, detailed: bool = True) -> str:
    """The run as plain text for mail and terminals, at most 80 columns wide; without `detailed` counts only, no patron."""
    return _text_facts(report).join(_text_around(report, detailed=detailed))


def _text_around(report: RunReport, *, detailed: bool) -> tuple[str, str]:
    groups, mark = change_groups(report, SHOWN_IN_TEXT), _mark()
    words = {
        "sum_words": partial(_sum_words, labels=count_labels(report.kind)),
        "message_words": _message_words,
        "change_words": _change_words(report.show_values),
    }
    made = filled("summary.txt.j2", **_shared(report, groups, SHOWN_IN_TEXT), **words, detailed=detailed, wrapped=wrapped, ran=mark)
    return _around(made, mark)


def _mark() -> str:
    """Where the last section goes. No text of a file can be it, for it is drawn anew each time."""
    return secrets.token_hex(16)


def _around(made: str, mark: str) -> tuple[str, str]:
    before, _, after = made.partition(mark)
    return before, after


def _html_facts(report: RunReport) -> str:
    return filled("facts.html.j2", facts=facts(report), advice=report.advice)


def _text_facts(report: RunReport) -> str:
    return filled("facts.txt.j2", facts=facts(report), advice=report.advice, wrapped=wrapped)


def html_mail(report: RunReport) -> str:
    """The run as a short page for a mail: counts only, no patron and no value."""
    return filled("mail.html.j2", **_shared(report, (), 0))


def _shared(report: RunReport, groups: tuple[ChangeGroup, ...], shown: int) -> dict[str, Any]:
    return {
        "report": report,
        "whole": report.status in ("planned", "complete") and report.counts.get("unchanged", 0) > 0,
        "lead": headline(report),
        "kind_words": kind_words(report),
        "night": report.kind in NIGHTS,
        "started": local_time(report.started_at, ZoneInfo(report.zone)),
        "figures": figure_groups(report),
        "sums": () if report.status in NO_RESULT else sums(report.counts),
        "gate": _gate(report.removal),
        "removals": [group for group in groups if group.removal],
        "kept": blocked(report, shown),
        "messages": message_groups(report, shown),
        "changes": [group for group in groups if not group.removal],
        "everyone": outcome_groups(report, shown),
    }


def _gate(removal: Mapping[str, object] | None) -> Gate | None:
    if removal is None:
        return None
    reason = str(removal.get("reason") or "every condition was met")
    return Gate(bool(removal.get("open")), reason[0].upper() + reason[1:] + ("" if reason.endswith(".") else "."))


def _sum_words(checked: Sum, labels: Mapping[str, str]) -> str:
    terms = [f"{number(value)} {labels[key].lower()}" for key, value in checked.terms if value]
    verdict = "Adds up" if checked.holds else "Does not add up, please report it"
    return f"{verdict}: {number(checked.total[1])} {labels[checked.total[0]].lower()} = {' + '.join(terms) or '0'}"


def _message_words(message: MessageLine) -> str:
    line = f"line {message.line}" if message.line is not None else ""
    patron = f"patron {message.patron}" if message.patron else ""
    place = ", ".join(part for part in (line, patron, message.field) if part)
    value = f" [{message.value}]" if message.value and message.value not in message.text else ""
    return f"{place}: {message.text}{value}" if place else f"{message.text}{value}"


def _change_words(show_values: bool) -> Any:
    def words(change: ChangeLine) -> str:
        told = [f"{each.field} {each.before or '(empty)'} -> {each.after or '(empty)'}" for each in change.fields]
        if change.action == "add":
            told = [f"{each.field} {each.after}" for each in change.fields]
        if not show_values:
            told = [each.field for each in change.fields]
        line = f", line {change.line}" if change.line is not None else ""
        parts = [*([change.reason] if change.reason else []), *told]
        return f"{change.patron} ({change.site or 'no site'}{line})" + (f": {'; '.join(parts)}" if parts else "")

    return words
