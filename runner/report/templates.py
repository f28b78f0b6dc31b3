"""The templates in templates/reports/, from the installed package or the repository, and the one environment that fills them.

Autoescape is a function of the template's name: HTML always, the plain text never, for there `&amp;` would be wrong and there is nothing to
escape but control characters. Those, and marks that turn a line round, become visible in both, by `finalize`, which no template can forget.
Text from a file is only ever a value, never a template; no template makes a link from data.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from runner.report.printable import printable
from runner.report.wording import number

if TYPE_CHECKING:
    from jinja2 import Environment

_OF_A_RUN = (
    *("summary.html.j2", "frame.html.j2", "parts.html.j2", "facts.html.j2"),
    *("summary.txt.j2", "group.txt.j2", "facts.txt.j2", "index.html.j2"),
)
_CODE = re.compile("`([^`]+)`")


@cache
def templates_folder() -> Traversable:
    """Where the report templates stand: inside the installed package, else in the repository, whatever the working directory."""
    packaged = resources.files("runner") / "templates" / "reports"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "templates" / "reports"


@cache
def environment() -> Environment:
    """The one environment of all reports."""
    from runner.report.environment import new_environment

    filters: dict[str, Callable[..., Any]] = {"number": number, "coded": _coded}
    return new_environment(templates_folder(), _source, autoescape=_is_html, finalize=_visible, filters=filters)


def prepare_templates() -> None:
    """Reads the templates of a run's report; compiles them where that was not done yet, which takes a fifth of a second. Meant for a
    thread beside other work."""
    for name in _OF_A_RUN:
        environment().get_template(name)


def filled(template: str, **values: Any) -> str:
    """The template with these values."""
    return environment().get_template(template).render(values)


def page(template: str, **values: Any) -> str:
    """An HTML template with our style, our one script and a policy that lets nothing else in."""
    style, script = _source("report.css"), _source("report.js")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'; img-src 'none'; connect-src 'none'"
    )
    return filled(template, **values, style=Markup(style), script=Markup(script), policy=policy)


@cache
def _source(name: str) -> str:
    return (templates_folder() / name).read_text(encoding="utf-8")


def _is_html(name: str | None) -> bool:
    return name is None or not name.endswith(".txt.j2")


def _visible(value: Any) -> Any:
    """Control, bidi and invisible characters of plain text as visible escapes; our own markup as it is."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _coded(text: str) -> Markup:
    """Text of our own as markup, with what stands in `backticks` as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(printable(text)))))


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
