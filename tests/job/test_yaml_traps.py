"""Every known trap of YAML, set in a job of ours: refused with a code at its place, or read as what it looks like. (Promise I7.)

A trap is a good file with one thing changed. What each must give stands beside it: codes of `runner check`, or nothing where the file is
right as it is written.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from runner.job.load import check_paths
from runner.problems import Problem

HERE = Path(__file__).parent / "good"
DISTRICT = (HERE / "district.yaml").read_text(encoding="utf-8")
JOB = (HERE / "students.yaml").read_text(encoding="utf-8").replace("name: students", "name: trap")
FAR = """\
version: 1
kind: patrons
name: trap
source:
  type: sftp
  url: sftp://sis.example.org:22/exports/springfield
  username: library
  password: ${env:PATH}
  host_key: SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
  file: students.csv
properties:
  match_by: district_id
  fields: {district_id: StudentID, site: School, barcode: StudentID, last_name: Last}
"""


def job(old: str, new: str) -> bytes:
    assert old in JOB, old
    return JOB.replace(old, new).encode()


def far(old: str, new: str) -> bytes:
    assert old in FAR, old
    return FAR.replace(old, new).encode()


def also(text: str) -> bytes:
    return (JOB + text).encode()


def records(number: str) -> bytes:
    return job("when_records_read_over: 43000", f"when_records_read_over: {number}")


def at(time_of_day: str) -> bytes:
    return job('at: "02:00"', f"at: {time_of_day}")


def password(text: str) -> bytes:
    return far("password: ${env:PATH}", f"password: {text}")


def file(name: str) -> bytes:
    return job("file: students.csv", f"file: {name}")


def laughs() -> bytes:
    lines = ["a0: &a0 [x, x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
    return ("\n".join(lines) + "\n").encode()


PRIVATE_KEY = "key: |\n  -----BEGIN OPENSSH PRIVATE KEY-----\n  AAAA\n  -----END OPENSSH PRIVATE KEY-----\n"
TRAPS: dict[str, tuple[bytes, str]] = {
    # anchors, tags, keys
    "ten thousand laughs": (laughs(), "yaml-anchor"),
    "an alias that holds itself": (b"a: &a [*a]\n", "missing-key unknown-key yaml-anchor"),
    "an alias to nothing": (job("name: trap", "name: *nope"), "yaml-anchor"),
    "a harmless anchor": (job("kind: patrons", "kind: &k patrons"), "yaml-anchor"),
    "a merge key": (also("base: &b {x: y}\nmore: {<<: *b}\n"), "unknown-key yaml-anchor"),
    "a key twice": (also("removal: {when_records_read_over: 0, scope: everyone}\n"), "duplicate-key"),
    "a nested key twice": (job("  path: exports", "  path: elsewhere\n  path: exports"), "duplicate-key"),
    "keys that a looser reader takes for one": (b"1: a\n01: b\ntrue: c\nyes: d\n", "missing-key unknown-key"),
    "a tag that runs a program": (job("name: trap", "name: !!python/object/apply:os.system [id]"), "yaml-tag"),
    "a tag that makes an object": (job("name: trap", "name: !!python/object/new:subprocess.Popen [[id]]"), "yaml-tag"),
    "a tag that names a function": (job("name: trap", "name: !!python/name:os.system"), "yaml-tag"),
    "a tag that makes a tuple": (job("name: trap", "name: !!python/tuple [a, b]"), "yaml-tag"),
    "a tag that includes a file": (job("description: Nightly", "description: !include /etc/passwd #"), "yaml-tag"),
    "a tag for bytes": (job("name: trap", "name: !!binary aGVsbG8="), "yaml-tag"),
    "a tag for a set": (also("a: !!set {x, y}\n"), "yaml-tag"),
    "a tag for text": (at("!!str 12:30"), "yaml-tag"),
    # words and numbers
    "Norway": (also("country: NO\n"), "unknown-key"),
    "a key called on": (also("on: weekdays\n"), "unknown-key"),
    "off where a switch belongs": (job("enabled: true", "enabled: off"), "wrong-type"),
    "yes where a switch belongs": (job("enabled: true", "enabled: yes"), "wrong-type"),
    "NO in a list": (job("in: [W, G]", "in: [NO, ON, Y]"), ""),
    "12:30 without quotes": (at("12:30"), ""),
    "02:30 without quotes": (at("02:30"), ""),
    "2:30 without quotes": (at("2:30"), "time-invalid"),
    "a time with seconds": (at("10:20:30"), "time-invalid"),
    "24:00": (at('"24:00"'), "time-invalid"),
    "a time in the afternoon": (at("2:30 PM"), "time-invalid"),
    "a host that is a number to base 60": (far("sftp://sis.example.org:22/exports/springfield", "10:22"), "url-invalid"),
    "an octal number": (records("010"), "wrong-type"),
    "a hexadecimal number": (records("0x1F"), "wrong-type"),
    "a binary number": (records("0b11"), "wrong-type"),
    "a number with an underscore": (records("43_000"), "wrong-type"),
    "a number with a comma": (records("43,000"), "wrong-type"),
    "a number with an exponent": (records("4e4"), "wrong-type"),
    "a whole number with a point": (records("43000.0"), "wrong-type"),
    "no number, for which no limit ever trips": (records(".nan"), "wrong-type"),
    "infinity": (records(".inf"), "wrong-type"),
    "a negative number": (records("-1"), "out-of-range"),
    "a switch for a number": (records("true"), "wrong-type"),
    "a number of 4,301 digits": (records("9" * 4301), "wrong-type"),
    "a number of a million digits": (records("9" * 1_000_000), "file-too-big"),
    "a long number to base 60": (records("1" + ":1" * 10_000), "wrong-type"),
    "a date for a number": (records("2026-03-08"), "wrong-type"),
    "a date that there is not": (job("description: Nightly students from the SIS", "description: 2026-02-30"), ""),
    "a moment with a zone": (job("description: Nightly students from the SIS", "description: 2026-03-08 02:30:00 -6"), ""),
    "nothing, three times": (job("  path: exports\n  file: students.csv", "  path: ~\n  file:"), "wrong-type"),
    # form
    "tabs": (JOB.replace("  ", "\t").encode(), "yaml-tab"),
    "a tab after a colon": (job("name: trap", "name:\ttrap"), "yaml-tab"),
    "one blank too many": (job("  path: exports", "   path: exports"), "yaml-syntax"),
    "a section within another": (job("removal:\n  when", "  removal:\n    when"), "unknown-key"),
    "a bracket that never closes": (job("in: [W, G]}]}", "in: [W, G}]}"), "yaml-syntax"),
    "a quote that never closes": (at('"02:00'), "yaml-syntax"),
    "a colon in a value": (also("note: see: here\n"), "yaml-syntax"),
    "a list for a mapping": (b"version: 1\nkind: patrons\nname: trap\nsource: [a]\nproperties: [b]\n", "wrong-type"),
    "nothing at all": (b"", "empty-file"),
    "only a comment": (b"# later\n", "empty-file"),
    "one word": (b"hello\n", "not-a-mapping"),
    "a list": (b"- name: trap\n", "not-a-mapping"),
    "two documents": ((JOB + "---\n" + JOB).encode(), "yaml-documents"),
    "a directive": (("%YAML 1.2\n---\n" + JOB).encode(), "yaml-documents"),
    "20,000 brackets": (b"a: " + b"[" * 20_000 + b"]" * 20_000 + b"\n", "yaml-too-deep"),
    "5,000 mappings on a line": (b"a: " + b"{a: " * 5_000 + b"1" + b"}" * 5_000 + b"\n", "yaml-too-deep"),
    "600 nested mappings": ("".join(" " * n + "a:\n" for n in range(600)).encode(), "yaml-too-deep"),
    "five megabytes of keys": ("".join(f"k{n}: v\n" for n in range(500_000)).encode(), "file-too-big"),
    "a long comment": (b"# " + b"x" * 1_500_000 + b"\n" + JOB.encode(), "file-too-big"),
    "a list as a key": (also("? [a, b]\n: c\n"), "key-not-text"),
    "null as a key": (also("~: x\n"), "key-not-text"),
    "a number as a key": (also("5: x\n"), "unknown-key"),
    "an equals sign": (also("a: =\n"), "unknown-key"),
    "braces for a template, without quotes": (job("barcode: {template: \"P {StudentID}\"}", "barcode: {{ StudentID }}"), "unquoted-braces"),
    "code of a template in a text": (job("description: Nightly", "description: \"{{ ''.__class__.__mro__ }}\" #"), ""),
    # letters
    "a letter of Latin-1": (JOB.encode().replace(b"Nightly", b"caf\xe9"), "not-utf8"),
    "a byte order mark": (b"\xef\xbb\xbf" + JOB.encode(), ""),
    "UTF-16": (b"\xff\xfe" + JOB.encode("utf-16-le"), ""),
    "line ends of old machines": (JOB.replace("\n", "\r").encode(), ""),
    "a NUL": (also("a: \0\n"), "control-character"),
    "a bell": (also("a: \x07\n"), "control-character"),
    "a text that runs backwards": (far("sis.example.org", "sis\u202egro.live.example.org"), "invisible-character"),
    "a zero-width space that is meant": (job("last_name: Last", 'last_name: "\\u200bLast"'), ""),
    "blanks that do not break": (job("  path: exports", "\u00a0\u00a0path: exports"), "invisible-character"),
    # secrets
    "a password that a comment cuts": (password("abc #def"), "secret-in-clear"),
    "a password": (password("S3cret-Pa55"), "secret-in-clear"),
    "a password of digits": (password("012345"), "secret-in-clear"),
    "a password that is a switch": (password("yes"), "secret-in-clear"),
    "a password in an address": (far("sftp://sis", "sftp://export:S3cret-Pa55@sis"), "secret-in-clear"),
    "a private key": (also(PRIVATE_KEY), "secret-in-clear unknown-key"),
    "a shell's variable": (job("description: Nightly students from the SIS", "description: ${HOME}$(id)"), "reference-syntax"),
    # keys and schema
    "a guard's key misspelt": (job("removal:", "removel:"), "unknown-key"),
    "a nested key misspelt": (far("host_key:", "hostkey:"), "host-key-missing unknown-key"),
    "a key with a capital": (job("schedule:", "Schedule:"), "unknown-key"),
    "a key of the schema's language": (also("$ref: file:///etc/passwd\n"), "unknown-key"),
    "a pattern that never ends elsewhere": (job("'^([^@]+)@.*$', replace: '$1'", "'(a+)+$', replace: ''"), ""),
    "a number for the kind of source": (job("type: directory", "type: 5"), "wrong-value"),
    "a list for the kind of source": (job("type: directory", "type: [directory]"), "wrong-value"),
    # paths, hosts, names
    "a path that climbs": (file("../../../../etc/shadow"), "path-not-plain"),
    "a path of the machine": (file("/etc/shadow"), "path-not-plain"),
    "a NUL in a path": (file('"a\\0.csv"'), "control-character"),
    "a star": (file("'*.csv'"), "path-not-plain"),
    "an address for a file": (file("file:///etc/passwd"), "path-not-plain"),
    "a home": (file("~/students.csv"), "path-not-plain"),
    "braces in a name": (file("'{host}.csv'"), "path-not-plain"),
    "a host that is an option": (far("sis.example.org", "-oProxyCommand=touch"), "url-invalid"),
    "a host with a user": (far("sis.example.org:22", "root@evil.example.org:2222"), "url-invalid"),
    "no host key": (far("  host_key: SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", ""), "host-key-missing"),
    "a host key of MD5": (far(f"SHA256:{'A' * 43}", "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df"), "host-key-md5"),
    "a name that is a path": (job("name: trap", "name: ../../etc/cron.d/x"), "name-invalid"),
    "a name of 300 letters": (job("name: trap", f"name: {'x' * 300}"), "name-invalid"),
    "a name of two lines": (job("name: trap", 'name: "a\\nb"'), "name-invalid"),
    "a name of markup": (job("name: trap", 'name: "<script>alert(1)</script>"'), "name-invalid"),
    "an encoding that there is not": (job("windows-1252", "martian-8"), "wrong-value"),
    "an encoding that is none": (job("windows-1252", "unicode_escape"), "wrong-value"),
}  # fmt: skip
ZONES = {
    "America/Chcago": "time-zone-unknown",
    "EST": "time-zone-fixed",
    "../../../etc/passwd": "time-zone-unknown",
    "america/chicago": "time-zone-unknown",
    '""': "wrong-length",
}
# What is said of the file as a whole has no line.
NO_PLACE = {"file-too-big"}


def errors(folder: Path, raw: bytes, district: str = DISTRICT) -> list[Problem]:
    (folder / "district.yaml").write_text(district, encoding="utf-8")
    (folder / "trap.yaml").write_bytes(raw)
    return [problem for problem in check_paths([folder]) if problem.severity == "error"]


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_answered_at_its_place_and_quickly(name: str, tmp_path: Path) -> None:
    raw, expected = TRAPS[name]
    begun = time.process_time()
    found = errors(tmp_path, raw)
    assert time.process_time() - begun < 2
    assert sorted({problem.code for problem in found}) == sorted(expected.split())
    assert [problem.code for problem in found if problem.place is None and problem.code not in NO_PLACE] == []
    assert all(problem.hint for problem in found)
    assert not re.search("S3cret|012345", "".join(f"{problem.text} {problem.hint}" for problem in found))


@pytest.mark.parametrize(("zone", "expected"), ZONES.items())
def test_a_zone_that_is_none_is_refused_and_one_without_daylight_time_is_warned_of(zone: str, expected: str, tmp_path: Path) -> None:
    errors(tmp_path, JOB.encode(), re.sub("time_zone: .*", f"time_zone: {zone}", DISTRICT))
    assert [problem.code for problem in check_paths([tmp_path])] == [expected]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (job("when_blank: clear", "when_blank: empty"), "write keep, clear or {default: Unknown}"),
        (job("scope: {patron_types: [Student], access_levels: [Patron], personas: [student]}", "scope: all"), "{patron_types: [Student]}"),
        (job("personas: [student]}", "personas: [student]"), "it opens in line 50: "),
    ],
)
def test_a_hint_names_all_that_may_stand_there_and_where_a_brace_opens(raw: bytes, said: str, tmp_path: Path) -> None:
    (problem,) = errors(tmp_path, raw)
    assert said in str(problem.hint)
