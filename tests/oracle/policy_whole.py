"""A whole night told twice, from the file's changes to the last held removal, and where the two differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from runner.job.model import GUARDED_ACTIONS, Guards, Job, Limit, Options
from runner.mapping.records import Records
from runner.plan.guards import guarded_plan
from runner.plan.make import make_plan
from runner.plan.model import Plan
from runner.run.removal import Removals, circulation_gate, with_policy
from tests.oracle.guards import Bound, Moved, Watch, closes_the_gate, held, kinds_of
from tests.oracle.policy import Borrower, Decision, decisions, disabled_login, in_scope, kept_for_debts
from tests.oracle.policy_drive import district_of, removal_of
from tests.oracle.policy_gates import Night, bad_tables, closed_for
from tests.oracle.policy_nights import WholeNight
from tests.oracle.policy_reader import PolicyStore
from tests.plan.looking import looked_at
from tests.plan.workbench import job, password_mac, record_mac, records

REASONS = {
    "kind": "incremental",
    "refused": "refused or malformed",
    "guard": "^the guard ",
    "age": "^the input is ",
    "records": "the job wants more than",
    "site": "in the last input and has 0",
}


class Told:
    """A night on both sides of the comparison."""

    def __init__(self, night: WholeNight) -> None:
        self.night = night
        self.store = PolicyStore(night.borrowers, night.loads, night.fed_before, night.seen_before)
        self.job = job_of(night)
        self.records = replace(records(night.rows, night.mapped), malformed=night.malformed)
        self.good = not bad_tables(night.loads, night.without, night.table_age, night.now)
        self.plan = guarded_plan(self.job, self.records, self.store, kind=night.kind, now=night.now, **self._more())  # type: ignore[arg-type]
        self.done = self.policy(self.plan, self.store)

    def unguarded(self) -> Plan:
        return make_plan(self.job, self.records, self.store, kind=self.night.kind, now=self.night.now, **self._more())  # type: ignore[arg-type]

    def policy(self, plan: Plan, store: PolicyStore, file: Records | None = None) -> Removals:
        night = self.night
        return with_policy(
            self.job, plan, store, file or self.records, now=night.now, as_of=night.as_of, modified=night.modified, record_mac=record_mac
        )

    def after_the_file(self) -> PolicyStore:
        """The store on the decision moment."""
        night = self.night
        seen_at = night.now
        if night.as_of:
            seen_at = datetime.combine(night.as_of, time(9), ZoneInfo(night.settings.zone)).astimezone(UTC)
        return self.store.after(self.plan, night.now, seen_at)

    def _more(self) -> dict[str, object]:
        good = circulation_gate(self.job.district, self.store, self.night.now).open
        among = looked_at(self.job, self.records, self.store)
        return {"password_mac": password_mac, "record_mac": record_mac, "circulation_good": good, "among": among}


def job_of(night: WholeNight) -> Job:
    """The job as runner.job.load would give it."""
    circulation = dict.fromkeys(night.without, "none")
    district = district_of(night.settings, guards=_guards(night.watch.district, night.watch.district_fields), circulation=circulation)
    made = job(
        night.mapped,
        in_district=replace(district, circulation_max_age=night.table_age),
        options=Options(allow_delete_with_transactions=True),
        guards=_guards(night.watch.job, night.watch.job_fields),
        removal=removal_of(night.settings, over=night.over),
    )
    return replace(made, source=replace(made.source, max_age=night.max_age))


def differences(night: WholeNight) -> list[str]:
    """What differs; empty where both agree."""
    try:
        told = Told(night)
        return [*_file(told), *_policy(told)]
    except Exception as error:  # whatever it raises is a finding
        return [f"raises {type(error).__name__}: {str(error)[:300]}"]


def file_changes(plan: Plan) -> list[Moved]:
    """The file's changes as guards see them, those aside that are held for other reasons."""
    values: dict[int, dict[str, tuple[str | None, str | None]]] = {}
    for ref, name, before, after in plan.values.rows():
        values.setdefault(ref, {})[name] = (before, after)
    changes = []
    for row in plan.changes.filter(~plan.changes["held"]).to_dicts():
        mine = values.get(row["ref"], {})
        site = (mine["site"][0] if "site" in mine and row["action"] != "add" else None) or row["site"]
        fields = frozenset(mine) if row["action"] != "add" else frozenset()
        changes.append(Moved(row["line"], kinds_of(row["action"], *mine.get("status", (None, None))), site, fields))
    return changes


def _file(told: Told) -> Iterator[str]:
    """The file's guards."""
    plan = told.unguarded()
    moved = file_changes(plan)
    stopped = held(moved, _sites(told.store.borrowers(), told.night.seen_before), told.night.watch)
    theirs = set(told.plan.changes.filter(told.plan.changes["held"])["line"].to_list())
    if stopped != theirs:
        yield f"held lines of the file: {stopped}, the product says {theirs}; {moved}; {told.night.watch}"


def _policy(told: Told) -> Iterator[str]:
    night, gate = told.night, told.done.gate
    plan = told.done.plan
    mine = {row["patron_id"] or row["patron"]: row for row in plan.changes.to_dicts() if row["cause"] == "removal"}
    closed = closed_for(_gates(told))
    assert gate is not None
    if closed:
        if gate["open"] or mine:
            yield f"the gate is closed for {closed}, the product opens it and removes {len(mine)}"
        elif not any(re.search(REASONS[why], str(gate["reason"])) for why in closed):
            yield f"the gate is closed for {closed}, the product says {gate['reason']}"
        return
    if not gate["open"]:
        yield f"the gate is open, the product closes it: {gate['reason']}"
        return
    bad = bad_tables(night.loads, night.without, night.table_age, night.now)
    deletes = night.settings.graduated_seniors or night.settings.inactive_days is not None or night.settings.debtors is not None
    if bool(bad and deletes) != bool(gate["reason"]) or (bad and deletes and not any(name in str(gate["reason"]) for name in bad)):
        yield f"bad tables {bad}, the product says {gate['reason']}"
    after = told.after_the_file()
    waiting = set(told.plan.changes.filter(told.plan.changes["held"])["patron_id"].drop_nulls())
    everybody = [one for one in after.borrowers() if one.id not in waiting]
    expected = decisions(everybody, night.settings, night.today, deletions=not bad)
    keys = {one.id: _name(one, told.store) for one in everybody}
    wanted = {keys[number]: each for number, each in expected.items()}
    found = {name: Decision(str(row["action"]), row["rule"]) for name, row in mine.items()}
    for name in sorted({*wanted, *found}, key=str):
        if wanted.get(name) != found.get(name):
            one = next(each for each in everybody if keys[each.id] == name)
            yield f"decision on {name}: {wanted.get(name)}, the product says {found.get(name)}; {one} on {night.today}, {night.settings}"
    kept = kept_for_debts(everybody, night.settings, night.today) if not bad else set()
    if sorted(str(one.values["district_id"]) for one in everybody if one.id in kept) != sorted(told.done.blocked["patron"]):
        yield f"kept for debts {kept}, the product says {told.done.blocked['patron'].to_list()}"
    if not (set(wanted) ^ set(found)):
        yield from _removal_guards(told, everybody, keys, expected, mine)
        yield from _written(told, everybody, keys, expected, mine)


def _removal_guards(told: Told, everybody: list[Borrower], keys: dict, expected: dict[int, Decision], mine: dict) -> Iterator[str]:
    settings = told.night.settings
    was_at = {person["id"]: person["site"] for person in told.store.people}
    removals = [
        Moved(keys[one.id], (expected[one.id].action,), was_at.get(one.id) or str(one.values["site"]))
        for one in everybody
        if one.id in expected
    ]
    base = _sites([one for one in told.store.borrowers() if in_scope(one, settings)], None)
    before = file_changes(told.plan)
    made = {kind: sum(kind in each.kinds for each in before) for kind in GUARDED_ACTIONS}
    watch = Watch(job=told.night.watch.job, district=told.night.watch.district)
    stopped = held(removals, base, watch, made)
    theirs = {name for name, row in mine.items() if row["held"]}
    if stopped != theirs:
        yield f"held removals: {stopped}, the product says {theirs}; {base} {watch} {made}"
    counts = told.done.plan.counts
    free = [each for each in removals if each.name not in stopped]
    for name, kind in (("inactivated", "inactivate"), ("removed", "delete")):
        if counts[name] != sum(kind in each.kinds for each in free):
            yield f"count {name}: the product says {counts[name]}"
    if sum(each.count for each in told.done.plan.held if each.action in ("inactivate", "delete")) < len(stopped):
        yield "held removals do not stand in `held`"


def _written(told: Told, everybody: list[Borrower], keys: dict, expected: dict[int, Decision], mine: dict) -> Iterator[str]:
    """Names, passwords, homerooms and marks."""
    plan, settings = told.done.plan, told.night.settings
    by_ref = {row["ref"]: name for name, row in mine.items()}
    updates = {by_ref[row["ref"]]: row for row in plan.updates.to_dicts() if row["ref"] in by_ref}
    deletes = {by_ref[row["ref"]]: row for row in plan.deletes.to_dicts() if row["ref"] in by_ref}
    clears = {by_ref[ref] for ref in plan.password_clears["ref"] if ref in by_ref}
    lines = {row["district_id"]: number for number, row in enumerate(told.night.rows, start=2)}
    names = [str(one.values["username"]) for one in everybody if one.values.get("username") and keys[one.id] not in updates]
    names += [row["username"] for row in updates.values() if row["username"]]
    if len({name.casefold() for name in names}) < len(names):
        yield f"two have the same username: {sorted(names)}"
    for one in everybody:
        decided = expected.get(one.id)
        if decided and decided.action == "inactivate":
            row = updates[keys[one.id]]
            if row["status"] != "Inactive" or row["status_before"] != one.values["status"]:
                yield f"{one.id}: status {row['status']}, before {row['status_before']}"
            if settings.clear_homeroom and row.get("homeroom"):
                yield f"{one.id} keeps its homeroom"
            yield from _login(one, row, settings.disable_login, names)
            if (keys[one.id] in clears) != (settings.disable_login and one.password is not None):
                yield f"{one.id}: password cleared {keys[one.id] in clears}, {one.password}"
        if decided and decided.action == "delete":
            row = deletes[keys[one.id]]
            if (row["record_mac"] is not None) != (one.values["district_id"] in lines):
                yield f"{one.id}: mark {row['record_mac']}, in the file: {one.values['district_id'] in lines}"


def _login(one: Borrower, row: dict, disabled: bool, names: list[str]) -> Iterator[str]:
    had, has = one.values.get("username"), row["username"]
    if not had or not disabled:
        if has != had:
            yield f"{one.id}: username {had} becomes {has}"
        return
    plain = disabled_login(had)
    others = sum(disabled_login(name).casefold() == plain.casefold() for name in names)
    if len(has) > 50 or not has.startswith("Inactive-") or (had.startswith("Inactive-") and has != had):
        yield f"{one.id}: username {had} becomes {has}"
    elif has != plain and not (others or re.fullmatch(re.escape(plain[:40]) + r".*-\d+", has)):
        yield f"{one.id}: username {had} becomes {has}, not {plain}"
    if row["username_before"] != (had if has != had else None):
        yield f"{one.id}: username_before {row['username_before']}"


def _gates(told: Told) -> Night:
    night, plan = told.night, told.plan
    fed: dict[str, int] = {}
    for row in night.rows:
        fed[str(row["site"])] = fed.get(str(row["site"]), 0) + 1
    moved = file_changes(told.unguarded())
    tripped = closes_the_gate(moved, _sites(told.store.borrowers(), night.seen_before), night.watch)
    return Night(
        night.kind, plan.counts["refused"], night.malformed, tripped, night.modified, night.now, night.max_age,
        len(night.rows), night.over, night.fed_before, fed,
    )  # fmt: skip


def _sites(borrowers: list[Borrower], only: set[int] | None) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in borrowers:
        if only is None or one.id in only:
            found[str(one.values["site"])] = found.get(str(one.values["site"]), 0) + 1
    return found


def _name(one: Borrower, before: PolicyStore) -> object:
    """Patrons of the store go by number, new ones by key: they have no number yet."""
    return one.id if any(person["id"] == one.id for person in before.people) else one.values["district_id"]


def _guards(actions: dict[str, Bound], fields: dict[str, Bound]) -> Guards:
    def limits(bounds: dict[str, Bound]) -> dict[str, Limit]:
        return {name: Limit(bound.number, bound.percent, bound.floor) for name, bound in bounds.items()}

    return Guards(limits(actions), limits(fields))
