"""What the source may not say, because each of these once hung, leaked or lied (docs/operations.md, promise D3)."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "runner").rglob("*.py"))
THE_ONE_YAML_LOADER = "runner/job/strict_yaml.py"
CORE = ("intake", "mapping", "plan", "policy")
BOUNDED = {
    # rows that are few by construction, whatever the file's size
    "runner/intake/again.py",  # the odd lines of a file, up to the number beyond which they are not kept
    "runner/intake/health.py",  # the most frequent patterns of a key column
    "runner/intake/notes.py",  # a sample of lines with letters beyond ASCII
    "runner/intake/read.py",  # malformed rows, up to the number at which the file is refused
}


def _told(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))


def _is_fork(call: ast.Call) -> bool:
    """os.fork, os.forkpty, or a multiprocessing context that forks: polars hangs in a forked child."""
    forked = [given for given in call.args if isinstance(given, ast.Constant) and given.value in ("fork", "forkserver")]
    return _name(call) in ("os.fork", "os.forkpty", "fork") or (_name(call).endswith(("get_context", "set_start_method")) and bool(forked))


def _is_yaml_load(call: ast.Call) -> bool:
    """The library's own loaders read YAML 1.1 and build what the text asks for."""
    return bool(re.fullmatch(r"yaml\.(safe_|full_|unsafe_)?load(_all)?", _name(call)))


def _is_unescaped(call: ast.Call) -> bool:
    """A Jinja environment without autoescape: its default is off."""
    given = {word.arg: word.value for word in call.keywords}
    escaped = given.get("autoescape")
    off = isinstance(escaped, ast.Constant) and escaped.value is False
    return off or (_name(call).split(".")[-1].endswith("Environment") and "autoescape" not in given)


def _is_get_of_a_connection(call: ast.Call) -> bool:
    """fabric's get() accepts a truncated file as whole, and limited prefetch reads it twice."""
    limited = any(word.arg == "max_concurrent_prefetch_requests" for word in call.keywords)
    return limited or bool(re.search(r"\b(connection|client|sftp|remote|transfer)\.(get|getfo)$", _name(call), re.IGNORECASE))


def _is_row_by_row(call: ast.Call) -> bool:
    """A Python call for each row: a million patrons would pay for it."""
    return _name(call).split(".")[-1] in ("map_elements", "iter_rows", "rows", "to_dicts", "map_rows", "apply")


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func)


@pytest.mark.parametrize("forbidden", [_is_fork, _is_unescaped, _is_get_of_a_connection], ids=lambda rule: rule.__name__.lstrip("_"))
def test_nothing_in_the_source(forbidden: Callable[[ast.Call], bool]) -> None:
    found = [f"{_told(path)}:{call.lineno} {_name(call)}" for path in SOURCES for call in _calls(path) if forbidden(call)]
    assert not found


def test_yaml_is_read_in_one_place() -> None:
    found = [_told(path) for path in SOURCES for call in _calls(path) if _is_yaml_load(call)]
    assert set(found) <= {THE_ONE_YAML_LOADER}


def test_the_core_never_goes_row_by_row() -> None:
    core = [path for path in SOURCES if path.relative_to(ROOT / "runner").parts[0] in CORE and _told(path) not in BOUNDED]
    ours = {"map_rows"}  # runner.mapping.map_rows takes the whole frame
    found = [f"{_told(path)}:{call.lineno} {_name(call)}" for path in core for call in _calls(path) if _is_row_by_row(call)]
    assert not [place for place in found if place.split(" ")[1] not in ours]


def test_only_the_clock_asks_what_time_it_is() -> None:
    asking = re.compile(r"^(datetime\.(datetime\.)?(now|utcnow|today)|date\.today|datetime\.date\.today|time\.time)$")
    found = [
        f"{_told(path)}:{call.lineno}"
        for path in SOURCES
        for call in _calls(path)
        if asking.match(_name(call)) and path.relative_to(ROOT) != Path("runner/clock.py")
    ]
    assert not found


def test_no_path_of_anybodys_machine_is_in_the_repository() -> None:
    machine = re.compile(rb"(?<![\w.])/(work|root|home/[a-z]|Users/[A-Za-z])[/\w]")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    files = [ROOT / name.decode() for name in listed if name and b"/corpus/" not in name]
    found = [_told(path) for path in files if path.is_file() and machine.search(path.read_bytes())]
    assert not [name for name in found if name != str(Path(__file__).relative_to(ROOT))]
