"""Random whole nights: a store, a file, guards, gates and circulation, all near their limits. A seed is one night."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.oracle.guards import Bound, Watch
from tests.oracle.policy import Borrower, Leavers
from tests.oracle.policy_gates import TABLES, Load
from tests.oracle.policy_stories import DAYS, SCHOOLS, borrower, instant, settings_of, years

FIELDS: tuple[str, ...] = (
    "site",
    "barcode",
    "district_id",
    "last_name",
    "patron_type",
    "access_level",
    "status",
    "homeroom",
    "grade_level",
)
FIELDS += ("graduation_year", "birth_date", "username", "email_1")
LONG = "n" * 45
Row = dict[str, str | bool | None]


@dataclass
class WholeNight:
    """Everything that a run looks at. `as_of`: None, or the date of a rehearsal."""

    settings: Leavers
    now: datetime
    as_of: date | None
    borrowers: list[Borrower]
    rows: list[Row]
    mapped: list[str]
    watch: Watch
    loads: dict[str, Load | None]
    without: set[str]
    table_age: timedelta
    modified: datetime
    max_age: timedelta | None
    over: int
    seen_before: set[int]
    kind: str = "full"
    malformed: int = 0
    fed_before: dict[str, int] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.as_of or self.now.astimezone(ZoneInfo(self.settings.zone)).date()


def night_of(seed: int) -> WholeNight:
    """The night of a seed."""
    random = Random(seed)
    settings = settings_of(random)
    today = random.choice(DAYS)
    now = instant(random, today, settings.zone)
    as_of = today + timedelta(days=random.choice((1, 15, 30, 400))) if random.random() < 0.15 else None
    borrowers = [borrower(random, number, settings, as_of or today) for number in range(1, random.randint(3, 22))]
    for one in borrowers:
        _login(random, one, borrowers)
    rows = [row for one in borrowers if random.random() < 0.75 for row in [_fed(random, one, settings, today)]]
    rows += [_new(random, 100 + number, settings, today) for number in range(random.choice((0, 0, 1, 3)))]
    random.shuffle(rows)
    mapped = ["site", "barcode", "district_id", "last_name", *random.sample(FIELDS[4:], random.randint(2, 9))]
    night = WholeNight(
        settings, now, as_of, borrowers, rows, mapped, _watch(random),
        loads={name: _load(random, now) for name in TABLES}, without={name for name in TABLES if random.random() < 0.5},
        table_age=timedelta(days=2), modified=now - _about(random, timedelta(days=3)),
        max_age=timedelta(days=3) if random.random() < 0.5 else None, over=max(0, len(rows) - random.choice((0, 1, 1, 1, 2, 50, 50))),
        seen_before={one.id for one in borrowers if random.random() < 0.9},
    )  # fmt: skip
    night.kind = "incremental" if random.random() < 0.04 else "full"
    night.malformed = random.choice((99, 100)) if random.random() < 0.06 else random.choice((0, 0, 5))
    night.fed_before = {site: random.choice((3, 9, 10, 40)) for site in random.sample(SCHOOLS, random.randint(0, 2))}
    if random.random() < 0.1:
        night.rows = [row for row in night.rows if row["site"] != "EAST"]
    return night


def _login(random: Random, one: Borrower, everybody: list[Borrower]) -> None:
    """A username that nobody has, often one that clashes once it is disabled; a password now and then."""
    taken = {str(other.values["username"]).casefold() for other in everybody if other.values.get("username")}
    name = random.choice(
        (None, "ann", "inactive-ann", "Inactive-ann", "bo", "Inactive-bo", "Inactive-bo-2", LONG + "a", LONG + "b", "Inactive-" + "n" * 41)
    )
    if name and name.casefold() not in taken:
        one.values["username"] = name
        one.password = "secret" if random.random() < 0.5 else None


def _fed(random: Random, one: Borrower, settings: Leavers, today: date) -> Row:
    """The patron's row with a few changes."""
    row: Row = {name: one.values.get(name) for name in FIELDS}
    for name in random.choices(("status", "site", "homeroom", "graduation_year", "patron_type", "email_1"), k=random.choice((0, 0, 1, 2))):
        row[name] = {
            "status": random.choice(("Active", "Inactive", "Restricted", None)),
            "site": random.choice(SCHOOLS),
            "homeroom": random.choice(("102", None)),
            "graduation_year": years(random, settings, today),
            "patron_type": random.choice(("Student", "Staff")),
            "email_1": f"{one.id}@x.org",
        }[name]
    if random.random() < 0.06:
        row["delete"] = True
    return row


def _new(random: Random, number: int, settings: Leavers, today: date) -> Row:
    """Somebody whom the store does not have, now and then a graduate or inactive from the start."""
    one = borrower(random, number, settings, today)
    return {name: one.values.get(name) for name in FIELDS}


def _watch(random: Random) -> Watch:
    watch = Watch()
    for kind in ("create", "update", "transfer", "inactivate", "reactivate", "delete"):
        for guards in (watch.job, watch.district):
            if random.random() < 0.12:
                guards[kind] = _bound(random)
    for guards in (watch.job_fields, watch.district_fields):
        if random.random() < 0.08:
            guards[random.choice(("email_1", "homeroom"))] = _bound(random)
    return watch


def _bound(random: Random) -> Bound:
    number = random.choice((0, 1, 2, 3, 5)) if random.random() < 0.5 else None
    percent = random.choice((0, 5, 10, 25, 33.3, 50, 100)) if number is None or random.random() < 0.5 else None
    return Bound(number, percent, random.choice((None, 0, 0, 1, 2)) if percent is not None else None)


def _load(random: Random, now: datetime) -> Load | None:
    if random.random() < 0.05:
        return None
    return Load(now - _about(random, timedelta(days=2)), random.choice((0, 0, 0, 0, 0, 0, 0, 1)))


def _about(random: Random, limit: timedelta) -> timedelta:
    """An age about a limit, mostly under it; below zero: in the future."""
    second = timedelta(seconds=1)
    return random.choice((limit, limit - second, limit + second, timedelta(0), -timedelta(days=5), limit / 2, limit / 2, limit / 2))
