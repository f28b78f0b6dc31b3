"""What holds of every removal, on random districts: one moment of decision, nobody twice, guards only hold. (docs/domain.md section 6.)"""

from __future__ import annotations

import dataclasses
import os

import polars as pl
import pytest
from msgspec.structs import replace

from runner.plan.model import changeless
from runner.policy.decide import decide
from runner.policy.projection import project
from runner.run.removal import Removals
from tests.oracle.policy_drive import told
from tests.oracle.policy_nights import WholeNight, night_of
from tests.oracle.policy_whole import Told

pytestmark = pytest.mark.usefixtures("fast_paths")
NIGHTS = int(os.environ.get("RUNNER_ORACLE_SEEDS", "300")) // 25
SEEDS = range(70_000, 70_000 + NIGHTS)
OUTCOMES = ("added", "updated", "transferred", "associated", "deleted", "unchanged", "duplicate", "refused", "held")


def _opened(seed: int) -> WholeNight:
    """A night with an open gate, for the most part, and no guard but the defaults."""
    night = dataclasses.replace(night_of(seed), kind="full", malformed=0, over=0, max_age=None, fed_before={}, as_of=None)
    night.watch = type(night.watch)()
    return night


def _decided(removals: Removals) -> set[tuple[str, str, str]]:
    mine = removals.plan.changes.filter(pl.col("cause") == "removal")
    return set(mine.select("patron", pl.col("action").cast(pl.String), "rule").iter_rows())


def test_the_policy_on_a_copy_with_the_files_changes_alone_decides_as_the_one_run_does() -> None:
    for seed in SEEDS:
        night = _opened(seed)
        # Who became inactive today is told from who became it in this run only by the run itself: with 0 days the two differ rightly.
        if night.settings.inactive_days == 0:
            night.settings.inactive_days = 1
        if night.settings.debtors == ("inactive_days", 0):
            night.settings.debtors = ("inactive_days", 1)
        run = Told(night)
        copy = run.after_the_file()
        nothing = changeless("full", run.plan.counts, run.plan.outcomes)
        fed = [person["id"] for person in copy.people if person["id"] not in run.store.entries]
        seen = pl.Series("patron_id", [*run.plan.seen, *fed], dtype=pl.Int64)
        apart = run.policy(replace(nothing, seen=seen, sites=run.plan.sites), copy)
        assert _decided(apart) == _decided(run.done), seed


def test_looking_at_everybody_decides_what_looking_at_candidates_does() -> None:
    for seed in SEEDS:
        night = _opened(seed)
        run = Told(night)
        assert run.done.gate is not None
        everybody = project(run.plan, run.store, night.now, night.now)
        removal, district = run.job.removal, run.job.district
        assert removal is not None
        whole = decide(everybody, removal, district, night.today, deletions=run.done.gate["reason"] is None)
        known = run.done.plan.changes.filter((pl.col("cause") == "removal") & pl.col("patron_id").is_not_null())
        assert {(number, str(action), rule) for number, action, rule in known.select("patron_id", "action", "rule").iter_rows()} == {
            (number, *each) for number, each in told(whole.frame.drop_nulls("patron_id")).items()
        }, seed
        assert sorted(whole.blocked["patron"]) == sorted(run.done.blocked["patron"]), seed


def test_counts_add_up_and_each_patron_is_decided_on_once() -> None:
    for seed in SEEDS:
        plan = Told(night_of(seed)).done.plan
        counts = plan.counts
        assert counts["records_read"] == sum(counts[name] for name in OUTCOMES)
        mine = plan.changes.filter(pl.col("cause") == "removal")
        assert mine["patron"].n_unique() == mine.height
        free = mine.filter(~pl.col("held"))["action"].cast(pl.String)
        assert (counts["inactivated"], counts["removed"]) == ((free == "inactivate").sum(), (free == "delete").sum())
        assert plan.changes["ref"].is_unique().all()


def test_planning_twice_gives_the_same_plan() -> None:
    for seed in SEEDS[:5]:
        first, second = Told(night_of(seed)).done.plan, Told(night_of(seed)).done.plan
        assert first.changes.equals(second.changes)
        assert first.values.equals(second.values)
        assert first.held == second.held
