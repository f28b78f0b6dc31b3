"""Imports all that a run may need, and starts no thread by it. Only the nursery calls this: the daemon itself loads no data library."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
from collections.abc import Callable

import runner

_RUNTIMES = ("_polars_runtime_32", "_polars_runtime_64", "_polars_runtime_compat")
_REGISTER = "__register_startup_deps"
_ALLOCATOR = "_RJEM_MALLOC_CONF"
_AS_POLARS_WANTS = "dirty_decay_ms:500,muzzy_decay_ms:1000"
_NO_THREAD = "background_thread:false"  # that tidies up beside us
_LATE = (
    "adbc_driver_manager.dbapi",
    "adbc_driver_sqlite.dbapi",
    "fabric",
    "jinja2",
    "jsonschema",
    "rich.console",
    "smtplib",
    "urllib.request",
)


def preload() -> Callable[[], None]:
    """Imports; gives what a forked process has to call before it works: the start of polars that was put off, for that starts a thread."""
    # Read when polars' library is loaded, before polars itself has a word. What was set for all runs holds here too, but for large pages:
    # each worker would copy them whole at its first write, which costs a small district more than they spare a large one.
    given = (each for each in os.environ.get(_ALLOCATOR, "").split(",") if each and each != "thp:always")
    os.environ[_ALLOCATOR] = ",".join((_AS_POLARS_WANTS, *given, _NO_THREAD))
    put_off: list[Callable[[], None]] = []
    for name in _RUNTIMES:
        if importlib.util.find_spec(name) is not None:
            _put_off(f"{name}._polars_runtime", put_off)
    importlib.import_module("polars")
    for name in _LATE:
        if importlib.util.find_spec(name.partition(".")[0]) is not None:
            importlib.import_module(name)
    for module in pkgutil.walk_packages(runner.__path__, "runner."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    _prepare()

    def wake() -> None:
        for start in put_off:
            start()

    return wake


def _prepare() -> None:
    """What each run would else read and compile for itself, always the same: schemas, templates, versions."""
    from runner.job.schema import SCHEMA_NAMES, validator_for
    from runner.report.templates import prepare_templates
    from runner.run.identity import versions

    for name in SCHEMA_NAMES:
        validator_for(name)
    prepare_templates()
    versions()


def _put_off(name: str, starts: list[Callable[[], None]]) -> None:
    """While polars is imported, what it registers is kept for later. Where a version has no such step nothing is put off, and the nursery
    finds that it is not alone."""
    runtime = importlib.import_module(name)
    register = getattr(runtime, _REGISTER, None)
    if register is not None:
        setattr(runtime, _REGISTER, lambda *given: starts.append(lambda: register(*given)))
