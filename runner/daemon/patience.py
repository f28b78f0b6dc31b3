"""How long to wait before a slot is tried again whose worker came to no good end."""

from __future__ import annotations

from datetime import datetime, timedelta


class Patience:
    """Counts the tries of each slot that came to nothing. After so many that cost nothing (`free`) pauses grow from `first` to `longest`.

    By default for runs that failed: the first new try is at once, for it finds the slot settled."""

    def __init__(self, first: timedelta = timedelta(seconds=15), longest: timedelta = timedelta(minutes=15), *, free: int = 1) -> None:
        self._first = first
        self._longest = longest
        self._free = free
        self._until: dict[tuple[str, str], tuple[int, datetime]] = {}

    def may_try(self, job: str, slot: str, now: datetime) -> bool:
        """Whether the slot's pause is over."""
        _, until = self._until.get((job, slot), (0, now))
        # A clock that was set back must not make a pause of years.
        return now >= until or until - now > self._longest

    def failed(self, job: str, slot: str, now: datetime) -> int:
        """Notes a try that came to nothing; gives how many there were."""
        tries = self.tries(job, slot) + 1
        paid = tries - self._free
        pause = timedelta(0) if paid <= 0 else min(self._longest, self._first * 2 ** min(paid - 1, 10))
        self._until[job, slot] = tries, now + pause
        return tries

    def tries(self, job: str, slot: str) -> int:
        """How many tries came to nothing."""
        return self._until[job, slot][0] if (job, slot) in self._until else 0

    def forget(self, job: str, slot: str) -> None:
        """The slot is settled."""
        self._until.pop((job, slot), None)
