"""docs/images/summary.png: the top of a real report, photographed with Chromium. `python -m docs.tools.picture PATH/summary.html`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PICTURE = Path("docs/images/summary.png")


def main() -> int:
    """The command."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        print("Chromium is needed to take the picture (Debian: apt install chromium).", file=sys.stderr)
        return 1
    page = Path(sys.argv[1]).resolve().as_uri()
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}"]
        looks = ["--window-size=1100,1180", f"--screenshot={PICTURE.resolve()}", page]
        subprocess.run([browser, *words, *looks], check=True, capture_output=True, timeout=60)
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
