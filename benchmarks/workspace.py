"""Our side of the same work: a district and a job over the measured files, made from benchmarks/columns.py."""

from __future__ import annotations

from pathlib import Path

from benchmarks.columns import DATES, FIELDS, LOGIN, MAPS, SITES

# Policy is on, as in production: it looks for leavers and graduates each night, and this district finds none to remove.
_REST = """
removal:
  when_records_read_over: 1000
  scope: {personas: [student]}
  inactivate: {not_updated_in_days: 14, clear_homeroom: true, disable_login: true}
  delete:
    graduated_seniors: true
    inactive: {days: 365, only_if: no_checkouts_no_fines}
"""


def write_workspace(root: Path, file: Path, *, district: str = "bench", name: str = "patrons", more: str = "", sites: int = SITES) -> Path:
    """Writes a job that reads `file`, and its district with so many sites, into the jobs folder `root`; gives the folder.

    `more`: further lines of the job.
    """
    folder = root / district
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "district.yaml").write_text(_district(sites), encoding="utf-8")
    (folder / f"{name}.yaml").write_text(_job(file.absolute(), name) + more, encoding="utf-8")
    return root


def _district(sites: int) -> str:
    each = "".join(
        f"  - {{short_name: S{number:03d}, name: School {number}, default_patron_type: Student, default_access_level: Patron}}\n"
        for number in range(sites)
    )
    return (
        "version: 1\nname: Benchmark\ntime_zone: America/Chicago\n"
        f"sites:\n{each}patron_types: [{{name: Student, persona: student}}]\naccess_levels: [Patron]\n"
        "circulation: {checkouts: none, fines: none, holds: none}\n"
    )


def _job(file: Path, name: str) -> str:
    fields = "".join(f"    {field}: {_field(field)}\n" for field in FIELDS)
    return (
        f"version: 1\nkind: patrons\nname: {name}\nsource: {{type: directory, path: {file.parent}, file: {file.name}}}\n"
        f"properties:\n  match_by: district_id\n  fields:\n{fields}{_REST}"
    )


def _field(field: str) -> str:
    """A field's entry; a value is cut as the peers cut it, quietly, by a step."""
    column, longest = FIELDS[field]
    if field in MAPS:
        entries = ", ".join(f'"{key}": {word}' for key, word in MAPS[field].items())
        return f"{{column: {column}, map: {{{entries}}}}}"
    if field in DATES:
        return f'{{column: {column}, date: "{DATES[field]}"}}'
    if field == LOGIN:
        return f"{{column: {column}, steps: [{{regex: {{find: '^([^@]+)@.*$', replace: '$1'}}}}]}}"
    return f"{{column: {column}, steps: [{{truncate: {longest}}}]}}"
