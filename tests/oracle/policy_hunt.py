"""Many seeds by hand: `python -m tests.oracle.policy_hunt FIRST COUNT [--nights]`. Prints the differences by kind, the commonest first."""

from __future__ import annotations

import re
import sys
import time
from collections import defaultdict

from tests.oracle.policy_compare import differences as of_decisions
from tests.oracle.policy_nights import night_of
from tests.oracle.policy_stories import tale_of
from tests.oracle.policy_whole import differences as of_night


def main(first: int, count: int, *, nights: bool) -> None:
    kinds: dict[str, list[tuple[int, str]]] = defaultdict(list)
    started = time.process_time()
    for seed in range(first, first + count):
        for each in of_night(night_of(seed)) if nights else of_decisions(tale_of(seed)):
            kinds[re.sub(r"\d+|: .*", "#", each)[:100]].append((seed, each))
    print(f"{count} seeds in {time.process_time() - started:.0f} s of processor time, {sum(map(len, kinds.values()))} differences")
    for kind, found in sorted(kinds.items(), key=lambda pair: -len(pair[1])):
        print(f"{len(found):6} {kind}   seeds {[seed for seed, _ in found[:5]]}\n       {found[0][1]}")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(numbers[0], numbers[1], nights="--nights" in sys.argv)
