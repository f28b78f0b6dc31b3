"""`runner patron KEY`: one patron, where its values came from, and why policy would or would not act on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from runner import clock
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.cli.workspace import one_district, places, valid_workspace

if TYPE_CHECKING:
    from runner.job.model import District

HIDDEN = "(hidden)"  # as in reports (runner.report.veil), which is too dear to import here
_RULES = {
    "inactivate": "A, inactivate",
    "graduated_seniors": "B, graduated seniors",
    "inactive": "C, long inactive",
    "with_transactions": "D, with transactions",
}


@click.command()
@click.argument("key")
@everywhere
@click.pass_obj
def command(settings: Settings, key: str) -> int:
    """Show the patron KEY (a district id, or SITE/BARCODE): values, where each came from, history, and what policy would do today."""
    district = one_district(settings)
    from runner.run.patron import about_patron

    jobs = [job for job in valid_workspace(settings).jobs if job.district.key == district.key]
    document = about_patron(district, jobs, places(settings), key, clock.now())
    screen = Screen(settings)
    if settings.json:
        screen.document(document)
        return 0
    _tell_values(screen, district, document)
    _tell_besides(screen, district, document)
    _tell_history(screen, district, document)
    for policy in document["policy"]:
        _tell_policy(screen, policy, document)
    return 0


def _tell_values(screen: Screen, district: District, document: Mapping[str, Any]) -> None:
    from runner.run.patron import local

    screen.answer(f"Patron {document['patron']} of {district.name}", "bold")
    locked = {lock["field"] for lock in document["locks"] if not lock["expired"]}
    rows = []
    for each in document["values"]:
        when = local(each["from"]["at"], district) if each["from"] else ""
        value = HIDDEN if document["values_hidden"] else each["value"] or "-"
        rows.append((each["field"] + (" (locked)" if each["field"] in locked else ""), value, _whence(each), when))
    screen.table(("field", "value", "from", "when"), rows)
    status = document["status"]
    since = local(status["status_at"] or status["added_at"], district)
    screen.answer(
        f"\n{status['status'] or f'status {HIDDEN},'} since {since}" + (f", by {status['status_cause']}" if status["status_cause"] else "")
    )
    screen.answer(f"added {local(status['added_at'], district)}, last seen {local(document['last_seen'], district)}")
    if document["edited_by_staff"]:
        screen.answer(f"edited by staff {local(document['edited_by_staff'], district)}, after the last run that changed it")


def _whence(value: Mapping[str, Any]) -> str:
    if value["by_staff"]:
        return "staff"
    source = value["from"]
    told = f"{source['job']}, {source['run']}" if source else "before the journal"
    return f"{told}, or by hand" if value["by_staff"] is None or not source else told


def _tell_besides(screen: Screen, district: District, document: Mapping[str, Any]) -> None:
    """Associations, transactions and locks, those that there are."""
    if document["associations"]:
        screen.answer("\nAlso at", "bold")
        screen.table(
            ("site", "barcode", "patron type", "access level"),
            [[each[n] or (HIDDEN if document["values_hidden"] else "-") for n in _PLACE] for each in document["associations"]],
        )
    dealt = document["transactions"]
    counts = ", ".join(
        f"{dealt[name]:,} {name.removesuffix('s') if dealt[name] == 1 else name}" for name in ("checkouts", "fines", "refunds", "holds")
    )
    screen.answer(f"\n{counts}; balance {dealt['balance_cents'] / 100:.2f}")
    if document["locks"]:
        from runner.run.patron import local

        screen.answer("\nLocks", "bold")
        rows = [(e["field"], e["reason"], e["owner"], _until(e), local(e["locked_at"], district)) for e in document["locks"]]
        screen.table(("field", "reason", "by", "until", "since"), rows)


def _until(lock: Mapping[str, Any]) -> str:
    return f"{lock['until_date']}, over" if lock["expired"] else lock["until_date"] or "no end"


def _tell_history(screen: Screen, district: District, document: Mapping[str, Any]) -> None:
    from runner.run.patron import local

    if not document["history"]:
        return
    screen.answer("\nHistory, the newest first", "bold")
    rows = []
    for each in document["history"]:
        shown = (f"{name}: {was or '-'} -> {now or '-'}" for name, (was, now) in each["fields"].items())
        fields = ", ".join(each["fields"]) if document["values_hidden"] else "; ".join(shown)
        rows.append((local(each["at"], district), each["run"], each["action"], each["cause"], each["reason"] or fields))
    screen.table(("when", "run", "action", "cause", "what"), rows)


def _tell_policy(screen: Screen, policy: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    screen.answer(f"\nPolicy of {policy['job']}, today", "bold")
    if not policy["in_scope"]:
        screen.answer("  Its scope leaves this patron out, so it is neither inactivated nor deleted.")
    elif policy["action"]:
        # Whoever is in the file is seen by it, and an inactive patron comes back; graduates go although the file still names them.
        unless = ", unless its file names it" if policy["rule"] in ("inactivate", "inactive") else ""
        screen.answer(f"  A full run with an open gate would {policy['action']} it{unless}: {policy['reason']}", "yellow")
        if policy["undone_before"]:
            screen.answer("  That was undone before, so that it would be held for approval.")
    else:
        screen.answer("  A full run would leave it as it is.")
    rows = [(_RULES.get(each["rule"], each["rule"]), "yes" if each["applies"] else "no", each["text"]) for each in policy["findings"]]
    screen.table(("rule", "applies", "figures"), rows)
    deletes = any(each["rule"] != "inactivate" for each in policy["findings"])
    if deletes and not document["circulation"]["good"]:
        screen.answer(f"  The circulation tables are not good: {document['circulation']['reason']}")
    gate = policy["gate"]
    if gate is not None and not gate.get("open"):
        screen.answer(f"  The gate of the last full run was closed: {gate.get('reason')}")


_PLACE = ("site", "barcode", "patron_type", "access_level")
