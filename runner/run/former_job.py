"""The job of a run as far as the run's own row knows it: enough to undo or reject what a job did whose file is gone or invalid."""

from __future__ import annotations

from runner.job.model import Directory, District, Format, Guards, Job, Options, PatronProperties, Source
from runner.store.runs import RunRow


def former_job(row: RunRow, district: District) -> Job:
    """A job that can read no input and is never due; it names itself, its district and the file that the run was of."""
    name, folder = row.job.partition("/")[2], district.path.parent
    return Job(
        key=row.job,
        path=folder / f"{name}.yaml",
        sha256=row.job_sha256,
        name=name,
        kind="patrons",
        description="",
        enabled=False,
        district=district,
        source=Source(Directory(folder), row.input_name or "", max_age=None, min_rows_percent=0.0, archive=0, format=Format()),
        properties=PatronProperties(match_by="district_id", fields=()),
        schedule=None,
        options=Options(),
        removal=None,
        guards=Guards(),
    )
