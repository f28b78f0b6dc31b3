"""A small store of the program's newest layout, kept as SQL for the versions to come: `python -m tests.store.kept.keep`.

Made once for each layout, by the last version that had it, and never again: what these files hold is what districts have on their disks.
"""

from __future__ import annotations

import getpass
import gzip
import os
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.contracts.postgres import Server

HERE = Path(__file__).parent
NIGHTS = ("2026-11-20T07:00:00Z", "2026-11-21T07:00:00Z")
DISTRICT = """\
version: 1
name: Springfield
time_zone: America/Chicago
store: {store}
statistical_year_starts_in: August
require_district_id: true
sites:
  - {{short_name: NORTH, name: North, default_patron_type: Student, default_access_level: Patron}}
  - {{short_name: SOUTH, name: South, default_patron_type: Student, default_access_level: Patron}}
patron_types: [{{name: Student, persona: student}}]
access_levels: [Patron]
guards: {{update: {{percent: 100}}, inactivate: {{percent: 100}}, delete: {{percent: 100}}, transfer: {{percent: 100}}}}
circulation: {{checkouts: none, fines: none, holds: none}}
history_days: 3650
"""
JOB = """\
version: 1
kind: patrons
name: students
source: {type: directory, path: exports, file: students.csv}
properties:
  match_by: district_id
  fields:
    district_id: id
    site: site
    barcode: card
    last_name: last
    first_name: first
    homeroom: {column: room, write: if_source_changed}
    username: login
    status: {column: status, map: {A: Active, I: Inactive, X: Inactive}}
  associate_when: {all: [{column: also, equals: S}]}
  delete_when: {all: [{column: status, equals: X}]}
removal:
  scope: {personas: [student]}
  inactivate: {not_updated_in_days: 0, disable_login: true}
"""
HEAD = "id,site,card,last,first,room,login,status,also\n"
FIRST = """\
1001,NORTH,P 1,Ångström,Ana,101,ana,A,
1002,NORTH,P 2,Baker,Ben,101,ben,A,
1003,NORTH,P 3,"Clark, Jr.",Cai,102,cai,A,
1004,NORTH,P 4,Diaz,Dee,102,dee,A,
1005,SOUTH,P 5,Evans,Eli,201,,A,
1005,NORTH,P 55,Evans,Eli,201,,A,S
1006,SOUTH,P 6,Ford,Fay,201,fay,A,
1007,SOUTH,P 7,Gray,Gil,202,gil,A,
"""
# Changed, moved, asked to go, gone without a word, and new.
SECOND = """\
1001,NORTH,P 1,Ångström,Anna,103,ana,A,
1002,SOUTH,P 2,Baker,Ben,101,ben,A,
1003,NORTH,P 3,"Clark, Jr.",Cai,102,cai,A,
1004,NORTH,P 4,Diaz,Dee,102,dee,X,
1005,SOUTH,P 5,Evans,Eli,201,,A,
1005,NORTH,P 55,Evans,Eli,201,,A,S
1006,SOUTH,P 6,Ford,Fay,201,,I,
1008,SOUTH,P 8,Hill,Hal,203,gil,A,
"""
STAFF = (
    "INSERT INTO fine (patron_id, site, amount_cents) SELECT id, 'NORTH', 125 FROM patron WHERE district_id = '1003'",
    "UPDATE patron SET homeroom = 'Library' WHERE district_id = '1003'",
)


def write_jobs(jobs: Path, store: str = "sqlite") -> Path:
    """The district and its job under `jobs`. Gives the file that the job reads."""
    exports = jobs / "springfield" / "exports"
    exports.mkdir(parents=True)
    (jobs / "springfield" / "district.yaml").write_text(DISTRICT.format(store=store))
    (jobs / "springfield" / "students.yaml").write_text(JOB)
    return exports / "students.csv"


def runner(folder: Path, now: str, *arguments: str) -> str:
    """What `runner` answers, with the jobs and the state under `folder`, at the instant `now`."""
    start = [sys.executable, "-c", "from runner.cli.main import program; program()", "--jobs", "jobs", "--var", "var"]
    done = subprocess.run(
        [*start, *arguments], cwd=folder, env=os.environ | {"RUNNER_NOW": now}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode in (0, 2), (done.returncode, done.stdout, done.stderr)
    return done.stdout


def two_nights(folder: Path, store: str, staff: Callable[[str], object]) -> None:
    """Plays the story: a first load, staff's edits, and a night in which the file changes."""
    file = write_jobs(folder / "jobs", store)
    for now, rows, edits in zip(NIGHTS, (FIRST, SECOND), (STAFF, ()), strict=True):
        file.write_text(HEAD + rows)
        runner(folder, now, "run", "springfield/students", "--full")
        for edit in edits:
            staff(edit)


def of_sqlite(folder: Path) -> str:
    """The statements that make the store which the story leaves in SQLite."""
    path = folder / "var" / "springfield" / "patrons.db"

    def staff(edit: str) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(edit)

    two_nights(folder, "sqlite", staff)
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump()) + "\n"


def of_postgresql(folder: Path) -> str:
    """The same for PostgreSQL, in a schema of the name `kept`."""
    server = Server()
    try:
        server.sql("CREATE SCHEMA kept")
        address = f"postgresql://postgres@127.0.0.1:{server.port}/postgres?options=-csearch_path%3Dkept"
        two_nights(folder, f'"{address}"', lambda edit: server.sql(f"SET search_path = kept; {edit}"))
        dump = ["pg_dump", "--inserts", "--no-owner", "--no-privileges", "--schema=kept", f"--dbname={address.partition('?')[0]}"]
        told = subprocess.run(dump, capture_output=True, text=True, check=True).stdout.splitlines()
    finally:
        server.close()
    return "\n".join(line for line in told if line and not line.startswith(("--", "\\"))) + "\n"


def place_of(kind: str, layout: int | str) -> Path:
    """The file of a layout's store in a `kind` of database, sqlite or postgresql."""
    return HERE / f"layout-{layout}.{kind}.sql.gz"


def main() -> None:
    """Plays the story in both databases and writes the stores that it leaves."""
    for name, made in (("sqlite", of_sqlite), ("postgresql", of_postgresql)):
        with tempfile.TemporaryDirectory() as folder:
            text = made(Path(folder)).replace(folder, "/srv/library")
        for of_this_machine, instead in ((getpass.getuser(), "library"), (socket.gethostname(), "shelf")):
            text = text.replace(f"'{of_this_machine}'", f"'{instead}'")
        layout = re.search(r"\('layout', ?'(\d+)'\)", text)
        assert layout
        kept = place_of(name, layout[1])
        kept.write_bytes(gzip.compress(text.encode(), mtime=0))
        print(f"wrote {kept.name}")


if __name__ == "__main__":
    main()
