"""What every verb is told besides its own words: where the workspace is, and how to answer.

The options are accepted before and after the verb; the later one wins, then the earlier one, then the environment
(docs/interface.md section 4).
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from msgspec import Struct, field

from runner.job.folders import without_dots

Verb = TypeVar("Verb", bound=Callable[..., Any])


def _jobs_from_environment() -> Path:
    return without_dots(Path(os.environ.get("RUNNER_JOBS") or "jobs"))


def _var_from_environment() -> Path | None:
    given = os.environ.get("RUNNER_VAR")
    return Path(given) if given else None


class Settings(Struct):
    """Filled while the words are read; `var_given` None means `var` beside the jobs folder. `answered`: a JSON document was begun.
    `verb`: the command that was named first. `elsewhere`: the jobs folder of a job that was named by a file outside of `jobs`."""

    jobs: Path = field(default_factory=_jobs_from_environment)
    var_given: Path | None = field(default_factory=_var_from_environment)
    district: str | None = None
    json: bool = False
    quiet: bool = False
    debug_unsafe: bool = False
    answered: bool = False
    verb: str | None = None
    elsewhere: Path | None = None

    @property
    def var(self) -> Path:
        """The folder of everything that runs make: the one given, else `var` beside the jobs folder."""
        return self.var_given if self.var_given is not None else self.jobs.parent / "var"


def also_typed(settings: Settings) -> str:
    """What a command has to have besides, to find the same workspace again; "" where nothing."""
    return f" --jobs {shlex.quote(str(settings.elsewhere))}" if settings.elsewhere is not None else ""


def everywhere(verb: Verb) -> Verb:
    """The options that every verb takes, stored in the context's Settings and not passed to the function."""
    for option in reversed(_OPTIONS):
        verb = option(verb)
    return verb


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        settings = context.ensure_object(Settings)
        if value:
            setattr(settings, name, without_dots(value) if isinstance(value, Path) else value)

    return keep


def _option(name: str, *flags: str, **more: Any) -> Callable[[Verb], Verb]:
    # `is_eager` so that --json and --quiet are known before another option of the same verb is refused.
    return click.option(*flags, expose_value=False, is_eager=True, callback=_keep(name), **more)


_FOLDER = click.Path(path_type=Path, file_okay=True)
_OPTIONS = [
    _option("jobs", "--jobs", metavar="DIR", type=_FOLDER, help="Folder of the districts [env RUNNER_JOBS; default: jobs]."),
    _option("var_given", "--var", metavar="DIR", type=_FOLDER, help="Folder of what runs make [env RUNNER_VAR; default: var beside jobs]."),
    _option("district", "--district", metavar="NAME", help="The district, where there are several and no job is named."),
    _option("json", "--json", is_flag=True, help="Answer with one JSON document."),
    _option("quiet", "--quiet", "-q", is_flag=True, help="No progress and no remarks on stderr; errors stay."),
    _option("debug_unsafe", "--debug-unsafe", is_flag=True, hidden=True),
]
