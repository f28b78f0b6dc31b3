"""How long to wait before a slot is tried again whose worker came to no good end."""

from __future__ import annotations

from datetime import datetime, timedelta

_FIRST = timedelta(seconds=15)
_LONGEST = timedelta(minutes=15)


class Patience:
    """Counts failed tries of each slot. The first new try is at once: where a run failed, it finds the slot settled. Then pauses grow."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], tuple[int, datetime]] = {}

    def may_try(self, job: str, slot: str, now: datetime) -> bool:
        """Whether the slot's pause is over."""
        _, until = self._until.get((job, slot), (0, now))
        # A clock that was set back must not make a pause of years.
        return now >= until or until - now > _LONGEST

    def failed(self, job: str, slot: str, now: datetime) -> int:
        """Notes a try that came to no good end; gives how many there were."""
        tries = self._until.get((job, slot), (0, now))[0] + 1
        pause = timedelta(0) if tries == 1 else min(_LONGEST, _FIRST * 2 ** min(tries - 2, 10))
        self._until[job, slot] = tries, now + pause
        return tries

    def forget(self, job: str, slot: str) -> None:
        """The slot is settled."""
        self._until.pop((job, slot), None)
