"""Random district files and job files, in which most of what a job may say is said now and then."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

FIRST_JOB, SECOND_JOB, THIRD_JOB = "students", "staff", "extra-students"
VARIABLES = {"ROOM": ("one", "two"), "ALIAS": ("AA", "ZZ"), "LEFT_OUT": ("skip", "Y")}
_WAYS = ("always", "always", "on_create", "if_empty", "if_source_changed")
_BLANKS = ("keep", "clear", "clear", "{default: dflt}")
_LOOSE = "guards: {delete: {percent: 100}, inactivate: {percent: 100}, update: {percent: 100}}\n"
CIRCULATION = """\
version: 1
kind: circulation
name: checkouts
source: {type: directory, path: exports, file: checkouts.csv}
properties:
  table: checkouts
  match_by: district_id
  allow_empty: true
  fields: {district_id: ID, site: School, item_barcode: Item}
"""


@dataclass(frozen=True)
class Shape:
    """How a job's file is written."""

    encoding: str
    delimiter: str
    title: bool

    @classmethod
    def of(cls, random: Random) -> Shape:
        encoding = random.choice(("utf-8",) * 4 + ("windows-1252",))
        return cls(encoding, random.choice((",",) * 4 + (";", "\t", "|", "¦")), random.random() < 0.12)

    def told(self) -> str:
        """The `format` of the job's source."""
        parts = [] if self.encoding == "utf-8" else [f"encoding: {self.encoding}"]
        if self.delimiter != ",":
            parts.append('delimiter: "{}"'.format(self.delimiter.replace("\t", "\\t")))
        if self.title:
            parts.append("skip_rows: 2")
        return f", format: {{{', '.join(parts)}}}" if parts else ""


def district_of(random: Random, *, loads: bool) -> str:
    """A district file; `loads`: checkouts come from a file of their own."""
    group = random.choice(("", ", default_resource_group: RG"))
    alias = random.choice(('"017"', '"017", "0017"', '"017", "${env:ALIAS}"'))
    usual = "default_patron_type: Student, default_access_level: Patron"
    guards = random.choice(
        (
            "",
            "",
            "guards: {update: {percent: 40, floor: 3}}\n",
            "guards: {delete: {percent: 100}, inactivate: {percent: 100}, fields: {username: {percent: 10, floor: 1}}}\n",
        )
    )
    more = random.choice(("", "", "require_district_id: true\n")) + random.choice(("", "", "", "reports: {values: false}\n"))
    return f"""\
version: 1
name: Smallville
time_zone: {random.choice(("America/Chicago", "Australia/Lord_Howe"))}
circulation: {"{fines: none, holds: none}" if loads else "{checkouts: none, fines: none, holds: none}"}
sites:
  - {{short_name: NORTH, name: North High, aliases: [{alias}], {usual}{group}}}
  - {{short_name: SOUTH, name: South High, aliases: ["018"], {usual}}}
  - {{short_name: MEDIA, name: Media, kind: media, {usual}}}
patron_types: [{{name: Student, persona: student}}, {{name: Faculty, persona: faculty}}]
access_levels: [Patron, Helper]
{guards}{more}history_days: {random.choice((2, 5, 90, 90))}
approvals_expire: {random.choice(("7d", "1d"))}
statistical_year_starts_in: {random.choice(("August", "January"))}
"""


def job_of(random: Random, name: str, shape: Shape) -> str:
    """A job file."""
    removal = _removal(random, name) if name != THIRD_JOB and random.random() < 0.65 else ""
    return (
        f"version: 1\nkind: patrons\nname: {name}\n{_source(random, name, shape)}{_properties(random, name)}"
        f"{_options(random, removal)}{removal}{_guards(random)}"
        + random.choice(("", "", 'schedule: {at: "02:00", weekdays: incremental, weekends: full}\n'))
    )


def is_guarded(text: str) -> bool:
    """Whether a job file has guards that hold something now and then."""
    return "\nguards:" in text and _LOOSE not in text


def _source(random: Random, name: str, shape: Shape) -> str:
    more = f", archive: {random.choice((1, 2))}" if random.random() < 0.35 else ""
    more += ", max_age: 1d" if random.random() < 0.2 else ""
    least = random.choice((1, 1, 1, 50))
    return f"source: {{type: directory, path: exports, file: {name}.csv, min_rows_percent: {least}{more}{shape.told()}}}\n"


def _properties(random: Random, name: str) -> str:
    by_place = random.random() < 0.22
    fields = _fields(random, name)
    if by_place:
        fields["barcode"] = fields["barcode"].replace("when_blank: {default: autoassign}", "when_blank: keep")
        if random.random() < 0.4:
            del fields["district_id"]
    lines = [f"    {field}: {said}" for field, said in fields.items()]
    match = "site_and_barcode" if by_place else "district_id"
    return "\n".join(["properties:", f"  match_by: {match}", "  fields:", *lines, *_rules(random), ""])


def _fields(random: Random, name: str) -> dict[str, str]:
    def column(from_column: str) -> str:
        return f"{{column: {from_column}, write: {random.choice(_WAYS)}, when_blank: {random.choice(_BLANKS)}}}"

    site = ("School", "School", "{column: School, map: {XX: NORTH, default: SOUTH}}", "{column: School, steps: [{case: upper}]}")
    barcode = ("{column: Card, when_blank: {default: autoassign}}", '{template: "{Card}"}', "{column: Card, when_blank: clear}")
    always = {
        "district_id": random.choice(("ID",) * 8 + ("{column: ID, write: on_create}",)),
        "site": random.choice(site),
        "barcode": random.choice(("Card", "Card", "Card", "{column: Card, write: on_create}", *barcode)),
        "last_name": f"{{column: Last, when_blank: {random.choice(('keep', 'clear'))}}}",
        "first_name": random.choice(("First", "{column: First, steps: [{case: title}]}")),
        "homeroom": random.choice(
            (*(column("HR") for _ in range(5)), "{value: '${env:ROOM}'}", "{column: HR, map: {'101': '${env:ROOM}'}}")
        ),
    }
    login = f"{{column: User, write: {random.choice(_WAYS)}, when_blank: {random.choice(('keep', 'clear'))}}}"
    others = {"username": login, "nickname": column("Nick"), "email_1": column("Mail"), **_more_fields(random, name)}
    chosen = {field: said for field, said in others.items() if random.random() < 0.55}
    if "username" in chosen and random.random() < 0.2:
        ways = ("Pin", "{column: Pin, when_blank: clear}", "{column: Pin, write: on_create}", "{column: Pin, write: if_source_changed}")
        chosen["password"] = random.choice(ways)
    return always | chosen


def _more_fields(random: Random, name: str) -> dict[str, str]:
    def cleared(column: str) -> str:
        return random.choice((column, f"{{column: {column}, when_blank: clear}}"))

    return {
        "grade_level": "Grade",
        "graduation_year": "GradYear",
        "status": random.choice((cleared("Status"), "{column: Status, map: {W: Inactive}}")),
        "birth_date": random.choice(("Born", '{column: Born, date: "%m/%d/%Y"}')),
        "patron_type": random.choice((cleared("Type"), f"{{value: {'Faculty' if name == SECOND_JOB else 'Student'}}}")),
        "gender": cleared("Gen"),
        "access_level": cleared("Acc"),
        "resource_group": cleared("Acc"),
        "card_expires": "Expires",
        "acceptable_use_policy": "Mark",
        "teacher": "{value: 'T'}",
        "user_defined_1": "{first_of: [Nick, HR]}",
        "user_defined_2": '{template: "{Last} {First}"}',
        "user_defined_3": '{when: [{if: {column: Grade, in: ["12"]}, then: Senior}, {else: Student}]}',
    }


def _rules(random: Random) -> list[str]:
    rules = (
        (0.4, "skip_when: {any: [{column: Mark, in: [skip]}]}"),
        (0.5, "associate_when: {any: [{column: Mark, in: [also]}]}"),
        (0.4, "delete_when: {any: [{column: Mark, in: [gone]}]}"),
        (0.25, "on_barcode_conflict: autoassign"),
        (0.3, "on_possible_duplicate: hold"),
        (0.3, 'null_tokens: ["N/A"]'),
    )
    found = [f"  {rule}" for chance, rule in rules if random.random() < chance]
    if not any("skip_when" in rule for rule in found) and random.random() < 0.15:
        found.append('  skip_when: {any: [{column: Mark, in: ["${env:LEFT_OUT}"]}]}')
    return found


def _removal(random: Random, name: str) -> str:
    scope = "{patron_types: [Faculty]}" if name == SECOND_JOB else random.choice(("everyone", "everyone", "{patron_types: [Student]}"))
    deletions = ["graduated_seniors: true"] if random.random() < 0.6 else []
    if random.random() < 0.7:
        only_if = random.choice(("no_checkouts_no_fines", "no_checkouts_no_fines", "{fines_below: 5.00}"))
        deletions.append(f"inactive: {{days: {random.choice((0, 1, 3))}, only_if: {only_if}}}")
    inactivate = (
        f"not_updated_in_days: {random.choice((0, 1, 2, 4))}, clear_homeroom: {random.choice(('true', 'false'))}, "
        f"disable_login: {random.choice(('true', 'false'))}"
    )
    lines = [f"when_records_read_over: {random.choice((0, 3, 10))}", f"scope: {scope}", f"inactivate: {{{inactivate}}}"]
    if deletions:
        lines.append(f"delete: {{{', '.join(deletions)}}}")
    return "removal:\n" + "".join(f"  {line}\n" for line in lines)


def _guards(random: Random) -> str:
    tight = (
        "guards: {update: {percent: 30, floor: 2}, fields: {homeroom: {number: 4}}}\n",
        "guards: {delete: {number: 0}, inactivate: {percent: 20, floor: 1}}\n",
        "guards: {create: {percent: 5, floor: 25}, reactivate: {number: 0}}\n",
        "guards: {create: {number: 3}}\n",
    )
    return random.choice((*(_LOOSE,) * 4, *tight[:3] * 2, tight[3], "", ""))


def _options(random: Random, removal: str) -> str:
    options = ["summary: all"] if random.random() < 0.4 else []
    if random.random() < 0.4:
        options.append(f"keep_runs: {random.choice((1, 2, 5))}")
    if removal and random.random() < 0.3:
        options.append("allow_delete_with_transactions: true")
    return f"options: {{{', '.join(options)}}}\n" if options else ""
