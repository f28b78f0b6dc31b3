"""Letters that look wrong are noticed, honest ones are not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from runner.errors import FileRefused
from runner.intake.letters import judge
from tests.intake.reading import codes, read

NAMES = (  # noqa: SIM905 (a list of words reads best as words)
    "García Peña Núñez Muñoz Ibáñez Gómez Pérez López Sánchez Rodríguez Álvarez Ángel José María Jesús Íñigo Óscar Úrsula "
    "Müller Schäfer Köhler Groß Weiß Jürgen Björn Søren Åsa Ørsted Æbelø François Hélène Chloé Zoë Noël Anaïs Benoît Gérard Façade "
    "Conceição João Antônio Luís Simões Brontë O’Brien O’Neil D’Angelo L’Écuyer Nuñez-Ortíz Renée Siân Málaga Peñalosa Vidámé"
).split()


def file_of(names: list[str]) -> str:
    return "id,name\n" + "".join(f"{number},{name}\n" for number, name in enumerate(names, start=1))


def wrong_encodings() -> list[tuple[str, str, str]]:
    """(codec of the file, what the job says, why that is wrong)"""
    return [
        ("mac_roman", "windows-1252", "mac as windows"),
        ("cp1252", "mac-roman", "windows as mac"),
        ("utf-8", "windows-1252", "utf-8 as windows"),
    ]


@pytest.mark.parametrize(("written", "declared"), [pair[:2] for pair in wrong_encodings()], ids=[pair[2] for pair in wrong_encodings()])
def test_a_wrong_encoding_is_refused_or_warned_of(tmp_path: Path, written: str, declared: str) -> None:
    missed = []
    for seed in range(200):
        names = random.Random(seed).sample(NAMES, 12)
        try:
            rows = read(tmp_path, file_of(names).encode(written), ("id", "name"), encoding=declared)
        except FileRefused:
            continue
        if "mojibake-suspected" not in codes(rows):
            missed.append(names)
    assert missed == []


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252", "mac-roman"])
def test_the_right_encoding_is_never_warned_of(tmp_path: Path, encoding: str) -> None:
    codec = {"utf-8": "utf-8", "windows-1252": "cp1252", "mac-roman": "mac_roman"}[encoding]
    for seed in range(30):
        names = random.Random(seed).sample(NAMES, 12)
        assert codes(read(tmp_path, file_of(names).encode(codec), ("id", "name"), encoding=encoding)) == []


@pytest.mark.parametrize(
    "text",
    [
        "12 Elm Street – Apt 3, “The Oaks” … 21° 1º B",
        "\uff11\uff10\uff10 full width",
        "שרה אברהם",
        "Nguyễn Thị Ánh",
        "李小龍 Ольга Иванова",
        "Jose\u0301 Mu\u0308ller in pieces",
        "Ann\u00a0Lee",
    ],
)
def test_honest_text_of_many_kinds_is_not_suspect(text: str) -> None:
    assert not judge([text] * 5).suspect


def test_few_characters_prove_nothing() -> None:
    assert not judge(["JosŽ", "Garc’a"]).suspect


def test_double_encoded_text_is_suspect() -> None:
    assert judge([name.encode().decode("latin-1") for name in NAMES]).suspect


def test_letters_in_pieces_are_noted(tmp_path: Path) -> None:
    assert codes(read(tmp_path, "id,name\n1,Jose\u0301\n", ("id", "name"))) == ["letters-decomposed"]


def test_the_warning_shows_letters_and_no_name(tmp_path: Path) -> None:
    rows = read(tmp_path, file_of(list(NAMES[:20])).encode("mac_roman"), ("id", "name"), encoding="windows-1252")
    note = rows.notes.to_dicts()[0]
    assert note["code"] == "mojibake-suspected"
    assert len(note["value"].split(" ")) == 5
    assert all(len(letter) == 1 for letter in note["value"].split(" "))
