"""Imports all that a run may need, for a process that waits for one. The daemon itself never does: it loads no data library."""

from __future__ import annotations

import importlib

# The libraries that a run imports late, and the modules that import the rest.
_WANTED = (
    *("polars", "adbc_driver_manager.dbapi", "adbc_driver_sqlite.dbapi", "jinja2", "rich.console"),
    *("runner.cli.run", "runner.cli.outcome_text", "runner.run.engine", "runner.run.slots"),
)


def preload() -> None:
    """Imports, and reads and compiles what each run would else make for itself, always the same: templates and versions.
    Not the schemas: a job file that was right the night before is not held against them again (runner.job.vouched)."""
    for name in _WANTED:
        importlib.import_module(name)
    from runner.report.templates import prepare_templates
    from runner.run.identity import versions

    prepare_templates()
    versions()
