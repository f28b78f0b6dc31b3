"""What `runner patron` tells in a district whose reports hide values: which fields, whence and when, and what policy would do; no value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.report.veil import RULES_IN_GENERAL

Document = Mapping[str, Any]


def without_values(document: Document) -> Document:
    """The document of runner.run.patron.about_patron with null for every field's value, and rules in general words.

    Keys of patrons, names of fields and counts of transactions stay, as they do in reports. (docs/decisions/0602-hidden-values.md)"""
    return {
        **document,
        "values_hidden": True,
        "status": {name: None if name in _OF_STATUS else value for name, value in document["status"].items()},
        "values": [{**each, "value": None} for each in document["values"]],
        "associations": [{name: value if name == "site" else None for name, value in each.items()} for each in document["associations"]],
        "history": [_change(each) for each in document["history"]],
        "policy": [_policy(each) for each in document["policy"]],
    }


_OF_STATUS = ("status", "status_before", "username_before")


def _change(change: Document) -> Document:
    fields = {name: [None, None] for name in change["fields"]}
    return {**change, "reason": RULES_IN_GENERAL.get(change["rule"]), "fields": fields}


def _policy(policy: Document) -> Document:
    findings = [{**each, "text": RULES_IN_GENERAL.get(each["rule"])} for each in policy["findings"]]
    return {**policy, "reason": RULES_IN_GENERAL.get(policy["rule"]), "findings": findings}
