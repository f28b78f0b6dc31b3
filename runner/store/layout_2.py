"""The store's layout 2: what differs from a job's set stands in a table of its own, so that changing it leaves the set's megabytes alone.

In one row with the set, each change of the small cell made SQLite write the large one again.
"""

from __future__ import annotations

from runner.store.dialect import Dialect


def changes_apart(dialect: Dialect) -> list[str]:
    """The statements that take a store from layout 1 to 2."""
    columns = (
        "job TEXT NOT NULL",
        "kind TEXT NOT NULL CHECK (kind IN ('baseline', 'seen'))",
        f"content {dialect.blob} NOT NULL",
        "PRIMARY KEY (job, kind)",
    )
    return [
        "CREATE TABLE job_set_change (\n  " + ",\n  ".join(columns) + f"\n){dialect.strict}",
        "INSERT INTO job_set_change (job, kind, content) SELECT job, kind, changes FROM job_set WHERE changes IS NOT NULL",
        "ALTER TABLE job_set DROP COLUMN changes",
        "UPDATE meta SET value = '2' WHERE key = 'layout'",
    ]
