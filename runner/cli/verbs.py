"""The verbs, one line each. A new verb is one module with a click command named `command`, and one line here."""

from __future__ import annotations

import difflib
import importlib
from typing import Any, NoReturn

import click

# verb: (module, what it does in one line). The line stands here so that `runner --help` need not import the module.
VERBS: dict[str, tuple[str, str]] = {
    "check": ("runner.cli.check", "Every problem of every job file at once."),
    "plan": ("runner.cli.plan", "Dry run: everything a run would do, changing nothing."),
    "apply": ("runner.cli.apply", "Do exactly what a saved plan says, or refuse."),
    "run": ("runner.cli.run", "Do one run: plan, apply, policy, report."),
    "serve": ("runner.cli.serve", "The daemon: run each job at its time."),
    "approve": ("runner.cli.approve", "Do what a run holds."),
    "reject": ("runner.cli.reject", "Leave undone what a run holds."),
    "undo": ("runner.cli.undo", "Put back what a run changed."),
    "patron": ("runner.cli.patron", "One patron: values, where they came from, what policy would do."),
    "lock": ("runner.cli.lock", "Keep jobs from writing a patron's field."),
    "unlock": ("runner.cli.unlock", "Let jobs write the field again."),
    "runs": ("runner.cli.runs", "The job manager: past runs."),
    "next": ("runner.cli.next", "Coming runs, in the district's zone and in UTC."),
    "test": ("runner.cli.test", "Run the examples that stand beside a job."),
    "doctor": ("runner.cli.doctor", "Test the machine, the store and the sources."),
    "new": ("runner.cli.new", "Write a job file from the header of a CSV file."),
    "explain": ("runner.cli.explain", "What a message code or a key means."),
}


class LazyVerbs(click.Group):
    """A click group that imports a verb's module only when that verb is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The verbs in the order of VERBS."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The verb's command, imported now; None for an unknown word."""
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(VERBS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that the first word names; an unknown one is a usage error with the nearest verbs."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            _unknown(args[0], list(VERBS), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of verbs for `--help`, from VERBS alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, line) for verb, (_, line) in VERBS.items()])


def _unknown(word: str, known: list[str], context: Any) -> NoReturn:
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    more = f"; did you mean {' or '.join(near)}?" if near else ""
    raise click.UsageError(f"there is no command {word!r}{more}", ctx=context)
