"""`runner lock KEY FIELD`: keeps jobs from writing one field of one patron."""

from __future__ import annotations

from datetime import datetime

import click

from runner import clock
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.cli.workspace import one_district, places


@click.command()
@click.argument("key")
@click.argument("field")
@click.option("--reason", metavar="R", required=True, help="Why; it is shown with every value that the lock holds back.")
@click.option(
    "--until", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="The last day of the lock [default: until it is unlocked]."
)
@click.option("--by", metavar="NAME", help="Who locks it; the name is kept [default: the account].")
@everywhere
@click.pass_obj
def command(settings: Settings, key: str, field: str, reason: str, until: datetime | None, by: str | None) -> int:
    """Keep jobs from writing FIELD of the patron KEY (a district id, or SITE/BARCODE). What a lock holds back is named in every report."""
    district = one_district(settings)
    from runner.run.locks import lock

    day = until.date() if until is not None else None
    lock(district, places(settings), key, field, reason=reason, until=day, by=by, now=clock.now())
    screen = Screen(settings)
    if settings.json:
        screen.document({"patron": key, "field": field, "locked": True, "reason": reason, "until": day})
    else:
        screen.answer(f"{field} of {key} is locked {f'until {day}' if day else 'until it is unlocked'}: {reason}")
    return 0
