"""Every message code has its page, every key of a schema says what it is, and generated pages are current."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from runner.cli.main import runner
from runner.cli.verbs import VERBS
from runner.job.strict_yaml import load_yaml
from runner.messages import FILE_REFUSED, MESSAGES

ROOT = Path(__file__).parents[2]
DOMAIN = (ROOT / "docs" / "domain.md").read_text(encoding="utf-8")
SECTION_9 = DOMAIN.split("## 9. Messages")[1].split("## 10.")[0]
COMMANDS = (ROOT / "docs" / "interface.md").read_text(encoding="utf-8").split("## 4. Commands")[1].split("## 6.")[0].replace("\\|", " ")
SCHEMAS = sorted((ROOT / "schemas").glob("*.schema.json"))


def test_every_code_has_its_entry_in_messages_md() -> None:
    page = (ROOT / "docs" / "messages.md").read_text(encoding="utf-8")
    missing = [code for code in (*MESSAGES, *FILE_REFUSED) if f"### {code}\n" not in page]
    assert not missing


def test_every_code_of_the_rules_is_in_the_catalog() -> None:
    codes = [code for line in SECTION_9.splitlines() if line.startswith("| `") for code in re.findall(r"`([a-z-]+)`", line.split("|")[1])]
    assert len(codes) > 40
    assert not [code for code in codes if code not in MESSAGES]


def test_the_rules_and_the_catalog_agree_on_severities() -> None:
    told = {
        code: line.split("|")[2].strip()
        for line in SECTION_9.splitlines()
        if line.startswith("| `")
        for code in re.findall(r"`([a-z-]+)`", line.split("|")[1])
    }
    assert {code: MESSAGES[code].severity for code in told if code in MESSAGES} == {code: told[code] for code in told if code in MESSAGES}


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda path: path.name)
def test_every_key_of_a_schema_has_title_description_default_and_example(schema: Path) -> None:
    lacking = [
        f"{where}: {missing}"
        for where, key in _keys(json.loads(schema.read_text(encoding="utf-8")), "")
        for missing in ("title", "description", "default", "examples")
        if missing not in key
    ]
    assert not lacking


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda path: path.name)
def test_no_mapping_of_a_schema_takes_unknown_keys_by_accident(schema: Path) -> None:
    """An open mapping (entries of a map, cells of an example) says what its values are; every other is closed."""
    loose = [where for where, node in _mappings(json.loads(schema.read_text(encoding="utf-8")), "") if "additionalProperties" not in node]
    assert not loose


def test_the_generated_pages_are_current() -> None:
    done = subprocess.run([sys.executable, "-m", "docs.tools.make_docs", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_example_and_default_of_the_job_reference_can_be_pasted() -> None:
    rows = [line for line in (ROOT / "docs" / "job-reference.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    cells = [cell[1:-1] for row in rows for cell in row.strip("| ").split(" | ")[3:] if cell.startswith("`")]
    assert len(cells) > 200
    assert not [cell for cell in cells if load_yaml(ROOT, f"key: {cell}\n".encode()).problems]


def test_the_job_reference_gives_limits_and_empty_defaults() -> None:
    page = (ROOT / "docs" / "job-reference.md").read_text(encoding="utf-8")
    assert "| whole number, 1 to 3,650 | `90` |" in page
    assert '| What to put there. | text | `""` |' in page


@pytest.mark.parametrize("verb", [*VERBS, "runs list", "runs show", "runs prune"])
def test_every_option_of_a_command_is_named_on_the_page_of_commands(verb: str) -> None:
    named = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", COMMANDS)) | {"--help"}
    options = [each for each in _command(verb).params if isinstance(each, click.Option) and not each.hidden]
    assert not [each.opts for each in options if named.isdisjoint(each.opts)]


def test_the_page_of_commands_names_no_option_that_does_not_exist() -> None:
    commands = [runner, *(_command(verb) for verb in (*VERBS, "runs list", "runs show", "runs prune"))]
    known = {name for command in commands for each in command.params for name in each.opts}
    assert set(re.findall(r"--[a-z][a-z-]+", COMMANDS)) <= known | {"--help"}


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken


def _command(verb: str) -> click.Command:
    """The command that the words name."""
    found: click.Command | None = runner
    for word in verb.split():
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(found), word)
    assert found is not None
    return found


def _keys(node: Any, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that a schema describes, with the path to it; conditions (`if`, `then`) only refine and are left out."""
    if isinstance(node, list):
        for entry in node:
            yield from _keys(entry, where)
    if not isinstance(node, dict) or ("if" in node and where):
        return  # a key that only chooses between two definitions, which are walked themselves
    for name, key in node.get("properties", {}).items():
        yield f"{where}/{name}", key
        yield from _keys(key, f"{where}/{name}")
    for inner in ("items", "additionalProperties"):
        yield from _keys(node.get(inner), f"{where}/{inner}")
    for name, definition in node.get("definitions", {}).items():
        yield from _keys(definition, f"{where}/definitions/{name}")


def _mappings(node: Any, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict) and node.get("type") == "object" and "properties" in node and "if" not in node:
        yield where or "/", node
    if isinstance(node, dict):
        for name, inner in node.items():
            if name not in ("examples", "default", "if"):
                yield from _mappings(inner, f"{where}/{name}")
