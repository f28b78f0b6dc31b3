"""`runner runs`: the job manager. `runs [JOB]` lists; other words after it are commands of its own, one file each."""

from __future__ import annotations

import importlib

import click

from runner.cli.settings import everywhere

# word: (module, what it does in one line), as in runner.cli.verbs.
VERBS: dict[str, tuple[str, str]] = {
    "list": ("runner.cli.runs_list", "Past runs, the newest first; what `runner runs [JOB]` does."),
    "prune": ("runner.cli.runs_prune", "Remove reports and journal that are kept no longer."),
    "show": ("runner.cli.runs_show", "One run: its summary, and where its report is."),
}


class Runs(click.Group):
    """A group whose default command is `list`: a first word that is no command of it is a JOB."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The words in the order of VERBS."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The word's command, imported now; None for any other word."""
        if cmd_name not in VERBS:
            return None
        found = importlib.import_module(VERBS[cmd_name][0]).command
        assert isinstance(found, click.Command)
        return found

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first word names, else `list` with all the words."""
        if args and args[0] in VERBS:
            return args[0], self.get_command(ctx, args[0]), args[1:]
        return "list", self.get_command(ctx, "list"), args

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands for `--help`, from VERBS alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(word, line) for word, (_, line) in VERBS.items()])


# Options that are not the group's belong to `list`, so that `runner runs --limit 5` needs no further word.
@click.command(
    cls=Runs, invoke_without_command=True, subcommand_metavar="[JOB | COMMAND [ARGS]...]", context_settings={"ignore_unknown_options": True}
)
@everywhere
@click.pass_context
def command(context: click.Context) -> int | None:
    """Show past runs, the newest first: of every job, of JOB, or one in full with `runner runs show RUN`.

    The newest 20 are shown, with --limit N so many, with --limit 0 all.
    """
    if context.invoked_subcommand is not None:
        return None
    from runner.cli.runs_list import command as listing

    made: int = context.invoke(listing)
    return made
