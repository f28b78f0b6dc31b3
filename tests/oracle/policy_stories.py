"""Random borrowers and settings with dates near every threshold: midnights, daylight saving, leap days, year ends. A seed is one tale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from tests.oracle.policy import Borrower, Leavers, end_year

ZONES = ("America/Chicago", "Europe/Berlin", "Australia/Sydney", "Asia/Kathmandu", "Australia/Lord_Howe")
DAYS = (
    *(date(2026, 2, 28), date(2026, 3, 1), date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1)),
    *(date(2026, 12, 31), date(2027, 1, 1), date(2026, 7, 31), date(2026, 8, 1), date(2026, 10, 15)),
    *(date(2026, 3, 8), date(2026, 11, 1), date(2026, 3, 29), date(2026, 10, 25), date(2026, 4, 5), date(2026, 10, 4)),
)
CLOCK = (time(0, 0), time(0, 1), time(0, 30), time(1, 59), time(2, 30), time(12, 0), time(23, 29), time(23, 59, 59))
SCHOOLS = ("NORTH", "SOUTH", "EAST")
AMOUNTS = (1, 499, 500, 501, -1, -499, -500, 0)
TYPES, LEVELS, PERSONAS = ("Student", "Staff", "Band"), ("Patron", "Helper"), ("student", "staff", "other")


@dataclass
class Tale:
    """The decision moment: who there is, what the policy says, and when."""

    settings: Leavers
    today: date
    now: datetime
    deletions: bool
    borrowers: list[Borrower]


def tale_of(seed: int, *, people: int = 24) -> Tale:
    """The tale of a seed."""
    random = Random(seed)
    settings = settings_of(random)
    today = random.choice(DAYS)
    now = instant(random, today, settings.zone)
    borrowers = [borrower(random, number, settings, today) for number in range(1, random.randint(1, people) + 1)]
    return Tale(settings, today, now, random.random() < 0.85, borrowers)


def settings_of(random: Random) -> Leavers:
    """A policy that `runner check` would take."""
    settings = Leavers(random.choice(ZONES), random.choice((1, 2, 7, 8, 8, 8, 12)), random.choice((("12",), ("12",), ("12", "13"))))
    settings.everyone = random.random() < 0.5
    if not settings.everyone:
        settings.patron_types = tuple(random.sample(TYPES, random.randint(0, 2)))
        settings.access_levels = tuple(random.sample(LEVELS, random.randint(0, 1)))
        settings.scope_personas = tuple(random.sample(PERSONAS, random.randint(0, 2)))
        settings.everyone = not (settings.patron_types or settings.access_levels or settings.scope_personas)
    if random.random() < 0.8:
        settings.not_updated_in_days = random.choice((0, 1, 2, 14, 365, 999))
        settings.clear_homeroom, settings.disable_login = random.random() < 0.5, random.random() < 0.6
    settings.graduated_seniors = random.random() < 0.7
    if random.random() < 0.7:
        settings.inactive_days = random.choice((0, 1, 2, 30, 365, 999))
        settings.only_if = random.choice(
            ("no_checkouts_no_fines", "anything", Decimal("5.00"), Decimal("0.01"), Decimal("4.99"), Decimal(0))
        )
    if random.random() < 0.6 and settings.only_if != "anything":
        kind = random.choice(("inactive_days", "graduated_years", "age"))
        settings.debtors = (kind, random.choice({"age": (0, 1, 18, 18, 99)}.get(kind, (0, 1, 2, 30, 99))))
    return settings


def borrower(random: Random, number: int, settings: Leavers, today: date) -> Borrower:
    """Somebody near the thresholds."""
    values: dict[str, str | None] = {
        "district_id": f"{1000 + number}",
        "site": random.choice(SCHOOLS),
        "barcode": f"P{number}",
        "last_name": "Lee",
        "patron_type": random.choice((*TYPES, "Student", "Student", None)),
        "access_level": random.choice((*LEVELS, "Patron", None)),
        "status": random.choice(("Active", "Active", "Restricted", "Inactive", "Inactive", "Inactive")),
        "homeroom": random.choice(("101", None)),
        "grade_level": random.choice(("12", "12", "12", "13", "11", "012", None)),
        "graduation_year": years(random, settings, today),
        "birth_date": birth_date(random, settings, today),
        "username": None,
    }
    newest = gap(random, settings.not_updated_in_days)
    gaps = random.sample([newest, newest + random.choice((0, 1, 30)), newest + random.choice((0, 1, 400))], 3)
    moments = [instant(random, today - timedelta(days=each), settings.zone) for each in gaps]
    waits = [settings.inactive_days, settings.debtors[1] if settings.debtors and settings.debtors[0] == "inactive_days" else None]
    since = today - timedelta(days=gap(random, random.choice(waits)))
    one = Borrower(number, values, added_at=moments[0], status_at=instant(random, since, settings.zone))
    one.edited_at, one.seen_at = (at if random.random() < 0.7 else None for at in moments[1:])
    one.status_moved = random.random() < 0.1
    debts(random, one)
    return one


def debts(random: Random, one: Borrower) -> None:
    """Nothing, or a few entries of any kind."""
    if random.random() < 0.5:
        return
    if random.random() < 0.3:
        one.checkouts = random.choices(SCHOOLS, k=random.randint(1, 2))
    if random.random() < 0.6:
        one.fines = random.choices(AMOUNTS, k=random.randint(1, 3))
    if random.random() < 0.3:
        one.holds = random.randint(1, 2)


def gap(random: Random, days: int | None) -> int:
    """A number of days about the threshold."""
    near = days or 0
    return random.choice((near, near, near - 1, near + 1, near + 1, near + 1, 0, 1, -1, near + 400))


def instant(random: Random, day: date, zone: str) -> datetime:
    """A moment of a local day, often near its ends. A moment that the day skips is the one an hour on."""
    local = datetime.combine(day, random.choice(CLOCK), ZoneInfo(zone)).replace(fold=random.randint(0, 1))
    return local.astimezone(UTC)


def years(random: Random, settings: Leavers, today: date) -> str | None:
    """A graduation year about the thresholds; now and then something that staff typed by hand."""
    ends = end_year(settings, today)
    old = today.year - (settings.debtors[1] if settings.debtors else 1)
    return random.choice((str(ends - 1), str(ends - 1), str(ends), str(ends + 1), str(old), str(old - 1), str(old + 1), None, "26", "20x6"))


def birth_date(random: Random, settings: Leavers, today: date) -> str | None:
    """A birthday about the day on which the age is reached, often 29 February."""
    age = settings.debtors[1] if settings.debtors and settings.debtors[0] == "age" else 18
    leap = next(year for year in range(today.year - age - random.choice((0, 1, 4)), 1900, -1) if year % 4 == 0)
    day = today + timedelta(days=random.choice((-1, 0, 1, -400, 400)))
    day = date(day.year, 3, 1) if (day.month, day.day) == (2, 29) and (day.year - age) % 4 else day
    return random.choice((day.replace(year=day.year - age).isoformat(), date(leap, 2, 29).isoformat(), None, "2008-02-30"))
