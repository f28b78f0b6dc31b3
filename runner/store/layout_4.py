"""The store's layout 4: changes are found by their run and then by their patron, and no longer by their patron alone.

In the order of patrons a night's changes went into as many places of the index as there were patrons, so that each night wrote nearly all
of it anew. In the order of runs they stand together at its end; whoever asks for one patron looks once for each run.
"""

from __future__ import annotations

from runner.store.dialect import Dialect


def changes_by_run(_: Dialect) -> list[str]:
    """The statements that take a store from layout 3 to 4."""
    return [
        "DROP INDEX change_patron",
        # Adds are found by their run (a range of ids) and by patron.added_run: a first load pays for no index here.
        "CREATE INDEX change_run ON change (run_number, patron_id) WHERE action <> 'add'",
        "UPDATE meta SET value = '4' WHERE key = 'layout'",
    ]
