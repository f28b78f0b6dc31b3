"""`runner unlock KEY FIELD`: lets jobs write the field again."""

from __future__ import annotations

import click

from runner import clock
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.cli.workspace import one_district, places


@click.command()
@click.argument("key")
@click.argument("field")
@click.option("--by", metavar="NAME", help="Who unlocks it; the name is kept [default: the account].")
@everywhere
@click.pass_obj
def command(settings: Settings, key: str, field: str, by: str | None) -> int:
    """Let jobs write FIELD of the patron KEY (a district id, or SITE/BARCODE) again: the next full run does, an incremental run once the
    patron's row changes."""
    district = one_district(settings)
    from runner.run.locks import unlock

    unlock(district, places(settings), key, field, by=by, now=clock.now())
    screen = Screen(settings)
    if settings.json:
        screen.document({"patron": key, "field": field, "locked": False})
    else:
        screen.answer(
            f"{field} of {key} is no longer locked. The next full run writes what the file says; an incremental once the row changes."
        )
    return 0
