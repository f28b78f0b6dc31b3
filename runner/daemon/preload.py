"""Imports all that a run may need, for a process that waits for one. The daemon itself never does: it loads no data library."""

from __future__ import annotations

import importlib
import importlib.util

_LATE = (
    "polars",
    "adbc_driver_manager.dbapi",
    "adbc_driver_sqlite.dbapi",
    "jinja2",
    "jsonschema",
    "rich.console",
)


def preload() -> None:
    """Imports, and reads and compiles what each run would else make for itself, always the same: schemas, templates, versions."""
    for name in _LATE:
        if importlib.util.find_spec(name.partition(".")[0]) is not None:
            importlib.import_module(name)
    for module in ("runner.cli.run", "runner.cli.outcome_text", "runner.run.engine", "runner.run.slots"):
        importlib.import_module(module)
    from runner.job.schema import SCHEMA_NAMES, validator_for
    from runner.report.templates import prepare_templates
    from runner.run.identity import versions

    for name in SCHEMA_NAMES:
        validator_for(name)
    prepare_templates()
    versions()
