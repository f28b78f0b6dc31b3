"""Many seeds by hand: `python -m tests.stories.search FROM TO [--minutes M] [--postgres] [--shrink] [--way WAY]`.

Tells the stories of seeds FROM to TO - 1, no more than fit into M minutes; prints each difference and, with --shrink, the smallest story
in which it stays, as Python that a test can tell. --way compares not fast paths on and off, but runs as they are and runs that go another
way (tests.stories.otherwise). At the end it says what the stories met. One thread is as fast as many:
POLARS_MAX_THREADS=1.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.contracts.postgres import Server
from tests.stories.compare import Difference, difference, told_to_both
from tests.stories.facts import Story
from tests.stories.otherwise import WAYS
from tests.stories.shrink import shrunk
from tests.stories.telling import story_of
from tests.stories.workspace import Workspace


class Search:
    """Tells stories in folders of their own, and in schemas of their own where there is a server."""

    def __init__(self, server: Server | None, way: str | None = None) -> None:
        self._server, self._way = server, way
        self.met: Counter[str] = Counter()

    def tell(self, story: Story, met: Counter[str] | None = None) -> Difference | None:
        with tempfile.TemporaryDirectory() as folder, self._addresses() as addresses:
            if self._way is not None:
                plain, other = Workspace(Path(folder, "plain"), "on", story), WAYS[self._way](Path(folder, "other"), "on", story)
                return told_to_both(plain, other, story, met)
            return difference(story, Path(folder), addresses, met)

    def shrink(self, story: Story, found: Difference) -> Story:
        def differs_alike(smaller: Story) -> bool:
            other = self.tell(smaller)
            return other is not None and bool(set(found.parts) & set(other.parts))

        return shrunk(story, differs_alike)

    @contextmanager
    def _addresses(self) -> Iterator[tuple[str, str] | None]:
        if self._server is None:
            yield None
            return
        addresses = self._server.address(), self._server.address()
        yield addresses
        for each in addresses:
            self._server.clear(each)


def main(seeds: range, minutes: float, search: Search, *, shrink: bool) -> None:
    ends, told, differing = time.monotonic() + 60 * minutes, 0, 0
    for seed in seeds:
        if time.monotonic() > ends:
            break
        told += 1
        try:
            found = search.tell(story_of(seed), search.met)
        except Exception:  # of the search itself: the other seeds are still worth telling
            print(f"seed {seed}: {traceback.format_exc()}", flush=True)
            continue
        if found is not None:
            differing += 1
            print(f"seed {seed}: {found}", flush=True)
            if shrink:
                small = search.shrink(story_of(seed), found)
                print(f"made small: {search.tell(small)}\n{printed(small)}", flush=True)
    print(f"{told} stories, {differing} with differences; met in those without any:")
    for what, count in sorted(search.met.items()):
        print(f"{count:6} {what}")


def printed(story: Story) -> str:
    """The story as Python, a deed a line."""
    deeds = "".join(f"        {deed!r},\n" for deed in story.deeds)
    return f"Story(\n    {story.jobs!r},\n    (\n{deeds}    ),\n    {dict(story.limits)!r},\n    {story.forced!r},\n)"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.stories.search", description=__doc__)
    parser.add_argument("first", metavar="FROM", type=int)
    parser.add_argument("end", metavar="TO", type=int)
    parser.add_argument("--minutes", metavar="M", type=float, default=60.0)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--way", choices=list(WAYS))
    asked = parser.parse_args()
    own_server = Server() if asked.postgres else None
    try:
        main(range(asked.first, asked.end), asked.minutes, Search(own_server, asked.way), shrink=asked.shrink)
    finally:
        if own_server is not None:
            own_server.close()
