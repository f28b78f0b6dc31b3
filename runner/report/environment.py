"""The Jinja environment. A module of its own, for loading Jinja takes time that a run has to spare only while it reads its input."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, FunctionLoader, StrictUndefined
from jinja2.bccache import Bucket


class _Compiled(FileSystemBytecodeCache):
    """What templates were compiled to, kept beside them as Python keeps modules, where this account may write there."""

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def new_environment(
    folder: Traversable,
    source: Callable[[str], str],
    *,
    autoescape: Callable[[str | None], bool],
    finalize: Callable[[Any], Any],
    filters: Mapping[str, Callable[..., Any]],
) -> Environment:
    """An environment for the templates in `folder`, which `source` reads. A name that a template does not know is an error, and never an
    empty place."""
    made = Environment(
        loader=FunctionLoader(source),
        autoescape=autoescape,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        bytecode_cache=_compiled(folder),
    )
    made.filters.update(filters)
    return made


def _compiled(folder: Traversable) -> _Compiled | None:
    if sys.dont_write_bytecode or not isinstance(folder, Path):
        return None
    kept = folder / "__pycache__"
    with suppress(OSError):
        kept.mkdir(exist_ok=True)
    return _Compiled(str(kept), "%s.cache")
