"""Imports all that a run may need, for a process that waits for one. The daemon itself never does: it loads no data library."""

from __future__ import annotations

import importlib

# The libraries that a run imports late, and the modules that import the rest.
_WANTED = (
    *("polars", "adbc_driver_manager.dbapi", "adbc_driver_sqlite.dbapi", "jinja2", "jsonschema", "rich.console"),
    *("runner.cli.run", "runner.cli.outcome_text", "runner.run.engine", "runner.run.slots"),
)


def preload() -> None:
    """Imports, and reads and compiles what each run would else make for itself, always the same: schemas, templates, versions."""
    for name in _WANTED:
        importlib.import_module(name)
    from runner.job.schema import SCHEMA_NAMES, validator_for
    from runner.report.templates import prepare_templates
    from runner.run.identity import versions

    for name in SCHEMA_NAMES:
        validator_for(name)
    prepare_templates()
    versions()
