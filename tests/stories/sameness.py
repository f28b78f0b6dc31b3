"""What two tellings of a story cannot have in common, written alike: folders, names of runs, the machine's own clock, salts."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Facts = dict[str, list[str]]  # what is compared: lines of text under a name
READ_IN_FULL = "read-in-full"  # a note on a fast path that was not taken
_NAME = re.compile(r"(\d{8}T\d{6}Z-[a-z0-9-]+?-)[0-9a-f]{4,}\b")
_TRACEBACK = re.compile(r"traceback-[0-9a-f]+")
_FINISHED = re.compile(r"(T\d\d:\d\d:\d\d)\.\d{3}000")
_SECONDS = re.compile(r"\d+(\.\d+)?\s*(ms|s|seconds?)\b")
_TO_THE_SECOND = re.compile(r"(\d\d:\d\d:)\d\d(\s+)UTC")
_TOOK_IN_TEXT = re.compile(r"(?m)^ *Took .*(\n {20,}.*)*")
_TOOK_ON_A_PAGE = re.compile(r"(?s)<dt[^>]*>\s*Took\s*</dt>.*?</dd>")
_SAVED = re.compile(r"  note='a saved plan of [^']+'")
_OF_THE_PAGE = re.compile(r"sha256-[A-Za-z0-9+/=]+")
_ALWAYS_DIFFERENT = ("files", "started_at", "finished_at", "seconds", "timings")


class Sameness:
    """One telling's own names: of its folder `root`, as long as that of the other telling; of its `runs`, in their order."""

    def __init__(self, root: Path, address: str | None) -> None:
        # A line of a report may end in the middle of a long path.
        self._root = re.compile(r"\s*".join(map(re.escape, str(root))))
        self._own = [(address, "ADDRESS"), (address.rpartition("%3D")[2], "SCHEMA")] if address else []
        self.runs: list[str] = []

    def text(self, text: str) -> str:
        """The text without what is this telling's own."""
        text = self._root.sub("ROOT", text)
        for own, told in self._own:
            text = text.replace(own, told)
        for number, run in enumerate(self.runs):
            text = text.replace(run, f"(run {number})")
        text = _SAVED.sub("", _TRACEBACK.sub("traceback", _NAME.sub(r"\1XXXX", text)))
        return _machine_time().sub("(now)", _FINISHED.sub(r"\1.XXX", text))

    def document(self, document: dict[str, Any]) -> list[str]:
        """What a command answers in JSON."""
        said = {name: value for name, value in document.items() if name not in _ALWAYS_DIFFERENT}
        if isinstance(messages := said.get("messages"), list):
            said["messages"] = [each for each in messages if each["code"] != READ_IN_FULL]
        return self.text(json.dumps(said, indent=1, sort_keys=True)).splitlines()

    def report(self, folder: Path, *, in_full: bool) -> Facts:
        """A run's folder, file by file. A telling that says that it read `in_full` has other texts for people: these it does not show."""
        found: Facts = {}
        for path in sorted(folder.iterdir()):
            if path.suffix in (".txt", ".html") and path.stem == "summary":
                found[path.name] = [READ_IN_FULL] if in_full else self._page(path)
            elif path.name == "messages.csv":
                rows = csv.reader(io.StringIO(self.text(path.read_text(encoding="utf-8")), newline=""))
                found[path.name] = [repr(row) for row in rows if READ_IN_FULL not in row]
            elif path.name == "summary.json":
                found[path.name] = self.document(json.loads(path.read_bytes()))
            else:
                found[_TRACEBACK.sub("traceback", path.name)] = self._text_of(path) if path.name == "changes.csv" else ["there"]
        return found

    def _text_of(self, path: Path) -> list[str]:
        return self.text(path.read_text(encoding="utf-8")).splitlines()

    def _page(self, path: Path) -> list[str]:
        text = _TOOK_ON_A_PAGE.sub("", _TOOK_IN_TEXT.sub("Took", self.text(path.read_text(encoding="utf-8"))))
        text = _SECONDS.sub("(seconds)", _OF_THE_PAGE.sub("(hash)", _TO_THE_SECOND.sub(r"\1SS\2UTC", text)))
        return [line.strip() for line in text.splitlines() if line.strip()]


def _machine_time() -> re.Pattern[str]:
    """Times that the database itself wrote, today or just before midnight."""
    days = (datetime.now(UTC) - timedelta(days=1), datetime.now(UTC))
    return re.compile(f"({'|'.join(f'{day:%Y-%m-%d}' for day in days)})T[0-9:.]+Z?")
