"""Many seeds by hand: `python -m tests.oracle.hunt FIRST COUNT [--shrink N] [--csv] [--crowds]`.

Prints the differences by kind, the commonest first, and the first story of the N commonest made small.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from tests.oracle.compare import differences
from tests.oracle.shrink import printed, shrunk
from tests.oracle.stories import crowd_of, story_of


def main(first: int, count: int, shrinks: int, by_csv: bool, crowds: bool) -> None:
    tell = crowd_of if crowds else story_of
    kinds: dict[str, list[int]] = defaultdict(list)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            found = differences(tell(seed), Path(folder) if by_csv else None)
            if found:
                kinds[re.sub(r"-?\d+|'[^']*'|night", "#", found[0])].append(seed)
    failing = sum(map(len, kinds.values()))
    print(f"{count} seeds in {time.monotonic() - started:.0f} s, {failing} with differences")
    for kind, seeds in sorted(kinds.items(), key=lambda pair: -len(pair[1])):
        print(f"{len(seeds):6} {kind}   seeds {seeds[:5]}")
    for seeds in sorted(kinds.values(), key=len, reverse=True)[:shrinks]:
        story = shrunk(tell(seeds[0]))
        print(f"\n=== seed {seeds[0]}\n{printed(story)}\n" + "\n".join(f"- {each}" for each in differences(story)))


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [int(word) for word in words if word.isdigit()]
    main(numbers[0], numbers[1], numbers[2] if "--shrink" in words else 0, "--csv" in words, "--crowds" in words)
