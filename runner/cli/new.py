"""`runner new`: a commented job that already passes `check`, with its columns guessed from a file's header, or from its values."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.draft import district_text, job_text, known_zone, sites_from
from runner.cli.guess import Guess, guess
from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.errors import InvalidFiles, RunnerError, UsageError
from runner.job.folders import DISTRICT_FILE

if TYPE_CHECKING:
    from runner.job.model import District

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_STAFF = re.compile("staff|facult|teacher|employee")


@click.command()
@click.argument("name", metavar="DISTRICT/JOB")
@click.option(
    "--from", "source", metavar="FILE.csv", type=click.Path(path_type=Path), required=True, help="The export to read the header of."
)
@click.option("--no-header", is_flag=True, help="The file has no header line: guess from its values, and name columns by position.")
@everywhere
@click.pass_obj
def command(settings: Settings, name: str, source: Path, no_header: bool) -> int:
    """Write a commented job file that passes `runner check`, its columns guessed from the header of a CSV file.

    Nothing is ever overwritten. A district.yaml is written too where the district has none yet.
    """
    district, job = _split(name, settings)
    folder = settings.jobs / district
    target, district_file = folder / f"{job}.yaml", folder / DISTRICT_FILE
    if target.exists() or target.is_symlink():
        raise RunnerError(f"there is already a job at {target}", f"choose another name, such as {district}/{job}-2", code="exists")
    seen = guess(source, named=not no_header)
    known = _district(settings, district) if district_file.exists() else None
    texts = _texts(district, job, folder, source, seen, known)
    made = _write_all(settings, folder, texts, f"{district}/{job}")
    _tell(Screen(settings), f"{district}/{job}", made, seen, _strangers(seen, known), known is None)
    return 0


def _split(name: str, settings: Settings) -> tuple[str, str]:
    given = name if "/" in name or not settings.district else f"{settings.district}/{name}"
    district, _, job = given.partition("/")
    if not (_NAME.fullmatch(district) and _NAME.fullmatch(job)):
        raise UsageError(
            f"{name!r} does not name a job", "write DISTRICT/JOB in small letters, digits and hyphens, such as springfield/students"
        )
    if job == "district":
        raise UsageError(
            "no job can be called district, for district.yaml is the district's own file", "write another name after the slash"
        )
    return district, job


def _district(settings: Settings, key: str) -> District:
    from runner.cli.workspace import district_of

    return district_of(settings, key)


def _texts(district: str, job: str, folder: Path, source: Path, seen: Guess, known: District | None) -> dict[str, str]:
    """File name to text: the job's, and district.yaml where there is none."""
    real = source.resolve()
    home = folder.resolve()
    where = str(real.parent.relative_to(home)) if real.parent.is_relative_to(home) else str(real.parent)
    schemas = _schemas(home)
    sites = sites_from(seen.sites or ("MAIN",))
    first = known.sites[0].short_name if known is not None else sites[0].short_name
    texts = {f"{job}.yaml": job_text(job, where, real.name, seen, site=first, schemas=schemas)}
    if known is None:
        staff = _STAFF.search(job) or any(_STAFF.search(name.casefold()) for name in seen.header)
        return {DISTRICT_FILE: district_text(district, _zone(), sites, "Staff" if staff else "Student", schemas=schemas), **texts}
    return texts


def _schemas(folder: Path) -> str:
    """Where an editor finds the schemas of a file in `folder`: beside the jobs, as in a checkout, else where this program has them."""
    from runner.job.schema import schema_file

    beside = folder.parents[1] / "schemas" / schema_file("job").name
    return "../../schemas" if beside.exists() else schema_file("job").parent.as_uri()


def _write_all(settings: Settings, folder: Path, texts: dict[str, str], key: str) -> list[Path]:
    """The files, written and found to pass `check`; or none of them stays."""
    before = folder.exists()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made: list[Path] = []
    try:
        for name, text in texts.items():
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            made.append(folder / name)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
        _prove(settings, key)
    except BaseException:
        for each in made:
            each.unlink(missing_ok=True)
        if not before:
            folder.rmdir()
        raise
    return made


def _prove(settings: Settings, key: str) -> None:
    """Raises RunnerError where what was written does not pass `check`."""
    from runner.job.load import load_job

    try:
        load_job(settings.jobs, key)
    except InvalidFiles as refused:
        raise RunnerError(
            "no valid job could be guessed from that file, so nothing was written",
            "write the job by hand after docs/job-reference.md; what stood in the way: " + "; ".join(_sentences(refused)),
            code="no-guess",
        ) from None


def _sentences(refused: InvalidFiles) -> list[str]:
    return [str(getattr(problem, "text", problem)) for problem in refused.problems[:5]]


def _strangers(seen: Guess, known: District | None) -> list[str]:
    """Values of the site column that the district has no site for."""
    if known is None:
        return []
    names = {name.casefold() for site in known.sites for name in (site.short_name, *site.aliases)}
    return [site for site in seen.sites if site.casefold() not in names]


def _tell(screen: Screen, key: str, made: list[Path], seen: Guess, strangers: list[str], new_district: bool) -> None:
    if screen.settings.json:
        files = [str(file) for file in made]
        screen.document(
            {"job": key, "written": files, "columns": dict(seen.columns), "unused": list(seen.unused), "unknown_sites": strangers}
        )
        return
    for file in made:
        screen.answer(f"wrote {file}")
    screen.answer(f"\n{key} reads {len(seen.columns)} of {len(seen.header)} columns ({seen.encoding}):")
    screen.table(("field", "column"), list(seen.columns.items()))
    if seen.unused:
        screen.answer(f"  not used: {', '.join(_unused(seen))}")
    if seen.bare:
        screen.answer("  the file has no rows: how dates are written and which sites there are could not be seen", "yellow")
    screen.answer("\nNext:")
    if new_district:
        screen.answer(f"  look at the time zone and the names of the sites in {made[0]}")
    if strangers:
        screen.answer(f"  district.yaml has no site for {', '.join(strangers[:10])}: add each as a site or as an alias of one", "yellow")
    screen.answer(f"  runner check {made[-1]}\n  runner plan {key}")


def _unused(seen: Guess) -> list[str]:
    """The columns that no field takes, each once, with why where it could not have been."""
    times = Counter(seen.header)
    return [
        "a column without a name" if not name else f"{name} (stands {times[name]} times in the header)" if times[name] > 1 else name
        for name in dict.fromkeys(seen.unused)
    ]


def _zone() -> str:
    """This machine's time zone by name; America/Chicago where it has none that names a place."""
    named = [os.environ.get("TZ", "").removeprefix(":")]
    try:
        named.append(str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2])
        named.append(Path("/etc/timezone").read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        pass
    return next((zone for zone in named if zone and known_zone(zone)), "America/Chicago")
