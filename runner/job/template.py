"""Templates: text with columns in braces. A literal brace is written twice."""

from __future__ import annotations

import re

from runner.job.model import Column, Template

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")


class TemplateFault(ValueError):
    """A template that cannot be read; the text says why, without quoting it."""


def parse_template(text: str) -> Template:
    """The parts of a template: texts and Columns. Raises TemplateFault for a lone brace or a brace without a name."""
    parts: list[str | Column] = []
    for match in _PIECE.finditer(text):
        piece = match.group()
        if match.group(1) is not None:
            if not match.group(1).strip():
                raise TemplateFault("braces without a column name")
            parts.append(Column(match.group(1)))
        elif piece in ("{", "}"):
            raise TemplateFault("a brace that is not closed, or closed and never opened")
        else:
            _add_text(parts, piece[0] if piece in ("{{", "}}") else piece)
    return Template(tuple(parts))


def columns_of(template: Template) -> tuple[str, ...]:
    """The names of the columns that a template reads."""
    return tuple(part.name for part in template.parts if isinstance(part, Column))


def _add_text(parts: list[str | Column], piece: str) -> None:
    if parts and isinstance(parts[-1], str):
        parts[-1] += piece
    else:
        parts.append(piece)
