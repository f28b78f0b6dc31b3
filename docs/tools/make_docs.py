"""`make docs`: writes the generated pages. `--check` writes nothing and fails where a page is not what would be written."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from docs.tools import messages_page, schema_page


def pages() -> dict[Path, str]:
    """Every generated page by its path, as it ought to be."""
    names = ("district", "job", "test")
    district, job, test = (json.loads(Path("schemas", f"{name}.schema.json").read_text(encoding="utf-8")) for name in names)
    return {
        Path("docs/job-reference.md"): schema_page.page(district, job, test),
        Path("docs/messages.md"): messages_page.page(),
    }


def main() -> int:
    """The command."""
    stale = []
    for path, text in pages().items():
        wanted = text.rstrip() + "\n"
        if path.exists() and path.read_text(encoding="utf-8") == wanted:
            continue
        stale.append(path)
        if "--check" not in sys.argv:
            path.write_text(wanted, encoding="utf-8")
    for path in stale:
        print(f"{path} {'is not current: run make docs' if '--check' in sys.argv else 'written'}")
    if not stale:
        print("The generated pages are current.")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    raise SystemExit(main())
