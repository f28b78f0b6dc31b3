"""Fast paths cost no correctness: whom a plan looks at changes nothing in it. (tests/stories tells whole stories both ways.)"""

from __future__ import annotations

import os

from hypothesis import assume, given, settings

from runner.plan.narrow import concerned, narrow
from tests.properties.test_plan_properties import World, essence, worlds


@given(worlds(least=4))
@settings(max_examples=int(os.environ.get("RUNNER_EXAMPLES", "60")), deadline=None)
def test_a_plan_among_the_few_whom_the_records_concern_is_the_plan_among_everybody(world: World) -> None:
    assume(narrow(world.job, world.file))
    ids = concerned(world.file.frame, world.store, by_district_id=world.job.properties.match_by == "district_id")
    assert essence(world.plan(among=ids)) == essence(world.plan(among=None))
