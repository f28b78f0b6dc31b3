"""The first version of a job file, and of a district file where there is none, as commented YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import chain, count
from zoneinfo import ZoneInfo

from msgspec import Struct

from runner.cli.guess import Guess
from runner.fields import FIELDS
from runner.job.characters import code_of

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*( [A-Za-z0-9_]+)*")
_LONGEST = FIELDS["site"].max_length
_WORDS_OF_YAML = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


class Site(Struct, frozen=True):
    """A site of a district file that is yet to be written."""

    short_name: str
    name: str
    aliases: tuple[str, ...]


def sites_from(values: Sequence[str]) -> tuple[Site, ...]:
    """A site for each value of a site column: the value as its short name, or as the alias of a made one where it is longer than 10."""
    made: list[Site] = []
    taken: set[str] = set()
    for value in values:
        fits = len(value) <= _LONGEST and value.casefold() not in taken
        short = value if fits else _short_name(value, taken)
        taken |= {short.casefold(), value.casefold()}
        made.append(Site(short, value[:100].strip(), () if short == value else (value,)))
    return tuple(made)


def district_text(key: str, zone: str, sites: Sequence[Site], patron_type: str, *, schemas: str) -> str:
    """A district.yaml. `schemas`: where editors find the schemas."""
    lines = "\n".join(f"  - {_site(site, patron_type)}" for site in sites)
    persona = {"Student": "student", "Staff": "staff"}[patron_type]
    return f"""\
# yaml-language-server: $schema={schemas}/district.schema.json
version: 1
name: {quoted(key.replace("-", " ").title())}             # the district's name as people say it
time_zone: {zone}    # schedules and ages are counted in it: check that it is yours
sites:                                  # short_name: 10 characters at most; aliases: other names in your files
{lines}
patron_types:
  - {{name: {patron_type}, persona: {persona}}}
access_levels: [Patron]
"""


def job_text(name: str, folder: str, file: str, guess: Guess, *, site: str | None, schemas: str) -> str:
    """A job file. `site` is the short name for everybody where the file has no site column; `schemas`: where editors find the schemas."""
    key = "district_id" if "district_id" in guess.columns else "site_and_barcode"
    return f"""\
# yaml-language-server: $schema={schemas}/job.schema.json
# Guessed from {_origin(guess, file)}
# Read it through, then: runner plan to see what it would do; nothing changes until runner run.
version: 1
kind: patrons
name: {name}
description: {quoted(f"Patrons from {file}")}

source:
  type: directory
  path: {quoted(folder)}
  file: {quoted(file)}
  max_age: 3d                           # with an older file nobody is inactivated or deleted
  format: {{encoding: {guess.encoding}, delimiter: {quoted(guess.delimiter)}, header: {str(guess.named).lower()}}}{_letters(guess)}

properties:
  match_by: {key}{" " * (28 - len(key))}# how a row finds its patron
  fields:                               # field of the patron: {"column of the file" if guess.named else "position of the column, from 1"}
{_fields(guess, site)}
{_unused(guess)}
# Without a schedule the job runs by hand. For every night at two:
# schedule:
#   at: "02:00"
#   weekdays: full
#   weekends: full
"""


def quoted(text: str) -> str:
    """The text as a YAML scalar: as it is where that is surely text, else in double quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    return "".join(_visible(character) for character in json.dumps(text, ensure_ascii=False))


def _visible(character: str) -> str:
    """The character, or its escape where nobody could see it: `check` lets no such character stand in a file."""
    if code_of(character) is None:
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"


def _fields(guess: Guess, site: str | None) -> str:
    lines = [f"    {field}: {_source(field, column, guess)}" for field, column in _in_order(guess.columns)]
    if "site" not in guess.columns and site is not None:
        lines.insert(
            0, f"    site: {{value: {quoted(site)}}}    # no column looked like the site; if one names the schools, write site: THAT COLUMN"
        )
    key = guess.columns.get("district_id", "")
    if "barcode" not in guess.columns and not re.search("[{}]", key):
        template = quoted("{" + key + "}")
        lines.append(f"    barcode: {{template: {template}}}    # no column looked like a barcode; a new patron needs one (14 characters)")
    return "\n".join(lines)


def _origin(guess: Guess, file: str) -> str:
    if guess.named:
        return f"the header of {_comment(file)}."
    return f"the values of {_comment(file)}, which has no header: compare every position with the file."


def _column(name: str, guess: Guess) -> str:
    return quoted(name) if guess.named else name


def _in_order(columns: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(columns.items(), key=lambda item: list(FIELDS).index(item[0]))


def _source(field: str, column: str, guess: Guess) -> str:
    form = guess.dates.get(field)
    if form is None or form == "%Y-%m-%d":
        return _column(column, guess)
    doubt = "    # the samples fit other formats too: check day and month" if field in guess.ambiguous else ""
    return f"{{column: {_column(column, guess)}, date: {json.dumps(form)}}}{doubt}"


def _letters(guess: Guess) -> str:
    """A word on an encoding that nothing in the file proves."""
    return "    # a guess: see whether names with accents are right in runner plan" if guess.encoding == "windows-1252" else ""


def _unused(guess: Guess) -> str:
    if not guess.unused:
        return ""
    named = ", ".join(_comment(name) or "(no name)" for name in guess.unused[:40])
    return f"# Columns that are not read, stored or shown: {named}\n"


def _site(site: Site, patron_type: str) -> str:
    aliases = f"aliases: [{', '.join(quoted(each) for each in site.aliases)}], " if site.aliases else ""
    defaults = f"default_patron_type: {patron_type}, default_access_level: Patron"
    return f"{{short_name: {quoted(site.short_name)}, name: {quoted(site.name)}, {aliases}{defaults}}}"


def _short_name(value: str, taken: set[str]) -> str:
    stem = re.sub(r"[^A-Za-z0-9]", "", value).upper()[:8] or "SITE"
    ends = chain([""], map(str, count(2)))
    return next(made for end in ends if (made := f"{stem[: _LONGEST - len(end)]}{end}").casefold() not in taken)


def _comment(text: str) -> str:
    """The text as part of a comment: one line, and nothing in it that acts."""
    return "".join(character if character.isprintable() else " " for character in text).strip()


def known_zone(name: str) -> bool:
    """Whether `name` is a time zone that changes its clock or at least names a place."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError):
        return False
    return "/" in name and not name.startswith("Etc/")
