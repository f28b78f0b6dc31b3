"""Which number `autoassign` gives. (docs/domain.md section 2)"""

from __future__ import annotations

import re
from collections import defaultdict

from tests.oracle.drafts import NUMBER, Draft
from tests.oracle.facts import Rules, Store
from tests.oracle.persons import found
from tests.oracle.records import Record

Largest = dict[str, str]


def largest_of(records: list[Record], drafts: list[Draft], store: Store, rules: Rules) -> Largest:
    """By site the largest all-digit barcode: of what stands there before the night, of what somebody new names, and of what the others
    want to have there before it is known who may have it."""
    asked = [place for patron in store.patrons.values() for place in patron.barcodes().items()]
    asked += [
        (str(record.get("site")), record.get("barcode"))
        for record in records
        if not record.refusals and not record.delete and found(record, store, rules) is None
    ]
    asked += [
        (_site(draft), draft.values.get("barcode") or draft.before.get("barcode"))
        for draft in drafts
        if draft.role in ("update", "place") and not draft.refused
    ]
    largest: Largest = {}
    for site, barcode in asked:
        if barcode and re.fullmatch("[0-9]{1,14}", barcode):
            largest[site] = max(largest.get(site, "0"), barcode, key=lambda code: (int(code), len(code)))
    return largest


def give_numbers(drafts: list[Draft], largest: Largest) -> None:
    """Everybody who waits for a number gets one, in the order of the patrons' keys."""
    waiting: dict[str, list[Draft]] = defaultdict(list)
    for draft in sorted(drafts, key=Draft.key):
        if draft.values.get("barcode") == NUMBER and not draft.refused:
            waiting[_site(draft)].append(draft)
    for site, several in waiting.items():
        last = largest.get(site, "0")
        for number, draft in enumerate(several, start=int(last) + 1):
            draft.values["barcode"] = str(number).zfill(len(last))


def _site(draft: Draft) -> str:
    if draft.role == "update":
        return str(draft.values.get("site") or draft.before.get("site"))
    return str(draft.record.get("site"))
