"""What the page's filter offers, and of each choice how many changes the page does not list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from runner.fields import FIELDS
from runner.report.groups import ChangeGroup
from runner.report.model import RunReport
from runner.report.wording import ACTION_TITLES


class Choice(Struct, frozen=True):
    """One thing to filter by; `rest` changes with it are in changes.csv alone."""

    value: str
    words: str
    rest: int


class Choices(Struct, frozen=True):
    """The sites, actions and fields of all changes, listed or not; `rest` changes in all are in changes.csv alone."""

    sites: list[Choice]
    actions: list[Choice]
    fields: list[Choice]
    rest: int


def choices_of(report: RunReport, groups: tuple[ChangeGroup, ...]) -> Choices:
    """What all changes can be filtered by. `groups` are those of the page, of which each has a line at least."""
    lines = [line for group in groups for line in group.lines]
    sites = Counter(line.site for line in lines if line.site)
    fields = Counter(each.field for line in lines for each in line.fields)
    actions: Counter[str] = Counter()
    for group in groups:
        actions[group.action] += group.rest
    rest = actions.total()
    all_sites, all_fields = (_sites(report), _fields(report)) if rest else (sites, fields)
    return Choices(
        sites=[Choice(site, site, all_sites[site] - sites[site]) for site in sorted(all_sites)],
        actions=[Choice(action, title, actions[action]) for action, title in ACTION_TITLES.items() if action in actions],
        fields=[Choice(name, name, all_fields[name] - fields[name]) for name in sorted(all_fields)],
        rest=rest,
    )


def _sites(report: RunReport) -> Mapping[str, int]:
    return {str(site): count for site, count in report.changes.group_by("site").len().iter_rows() if site}


def _fields(report: RunReport) -> Mapping[str, int]:
    """For how many changes each field has a line (runner.report.lines)."""
    changed = {str(name): count for name, count in report.values.group_by("field").len().iter_rows()}
    filled = {name: report.adds[name].count() for name in report.adds.columns if name in FIELDS}
    totals = {name: changed.get(name, 0) + filled.get(name, 0) for name in {*changed, *filled}}
    return {name: total for name, total in totals.items() if total}
