"""A seed's story: a random district over some nights, and what people and machines do to it in between. A seed always gives the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from tests.plan.looking import SHARES
from tests.stories import jobs, staff
from tests.stories.exports import IDS, Exporter, person
from tests.stories.facts import Answer, Apply, Backup, Damage, Deed, NewKey, Plan, Restore, Run, Say, Staff, Story, Variable, Wait, Write
from tests.stories.jobs import FIRST_JOB, SECOND_JOB, THIRD_JOB, Shape

_FIRST_NIGHT = datetime(2026, 10, 15, 7, tzinfo=UTC)
_THEIRS = {FIRST_JOB: IDS[:22], SECOND_JOB: IDS[14:], THIRD_JOB: IDS[5:28]}
_FAULTY = (
    *("runner.store.apply.write_journal", "runner.store.apply.write_job_state", "runner.store.apply._write_ends"),
    *("runner.run.commit._tidy_up", "runner.run.commit.settle_held", "runner.run.conclude.prune_after"),
    *("runner.run.engine.finished", "runner.run.engine.archive_input"),
)
FAULTS = ("interrupt", "disk full", "end")
# Each with its chance, and the values of which the story has one.
_LIMITS: dict[str, tuple[float, tuple[float, ...]]] = {
    "runner.store.job_sets._FEW": (0.6, (0.7,)),
    "runner.store.mirror._TOO_OLD": (0.5, (5.0,)),
    "runner.store.reader.FEW": (0.4, (3,)),
    "runner.store.reader.FEW_OF_MANY": (0.4, (0.02, 0.3)),
    "runner.run.read_patrons.FEW_OF_MANY": (0.4, (0.3,)),
    "runner.plan.guards._FEW": (0.3, (3,)),
    "runner.plan.incremental._FEW": (0.3, (0.7,)),
    "runner.store.reader._KEYS_AT_ONCE": (0.3, (3,)),
    "runner.intake.again.MOST_LINES": (0.3, (4,)),
    "runner.run.remember.MOST_LINES": (0.3, (4,)),
    "runner.intake.alignment._FEW": (0.3, (0.5,)),
    "runner.intake.plain_text._PIECE": (0.3, (64,)),
    "runner.mapping.batches.BATCH_ROWS": (0.3, (5,)),
    "runner.mapping.repeating._MOST_DIFFERENT": (0.5, (1.0,)),
    "runner.store.write_journal._MANY_RUNS": (0.3, (2,)),
    "runner.store.write_adds._ROWS_AT_ONCE": (0.3, (5,)),
    "runner.store.session._ROWS_AT_ONCE": (0.3, (5,)),
    "runner.report.spreadsheet._ROWS_AT_ONCE": (0.3, (5,)),
}
# How many rows or patrons make a fast path worth its while, where none is forced.
_SIZES = (
    *("runner.run.remember.LEAST_ROWS", "runner.run.read_patrons._MANY_PATRONS", "runner.store.mirror.WORTH_IT"),
    *(
        "runner.store.first_load._LARGE",
        "runner.store.write_adds._BULK",
        "runner.store.write_journal._MANY",
        "runner.mapping.patrons._LARGE",
    ),
)


def story_of(seed: int, nights: int | None = None) -> Story:
    """The story of a seed: its first `nights`, or as many (three or more) as the seed says."""
    return _Teller(Random(seed)).story(nights)


@dataclass
class _Job:
    """A job as the story goes: its file's text at first and now, and who writes its exports."""

    name: str
    shape: Shape
    first_text: str
    text: str
    exporter: Exporter


class _Teller:
    """Tells a story; every choice comes from `random`."""

    def __init__(self, random: Random) -> None:
        self.random, self.now, self.deeds, self.saved = random, _FIRST_NIGHT, list[Deed](), 0
        self.loads = random.random() < 0.3
        self.first_district = self.district = jobs.district_of(random, loads=self.loads)
        names = [name for name, share in ((FIRST_JOB, 1.0), (SECOND_JOB, 0.6), (THIRD_JOB, 0.25)) if random.random() < share]
        self.jobs: list[_Job] = []
        for name in names:
            shape, people = Shape.of(random), [person(random, number) for number in _THEIRS[name]]
            for cells in self.jobs[0].exporter.people if self.jobs else ():  # jobs that share patrons agree at first on most
                people = [dict(cells) if each["ID"] == cells["ID"] and random.random() < 0.6 else each for each in people]
            text = jobs.job_of(random, name, shape)
            self.jobs.append(_Job(name, shape, text, text, Exporter(random, shape, people)))

    def story(self, nights: int | None) -> Story:
        self.deeds += [Variable(name, values[0]) for name, values in jobs.VARIABLES.items()]
        self._write("district.yaml", self.district)
        for job in self.jobs:
            self._write(f"{job.name}.yaml", job.text)
        if self.loads:
            self._write("checkouts.yaml", jobs.CIRCULATION)
        chosen, limits, forced = self.random.choice((3, 4, 6, 8)), self._limits(), self.random.random() < 0.8
        if not forced:
            limits |= {name: self.random.choice((1, 8, 15, 20, 25)) for name in _SIZES} | {"runner.intake.plain_text._LARGE": 1500}
        for night in range(nights or chosen):
            self._night(night)
            for _ in range(self.random.choice((0, 1, 1, 2, 3))):
                self._meanwhile()
            away = timedelta(days=self.random.choice((1, 1, 1, 2, 3, 7, -2, 40)), hours=self.random.choice((0, 0, 5)))
            self.now += away + timedelta(minutes=self.random.randrange(1, 50))
        return Story(tuple(job.name for job in self.jobs), tuple(self.deeds), limits, forced)

    def _limits(self) -> dict[str, float]:
        limits = {} if self.random.random() < 0.1 else dict.fromkeys(SHARES, 1.0)
        chosen = {name: self.random.choice(values) for name, (chance, values) in _LIMITS.items() if self.random.random() < chance}
        return limits | chosen

    def _write(self, path: str, text: str) -> None:
        self.deeds.append(Write(path, text.encode()))

    def _night(self, night: int) -> None:
        self.deeds.append(Wait(self.now.isoformat()))
        for job in self.jobs:
            if self.random.random() < (0.15 if night else 0.2 * (job.name != FIRST_JOB)):
                continue
            self._export(job)
            self._runs(job)
        if self.loads and self.random.random() < 0.5:
            lines = (f"{self.random.choice(IDS)},NORTH,I{number}\n" for number in range(self.random.choice((0, 3, 6))))
            self._write("exports/checkouts.csv", "ID,School,Item\n" + "".join(lines))
            self.deeds.append(Run("checkouts"))

    def _export(self, job: _Job) -> None:
        if (content := job.exporter.tonight(self.now.isoformat())) is not None:
            self.deeds.append(Write(f"exports/{job.name}.csv", content))

    def _runs(self, job: _Job) -> None:
        """What a night does with a job: plans it, applies a saved plan, runs it, is disturbed or stopped in the middle."""
        random = self.random
        kind = random.choice((("--full",),) * 3 + (("--incremental",),) * 2 + ((),))
        run = Run(job.name, (*kind, *(("--accept-input", "fine") if random.random() < 0.12 else ())))
        chance = random.random()
        if chance < 0.12:
            day = self.now + timedelta(days=random.choice((0, 1, 30)))
            self.deeds.append(Plan(job.name, (*kind, "--as-of", f"{day:%Y-%m-%d}") if random.random() < 0.4 else kind))
        elif chance < 0.24:
            self._saved_plan(job, kind)
            if random.random() < 0.7:
                return
        elif chance > 0.95:
            run = replace(run, staff=staff.edits(random, self.now, 2))
        elif chance > 0.90:
            self.deeds.append(replace(run, fault=(random.choice(_FAULTY), random.choice(FAULTS))))
            if random.random() < 0.4:
                return
        self.deeds.append(run)
        if jobs.is_guarded(job.text) and random.random() < 0.4:
            self.deeds.append(Answer(random.choice(("approve", "approve", "approve", "reject"))))

    def _saved_plan(self, job: _Job, kind: tuple[str, ...]) -> None:
        self.saved += 1
        self.deeds.append(Plan(job.name, kind, f"plan{self.saved}"))
        if self.random.random() < 0.2:
            self.deeds.append(Staff(staff.edits(self.random, self.now, 1)))
        if self.random.random() < 0.1:
            self._export(job)
        self.deeds.append(Apply(f"plan{self.saved}"))

    def _meanwhile(self) -> None:
        """One thing that somebody does between two nights."""
        doings: dict[Callable[[], Deed | None], float] = {
            lambda: Staff(staff.edits(self.random, self.now, self.random.choice((1, 1, 2, 4)))): 45,
            lambda: Answer("undo", self.random.choice((1, 1, 2, 3, 4)), self.random.choice((None, None, self._id()))): 8,
            lambda: Answer("approve", self.random.choice((1, 1, 2))): 9,
            lambda: Answer("reject"): 3,
            self._lock: 5,
            lambda: Say(("unlock", self._id(), "homeroom")): 2,
            lambda: Say(("runs", "prune")): 4,
            Backup: 4,
            lambda: Restore(self.random.randrange(3), self.random.random() < 0.5): 4,
            self._damage: 5,
            self._other_text: 6,
            self._first_text: 4,
            self._variable: 3,
            lambda: NewKey(self.random.choice("jk")): 1,
            lambda: Say(("patron", self._id(), "--json")): 3,
        }
        (doing,) = self.random.choices(list(doings), list(doings.values()))
        if (deed := doing()) is not None:
            self.deeds.append(deed)

    def _id(self) -> str:
        return self.random.choice(IDS[:22])

    def _lock(self) -> Deed:
        field = self.random.choice(("homeroom", "nickname", "username", "status", "last_name"))
        until = ("--until", f"{self.now + timedelta(days=2):%Y-%m-%d}") if self.random.random() < 0.5 else ()
        return Say(("lock", self._id(), field, "--reason", "because", *until))

    def _damage(self) -> Deed:
        files = self.random.choice(("lines/*", "patrons.db.columns-*", "checked.json"))
        return Damage(files, self.random.choice(("gone", "cut", "one byte")))

    def _variable(self) -> Deed:
        name = self.random.choice(list(jobs.VARIABLES))
        return Variable(name, self.random.choice(jobs.VARIABLES[name]))

    def _other_text(self) -> Deed:
        """Somebody edits a job file or the district file: in earnest, or a remark alone."""
        job = self.random.choice((None, *self.jobs))
        earnest = self.random.random() < 0.6
        if job is None:
            self.district = _aliased(self.district) if earnest else _remarked(self.district)
            return Write("district.yaml", self.district.encode())
        if earnest and self.random.random() < 0.3:
            job.text = job.text.replace("write: always", "write: if_empty")
        else:
            job.text = jobs.job_of(self.random, job.name, job.shape) if earnest else _remarked(job.text)
        return Write(f"{job.name}.yaml", job.text.encode())

    def _first_text(self) -> Deed:
        """Somebody takes all edits of a file back."""
        job = self.random.choice((None, *self.jobs))
        if job is None:
            self.district = self.first_district
            return Write("district.yaml", self.district.encode())
        job.text = job.first_text
        return Write(f"{job.name}.yaml", job.text.encode())


def _aliased(text: str) -> str:
    return text.replace('"XX", ', "") if '"XX"' in text else text.replace('"017"', '"XX", "017"')


def _remarked(text: str) -> str:
    return text.removesuffix("# touched\n") if text.endswith("# touched\n") else text + "# touched\n"
