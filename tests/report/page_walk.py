"""An HTML page taken apart by the standard library's parser: what tests about safety look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "br", "img", "input", "hr", "rect", "path"}


@dataclass
class Page:
    """`tags`: every start tag with its attributes; `text`: all text outside style and script; `scripts`, `styles`: their contents."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""
    scripts: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)

    def all(self, name: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag == name]

    def attributes(self) -> list[tuple[str, str]]:
        return [(name, value) for _, attributes in self.tags for name, value in attributes.items()]


def walk(html: str) -> Page:
    """The page; `unclosed` names elements that were closed in the wrong order or not at all."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    parser.page.unclosed += parser.open
    return parser.page


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.page.unclosed.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.page.scripts.append(data)
        elif self.open and self.open[-1] == "style":
            self.page.styles.append(data)
        else:
            self.page.text += data + " "
