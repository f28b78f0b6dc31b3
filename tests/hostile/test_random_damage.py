"""A good file with random damage: a refusal with a code, or exactly the rows that are still right. Never another exception.

The judge is the csv module, asked record by record, slowly; what it says is compared with what the intake gives.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.errors import FileRefused
from tests.intake.reading import cells, malformed, read

HEAD = ("id", "name", "room", "note")
GOOD = "id,name,room,note\n" + "".join(
    f'{n},"Name{n}, ""Jo""",{n % 7},"one\ntwo"\n'
    if n % 5 == 0
    else f"{n},Ñame{n},{n % 7},\n"
    if n % 2
    else f'"{n}","Name{n}","{n % 7}","x"\n'
    for n in range(1, 25)
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")

_damage = st.tuples(
    st.integers(0, len(GOOD.encode())),
    st.one_of(
        st.sampled_from(
            [b'"', b'""', b'"\n"', b",", b"\n", b"\r", b"\0", b"\x1a", b"\xff", b"\xc3", b"\x0b", b'\n9,"a\n', b"id,name,room,note\n"]
        ),
        st.binary(max_size=4),
    ),
    st.sampled_from(["insert", "replace", "cut"]),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_damage, min_size=1, max_size=4))
def test_damage_gives_a_code_or_exactly_the_right_rows(tmp_path: Path, damages: list[tuple[int, bytes, str]]) -> None:
    data = GOOD.encode()
    for at, with_what, how in damages:
        data = data[:at] if how == "cut" else data[:at] + with_what + data[at + (len(with_what) if how == "replace" else 0) :]
    try:
        rows = read(tmp_path, data, HEAD)
        found = cells(rows)
    except FileRefused as refused:
        assert refused.code.startswith("file-")  # noqa: PT017 (either answer is right)
        return
    good, bad = judged(data)
    assert found == good
    assert {line for line, _ in malformed(rows)} >= bad
    assert rows.rows_read == len(found) + rows.malformed.height


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.sampled_from(["utf-8", "utf-16", "windows-1252", "mac-roman", "iso-8859-1"]))
def test_noise_never_raises_anything_but_a_refusal(tmp_path: Path, data: bytes, encoding: str) -> None:
    try:
        cells(read(tmp_path, b"id\n" + data if encoding != "utf-16" else b"\xff\xfei\0d\0\n\0" + data, ("id",), encoding=encoding))
    except FileRefused as refused:
        assert refused.code.startswith("file-")  # noqa: PT017 (either answer is right)


def judged(data: bytes) -> tuple[list[tuple[Any, ...]], set[int]]:
    """The good rows with their lines, and the lines on which malformed ones begin, as the csv module sees them."""
    text = data.decode("utf-8-sig").rstrip("\x1a")
    for line_end in ("\r\r\n", "\r\n", "\r"):
        text = text.replace(line_end, "\n")
    lines = [line + "\n" for line in text.removesuffix("\n").split("\n")]
    top = next(number for number, line in enumerate(lines) if line.replace(",", "").replace('"', "").strip())
    header, at = next(csv.reader([lines[top]], strict=True)), top + 1
    good, bad = [], set()
    while at < len(lines):
        reader = csv.reader(lines[at:], strict=True)
        try:
            record = next(reader)
        except csv.Error:
            record = []
        took = lines[at : at + reader.line_num]
        if _is_nothing("".join(took)):
            pass
        elif _is_good(record, took, header):
            good.append((at + 1, *(record[header.index(name)] for name in HEAD)))
        else:
            bad.add(at + 1)
        at += reader.line_num
    return good, bad


def _is_good(record: list[str], took: list[str], header: list[str]) -> bool:
    whole, marks = "".join(took), len(header) - 1
    could_be_rows = [line for line in took if line.count(",") >= marks]
    inside = any('"' not in line.replace('""', "") for line in took[1:-1] if line in could_be_rows)
    cell = r'(?:"(?:[^"]|"")*"|[^",\n]*)'
    well_formed = re.fullmatch(rf"{cell}(?:,{cell}){{{marks}}}\n?", whole) is not None and not _CONTROL.search(whole)
    swallowed = len(took) > 1 and (len(could_be_rows) > 1 or inside)
    return well_formed and not swallowed and record != header


def _is_nothing(whole: str) -> bool:
    return re.fullmatch(r'(?:"\s*"|\s*)(?:,(?:"\s*"|\s*))*\n?', whole) is not None
