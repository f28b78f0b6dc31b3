"""Contests for unique keys, apart from everything else."""

from __future__ import annotations

import time

import polars as pl

from runner.plan.contest import CLAIMS, HOLDERS, losers


def claims(*rows: tuple[int, str]) -> pl.DataFrame:
    return pl.DataFrame([(unit, key, f"patron {unit}") for unit, key in rows], schema=CLAIMS, orient="row")


def holders(*rows: tuple[str, str, int | None]) -> pl.DataFrame:
    """Key, whose it is, and the unit that frees it by winning."""
    return pl.DataFrame(list(rows), schema=HOLDERS, orient="row")


def lost(made: pl.DataFrame) -> dict[int, str]:
    return dict(made.select("unit", "rival").rows())


def test_a_free_key_goes_to_its_only_claimant() -> None:
    assert lost(losers(claims((1, "a")), holders())) == {}


def test_a_holder_who_stays_keeps_the_key() -> None:
    assert lost(losers(claims((1, "a")), holders(("a", "Ash", None)))) == {1: "Ash"}


def test_of_several_claims_on_a_free_key_all_lose_and_name_each_other() -> None:
    assert lost(losers(claims((1, "a"), (2, "a"), (3, "b")), holders())) == {1: "patron 2", 2: "patron 1"}


def test_two_may_swap() -> None:
    assert lost(losers(claims((1, "b"), (2, "a")), holders(("a", "one", 1), ("b", "two", 2)))) == {}


def test_a_chain_stands_when_its_end_is_free() -> None:
    chain = claims((1, "b"), (2, "c"), (3, "d"))
    assert lost(losers(chain, holders(("a", "one", 1), ("b", "two", 2), ("c", "three", 3)))) == {}


def test_a_chain_falls_when_its_end_stays() -> None:
    chain = claims((1, "b"), (2, "c"), (3, "d"))
    known = holders(("a", "one", 1), ("b", "two", 2), ("c", "three", 3), ("d", "four", None))
    assert lost(losers(chain, known)) == {1: "two", 2: "three", 3: "four"}


def test_a_branch_that_loses_does_not_pull_down_a_ring() -> None:
    ring = claims((1, "b"), (2, "a"), (3, "c"))
    known = holders(("a", "one", 1), ("b", "two", 2), ("c", "four", None), ("d", "three", 3))
    assert lost(losers(ring, known)) == {3: "four"}


def test_a_crowd_pulls_down_whoever_waits_for_it() -> None:
    crowd = claims((1, "x"), (2, "x"), (3, "a"))
    assert lost(losers(crowd, holders(("a", "one", 1)))) == {1: "patron 2", 2: "patron 1", 3: "one"}


def test_a_chain_as_long_as_a_district_is_followed_in_seconds() -> None:
    count = 100_000
    units = pl.int_range(count, dtype=pl.UInt32, eager=True)
    names = units.cast(pl.String)
    moving = pl.DataFrame({"unit": units, "key": (units + 1).cast(pl.String), "label": names})
    before = pl.DataFrame({"key": names, "label": names, "unit": units})
    stays = pl.DataFrame({"key": [str(count)], "label": ["last"], "unit": [None]}, schema=HOLDERS)
    started = time.monotonic()
    assert losers(moving, pl.concat([before, stays])).height == count
    assert time.monotonic() - started < 10
