"""Workspaces and jobs from their files: what can be run, and every problem of what cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from runner.errors import InvalidFiles, UsageError
from runner.job.check import check_district_document, check_job_document, read_document, still_says
from runner.job.document import Document
from runner.job.folders import (
    DISTRICT_FILE,
    district_folders,
    district_key,
    is_closed,
    is_districts,
    job_files,
    meant_as,
    names_a_file,
    not_read,
    without_dots,
)
from runner.job.model import District, Job
from runner.job.near import nearest
from runner.job.shared_stores import check_shared_stores, named_store
from runner.job.strict_yaml import load_yaml
from runner.job.together import check_together
from runner.job.values.district import build_district
from runner.job.values.job import build_job
from runner.job.vouched import Vouched
from runner.problems import TOP, Place, Problem


class Workspace(Struct, frozen=True):
    """Everything under one jobs folder: the districts and jobs that are valid, and the problems of all files."""

    root: Path
    districts: tuple[District, ...]
    jobs: tuple[Job, ...]
    problems: tuple[Problem, ...]


class _Folder(Struct):
    """One district's folder, read: its documents, the jobs that could be built, and problems in reading order."""

    path: Path
    district_file: Document
    district: District | None
    documents: list[Document]
    jobs: list[Job]

    def problems(self) -> Iterator[Problem]:
        for document in (self.district_file, *self.documents):
            yield from sorted(document.problems, key=_in_reading_order)


# The folder that was read last without any problem, its references followed. A run looks at its district again at its end.
_faultless: dict[Path, _Folder] = {}


def load_workspace(jobs_root: Path, *, must_resolve: bool = True, only: Path | None = None) -> Workspace:
    """Every district and job below `jobs_root`, or those of the one district in the folder `only`. Broken files give problems and leave
    the others in force.

    Raises UsageError where the folder does not exist. With `must_resolve` a reference that cannot be followed is an error.
    """
    if not jobs_root.is_dir():
        raise UsageError(f"there is no folder {jobs_root}", "name the jobs folder with --jobs, or make one with `runner new`")
    folders = [_read_folder(folder, must_resolve=must_resolve) for folder in (district_folders(jobs_root) if only is None else [only])]
    return Workspace(
        root=jobs_root,
        districts=tuple(folder.district for folder in folders if folder.district is not None),
        jobs=tuple(job for folder in folders for job in folder.jobs),
        problems=tuple(problem for folder in folders for problem in folder.problems()),
    )


def load_job(jobs_root: Path, name_or_path: str, vouched: Vouched | None = None) -> Job:
    """The job DISTRICT/JOB, or the one in a file. Files that are `vouched` for are looked at less closely.

    Raises UsageError with the nearest names for an unknown one, and InvalidFiles with the problems of its file and its district's.
    """
    folder, document = _find(jobs_root, name_or_path, vouched)
    job = next((job for job in folder.jobs if job.path == document.path), None)
    if job is not None:
        return job
    problems = [problem for each in (folder.district_file, document) for problem in sorted(each.problems, key=_in_reading_order)]
    errors = [problem for problem in problems if problem.severity == "error"]
    count = f"{len(errors)} problem{'' if len(errors) == 1 else 's'}"
    broken = [str(each.path) for each in (folder.district_file, document) if each.has_errors()] or [str(document.path)]
    has = "has" if len(broken) == 1 else "have"
    raise InvalidFiles(f"{' and '.join(broken)} {has} {count}", "put them right, then type `runner check`", problems=tuple(problems))


def load_kept(path: Path, raw: bytes, district_path: Path, district_raw: bytes, *, must_resolve: bool = True) -> Job:
    """The job that two files said once, whatever they say now; paths inside them are meant from where the files lie.

    Raises InvalidFiles: what was good then cannot be used now, such as for a variable that is not set any more."""
    district_file, document = load_yaml(district_path, district_raw), load_yaml(path, raw)
    check_district_document(district_file, must_resolve=must_resolve)
    with suppress(ValueError, KeyError):  # a value that is a reference, such as a time, which cannot be followed now
        district = build_district(district_file) if district_file.usable and not district_file.has_errors() else None
        check_job_document(document, district, must_resolve=must_resolve)
        if district is not None and document.usable and not document.has_errors():
            return build_job(document, district)
    problems = tuple(problem for each in (district_file, document) for problem in each.problems)
    raise InvalidFiles(f"the last good version of {path} cannot be used now", "put the file right: `runner check`", problems=problems)


def check_paths(paths: Iterable[Path]) -> list[Problem]:
    """Every problem of every file named; folders stand for the job and district files below them. Needs no store and no network.

    A job file is checked together with its district's, for it means nothing without it. Raises UsageError for a path that does
    not exist.
    """
    problems: list[Problem] = []
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no file or folder {path}", "name a job file, a district's folder or the jobs folder")
        problems += _check_folder_tree(path) if path.is_dir() else _check_file(path)
    return list(dict.fromkeys(problems))


def _nobody_reads(path: Path) -> Problem:
    name = meant_as(path)
    name = DISTRICT_FILE if Path(name).stem.casefold() == "district" else name
    text = f"nobody reads {path.name}: a district's file is {DISTRICT_FILE}, and others end in .yaml or .yml in small letters"
    hint = f"rename it to {name}" if not path.with_name(name).exists() else f"delete it, or bring what it says into {name}"
    return Problem(path, TOP, "file-not-read", text, hint, severity="warning")


def _read_folder(folder: Path, *, must_resolve: bool, vouched: Vouched | None = None) -> _Folder:
    known = _faultless.get(folder)
    if known is not None and not must_resolve and _is_still(known):
        return known
    read = _read_afresh(folder, must_resolve=must_resolve, vouched=vouched)
    if must_resolve and read.district is not None and not any(True for _ in read.problems()):
        _faultless.clear()
        _faultless[folder] = read
    return read


def _is_still(known: _Folder) -> bool:
    """Whether the folder has the same files with the same bytes."""
    documents = known.documents
    return job_files(known.path) == [each.path for each in documents] and all(
        still_says(each) for each in (known.district_file, *documents)
    )


def _read_afresh(folder: Path, *, must_resolve: bool, vouched: Vouched | None) -> _Folder:
    district_file, district = _read_district(folder, must_resolve=must_resolve, vouched=vouched)
    documents = [read_document(path) for path in job_files(folder)]
    check_together(documents)
    read = _Folder(folder, district_file, district, documents, [])
    for document in documents:
        check_job_document(document, district, must_resolve=must_resolve, vouched=vouched)
        if district is not None and document.usable and not document.has_errors():
            read.jobs.append(build_job(document, district))
    return read


def _read_district(folder: Path, *, must_resolve: bool, vouched: Vouched | None) -> tuple[Document, District | None]:
    path = folder / DISTRICT_FILE
    if is_closed(folder):
        document = Document(path)
        text = f"the folder {folder.name} cannot be looked into"
        hint = f"give the account that runs runner the right to it (chgrp -R GROUP {folder} && chmod -R g+rX {folder}), or move it away"
        document.note(Problem(path, TOP, "file-unreadable", text, hint))
        return document, None
    if not path.exists():
        document = Document(path)
        text = f"the folder {district_key(folder)} has jobs but no {DISTRICT_FILE}"
        other = next((each.name for each in not_read(folder) if each.stem.casefold() == "district"), None)
        hint = f"rename {other} to {DISTRICT_FILE}" if other else "write one: version, name, time_zone and sites"
        document.note(Problem(path, TOP, "district-file-missing", text, hint))
        return document, None
    document = read_document(path)
    check_district_document(document, must_resolve=must_resolve, vouched=vouched)
    built = build_district(document) if document.usable and not document.has_errors() else None
    return document, built


def _find(jobs_root: Path, name_or_path: str, vouched: Vouched | None) -> tuple[_Folder, Document]:
    as_path = Path(name_or_path)
    if names_a_file(name_or_path) and as_path.is_file():
        folder = _read_folder(without_dots(as_path.parent).absolute(), must_resolve=True, vouched=vouched)
        wanted = [document for document in folder.documents if document.path.name == as_path.name]
        if wanted:
            return folder, wanted[0]
        raise UsageError(f"{name_or_path} is not a job file", "name a job as DISTRICT/JOB, such as demo/students")
    district, _, name = name_or_path.partition("/")
    if name and (jobs_root / district).is_dir() and district not in (".", ".."):
        folder = _read_folder(jobs_root / district, must_resolve=True, vouched=vouched)
        named = [document for document in folder.documents if document.text("name") == name]
        found = named or [document for document in folder.documents if document.path.stem == name]
        if found:
            return folder, found[0]
        if is_closed(folder.path):  # whether there is such a job cannot be told
            [problem] = folder.problems()
            raise InvalidFiles(problem.text, problem.hint, problems=(problem,))
    raise unknown_job(jobs_root, name_or_path)


def unknown_job(jobs_root: Path, wanted: str) -> UsageError:
    """What to say of a job that is not there, with the nearest names."""
    if not jobs_root.is_dir():
        return UsageError(f"there is no folder {jobs_root}", "name the jobs folder with --jobs")
    keys = [
        f"{folder.name}/{read_document(path).text('name') or path.stem}"
        for folder in district_folders(jobs_root)
        for path in job_files(folder)
    ]
    alone = {key.rsplit("/", 1)[-1]: key for key in keys}
    close = nearest(wanted, keys) or [alone[name] for name in nearest(wanted.rsplit("/", 1)[-1], alone, least=0.5)]
    if not keys:
        return UsageError(
            f"there is no job {wanted}, and none at all in {jobs_root}", "write one with `runner new DISTRICT/JOB --from FILE.csv`"
        )
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(keys[:8])}"
    return UsageError(f"there is no job {wanted} in {jobs_root}", hint)


def _check_folder_tree(path: Path) -> list[Problem]:
    strays: list[Path] = []
    if (path / DISTRICT_FILE).exists() or not (folders := district_folders(path)):
        folders = [path] if is_districts(path) else []
    else:
        strays = [*job_files(path), *not_read(path)]
    read = [_read_folder(folder, must_resolve=False) for folder in folders]
    check_shared_stores([*(each.district_file for each in read), *_beside(read)])
    return [*map(_beside_the_districts, strays), *(problem for each in read for problem in _problems_of(each))]


def _beside_the_districts(path: Path) -> Problem:
    text = f"nobody reads {path.name}: it lies beside the districts' folders, and not in one of them"
    return Problem(path, TOP, "file-not-read", text, "move it into the folder of its district", severity="warning")


def _beside(read: list[_Folder]) -> Iterator[Document]:
    """The files of the districts that lie beside those looked at, where one of these names a store that could be theirs; nothing is said of
    them."""
    names = {district_key(each.path) for each in read}
    for root in {without_dots(each.path).absolute().parent for each in read if named_store(each.district_file) is not None}:
        beside = [folder / DISTRICT_FILE for folder in district_folders(root) if folder.name not in names]
        yield from (read_document(path) for path in beside if path.is_file())


def _problems_of(read: _Folder) -> list[Problem]:
    from runner.job.examples import check_examples

    files = sorted(read.path.glob("*_test.y*ml"))
    examples = [problem for path in files for problem in (*check_examples(path), *_of_no_job(path, read))]
    overlooked = [_nobody_reads(path) for path in not_read(read.path)]
    return [*read.problems(), *examples, *overlooked]


def _of_no_job(path: Path, read: _Folder) -> Iterator[Problem]:
    """That nobody runs a file of examples: it is named after no job file of its folder."""
    stem = path.stem.removesuffix("_test")
    if stem not in {document.path.stem for document in read.documents}:
        text = f"there is no job {stem} beside these examples, so that nobody runs them"
        yield Problem(path, TOP, "examples-without-job", text, f"write the job {stem}.yaml, or rename this file", severity="warning")


def _check_file(path: Path) -> list[Problem]:
    from runner.job.examples import check_examples

    if path.stem.endswith("_test"):
        return check_examples(path)
    read = _read_folder(path.parent, must_resolve=False)
    check_shared_stores([read.district_file, *_beside([read])])
    wanted = {read.district_file.path, path}
    if path not in {document.path for document in (read.district_file, *read.documents)}:
        document = read_document(path)  # a file that the folder's own listing leaves out, such as one with another ending
        check_job_document(document, read.district, must_resolve=False)
        read.documents.append(document)
    return [problem for problem in read.problems() if problem.path in wanted]


def _in_reading_order(problem: Problem) -> tuple[int, int, str]:
    place = problem.place or Place(0, 0)
    return place.line, place.column, problem.code
