"""The Job Manager: one page per district with each job's last and next run, for reports/index.html (docs/interface.md section 6)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from runner.counted import counted
from runner.report.charts import Spark, sparks
from runner.report.figures import finished
from runner.report.headline import Tone, status_word, tone_of
from runner.report.model import NIGHTS, PastRun
from runner.report.templates import page
from runner.report.wording import local_time, short_time, utc_time

# A summary below the page's own folder or beside it: never a scheme, never a host.
_LINK = re.compile(r"(\.\./)*([A-Za-z0-9][A-Za-z0-9._-]*/)*summary\.html\Z")
_ORDER: dict[Tone, int] = {"bad": 0, "attention": 1, "good": 2, "quiet": 3}


class IndexJob(Struct, frozen=True):
    """One job. `runs`: newest first, the last one included; empty for a job that never ran. `sentence`: the last run's first sentence.
    `waiting`: how many held actions wait for an approval, of run `held` (None: of none). `summaries`: run id to the relative link of its
    summary.html. `next_at` (UTC) and `next_kind` are None without a schedule. `problem`: why the job's file cannot be used, in one
    sentence; `broken_since` (UTC) when it broke, where anybody noticed; `goes_on`: the last good version runs by the clock meanwhile."""

    job: str
    description: str
    enabled: bool
    runs: Sequence[PastRun]
    sentence: str | None
    waiting: int
    next_at: datetime | None
    next_kind: str | None
    summaries: Mapping[str, str]
    problem: str | None = None
    broken_since: datetime | None = None
    goes_on: bool = False
    held: str | None = None


class IndexPage(Struct, frozen=True):
    """A district's jobs as they stand at `now` (UTC); `zone` names the district's zone."""

    district_name: str
    zone: str
    now: datetime
    clock_fixed: bool
    jobs: Sequence[IndexJob]


class Card(Struct, frozen=True):
    """A job as the page shows it."""

    job: IndexJob
    tone: Tone
    status: str
    broken: str | None
    last: str | None
    next: str | None
    sparks: tuple[Spark, ...]
    links: tuple[tuple[str, str], ...]
    approve: str | None


def render_index(index: IndexPage) -> str:
    """The Job Manager as one self-contained page: broken jobs first, then those that wait for somebody, then the others by name."""
    zone = ZoneInfo(index.zone)
    cards = sorted((_card(job, zone) for job in index.jobs), key=lambda card: (_ORDER[card.tone], card.job.job))
    made = f"{local_time(index.now, zone)}; {utc_time(index.now)}"
    return page("index.html.j2", index=index, cards=cards, lead=_lead(cards), made=made)


def _card(job: IndexJob, zone: ZoneInfo) -> Card:
    last = job.runs[0] if job.runs else None
    tone, status = _state(job, last)
    places = [(run, job.summaries.get(run.run, "")) for run in job.runs]
    links = tuple((short_time(run.started_at, zone), place) for run, place in places if _LINK.match(place))
    coming = f"{local_time(job.next_at, zone)}{', ' + job.next_kind if job.next_kind else ''}" if job.next_at else None
    return Card(
        job=job,
        tone=tone,
        status=status,
        broken=_broken(job, zone),
        last=local_time(last.started_at, zone) if last else None,
        next=coming,
        sparks=sparks(job.runs, current=last is not None and last in finished(job.runs) and last.kind in NIGHTS),
        links=links[:5],
        approve=f"runner approve {job.held}" if job.waiting and job.held else None,
    )


def _broken(job: IndexJob, zone: ZoneInfo) -> str | None:
    """What a broken file means for the job, in one sentence."""
    if job.problem is None:
        return None
    since = f"Broken since {local_time(job.broken_since, zone)}" if job.broken_since else "The file is broken"
    return f"{since}; {'the last good version is still running.' if job.goes_on else 'nothing of it runs until it is put right.'}"


def _state(job: IndexJob, last: PastRun | None) -> tuple[Tone, str]:
    if job.problem:
        return "bad", "File broken"
    if not job.enabled:
        return "quiet", "Switched off"
    if last is None:
        return "quiet", "Has not run yet"
    if job.waiting and tone_of(last.status) != "bad":
        return "attention", status_word("held")
    return tone_of(last.status), status_word(last.status)


def _lead(cards: Sequence[Card]) -> str:
    """One sentence: what needs somebody, or that nothing does."""
    broken = sum(card.tone == "bad" for card in cards)
    waiting = sum(card.tone == "attention" for card in cards)
    if not cards:
        return "This district has no jobs yet."
    if not broken and not waiting:
        return "Nothing waits for you: no job is broken, and none is held."
    parts = []
    if broken:
        parts.append(f"{counted(broken, 'job', 'jobs')} {'is' if broken == 1 else 'are'} broken")
    if waiting:
        parts.append(f"{counted(waiting, 'job', 'jobs')} {'wants' if waiting == 1 else 'want'} a look")
    return f"{' and '.join(parts)}."
