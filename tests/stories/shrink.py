"""The smallest story in which a difference stays."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from tests.stories.facts import Deed, Run, Staff, Story, Write

Part = TypeVar("Part")
Holds = Callable[[Story], bool]


def shrunk(story: Story, differs: Holds, seconds: float = 300.0) -> Story:
    """The story with as few deeds, lines, statements and limits as it can have while it `differs`, or as was found in `seconds`."""
    ends = time.monotonic() + seconds

    def holds(smaller: Story) -> bool:
        return time.monotonic() < ends and _told(differs, smaller)

    before = None
    while story != before:
        before = story
        story = replace(story, deeds=fewer(story.deeds, lambda deeds, told=story: holds(replace(told, deeds=deeds))))  # type: ignore[misc]
        story = replace(story, limits=_fewer_limits(story, holds))
        for at in range(len(story.deeds)):
            story = _with(story, at, _smaller(story, at, holds))
    return story


def fewer(parts: Sequence[Part], holds: Callable[[tuple[Part, ...]], bool]) -> tuple[Part, ...]:
    """As few of the parts as will do, large pieces tried before small ones, from the end."""
    left = tuple(parts)
    size = (len(left) + 1) // 2
    while size:
        start = len(left) - size
        while start > -size:
            without = left[: max(0, start)] + left[start + size :]
            if holds(without):
                left = without
            start -= size
        size //= 2
    return left


def _told(differs: Holds, story: Story) -> bool:
    try:
        return differs(story)
    except Exception:  # a story made senseless by dropping a part
        return False


def _fewer_limits(story: Story, holds: Holds) -> dict[str, float]:
    return dict(fewer(tuple(story.limits.items()), lambda items: holds(replace(story, limits=dict(items)))))


def _with(story: Story, at: int, deed: Deed) -> Story:
    return replace(story, deeds=(*story.deeds[:at], deed, *story.deeds[at + 1 :]))


def _smaller(story: Story, at: int, holds: Holds) -> Deed:
    """The deed with as few lines, statements or words as will do."""
    match deed := story.deeds[at]:
        case Write(path, content):
            lines = content.splitlines(keepends=True)
            return Write(path, b"".join(fewer(lines, lambda kept: holds(_with(story, at, Write(path, b"".join(kept)))))))
        case Staff(edits):
            return Staff(fewer(edits, lambda kept: holds(_with(story, at, Staff(kept)))))
        case Run():
            return replace(deed, words=fewer(deed.words, lambda kept: holds(_with(story, at, replace(deed, words=kept)))))
    return deed
