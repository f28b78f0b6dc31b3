"""A first load of a million patrons: its report stays quick, and no Python object is made per patron."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

_PROGRAM = """
import json, resource, sys, time
import polars as pl
from msgspec.structs import replace
from runner.fields import STORED_FIELDS
from runner.frames import Action, Cause
from runner.report.model import COUNTS
from runner.report.summary import rendered
from tests.report.example import small_report, values

N = 1_000_000
ref = pl.int_range(0, N, eager=True).cast(pl.UInt32)
nothing = pl.lit(None, dtype=pl.String)
changes = pl.select(
    ref=ref, patron_id=pl.lit(None, dtype=pl.Int64), version=pl.lit(None, dtype=pl.Int64),
    patron=(ref + 1_000_000).cast(pl.String), line=ref + 2,
    action=pl.lit("add", dtype=Action), cause=pl.lit("file", dtype=Cause), rule=nothing, reason=nothing, site=pl.lit("NORTH"),
    held=pl.lit(False), guard=nothing,
)
adds = changes.select("ref", *(pl.format("value {}", "ref").alias(name) for name in STORED_FIELDS[:22]))
counts = {**dict.fromkeys(COUNTS, 0), "rows_read": N, "records_read": N, "added": N}
report = replace(small_report(), changes=changes, values=values(), adds=adds, counts=counts, held=[], status="complete")
before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
sizes = {name: len(content) if isinstance(content, str | bytes) else sum(map(len, content)) for name, content in rendered(report)}
seconds = time.process_time() - begun
extra = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
print(json.dumps({"seconds": seconds, "extra_mb": extra, **sizes}))
"""


@pytest.mark.slow
def test_a_million_new_patrons_take_under_three_seconds_and_half_a_gigabyte():
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["seconds"] < 3
    assert told["extra_mb"] < 500
    assert told["summary.html"] < 4_000_000
    assert told["changes.csv"] > 50_000_000
