"""Who gets a barcode, a district id or a username that several want. (docs/domain.md section 4.)

Judged on the state after the whole plan: first everybody is thought to get what it wants; who cannot, keeps what it had, which may be in
the way of others; and so on until nothing changes any more. A claim that was lost still counts as a claim, so order never decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Key = tuple[str, ...]


@dataclass
class Claim:
    """A wish for `key`. Who gets it gives up `releases`. Losing a `fatal` claim refuses the record."""

    key: Key
    releases: frozenset[Key] = frozenset()
    fatal: bool = True


@dataclass
class Move:
    """What a record does to keys: its claims, what it gives up in any case unless it is refused, and the line that it depends on."""

    owner: int
    line: int
    claims: list[Claim] = field(default_factory=list)
    releases: set[Key] = field(default_factory=set)
    needs: int | None = None


@dataclass
class Verdict:
    """The refused lines, those refused only because the line they need was, and the claims (line, key) that were lost."""

    refused: set[int]
    orphaned: set[int]
    lost: set[tuple[int, Key]]


def judge(moves: list[Move], holders: Mapping[Key, int]) -> Verdict:
    """The verdict on all moves; `holders` says who has each key before."""
    wanted: dict[Key, set[int]] = {}
    for move in moves:
        for claim in move.claims:
            wanted.setdefault(claim.key, set()).add(move.owner)
    verdict = Verdict(set(), set(), set())
    while True:
        before = (len(verdict.refused), len(verdict.orphaned), len(verdict.lost))
        _one_round(moves, holders, wanted, verdict)
        if before == (len(verdict.refused), len(verdict.orphaned), len(verdict.lost)):
            return verdict


def _one_round(moves: list[Move], holders: Mapping[Key, int], wanted: dict[Key, set[int]], verdict: Verdict) -> None:
    """Everybody is judged by how things stood at the start of the round."""
    freed = _freed(moves, verdict)
    lost = {
        (move.line, claim.key)
        for move in moves
        for claim in move.claims
        if len(wanted[claim.key]) > 1 or (holders.get(claim.key, move.owner) != move.owner and claim.key not in freed)
    }
    gone = verdict.refused | verdict.orphaned
    verdict.orphaned |= {move.line for move in moves if move.needs in gone and move.line not in verdict.refused}
    verdict.lost |= lost
    verdict.refused |= {move.line for move in moves for claim in move.claims if claim.fatal and (move.line, claim.key) in lost}


def _freed(moves: list[Move], verdict: Verdict) -> set[Key]:
    freed: set[Key] = set()
    for move in moves:
        if move.line in verdict.refused | verdict.orphaned:
            continue
        freed |= move.releases
        for claim in move.claims:
            if (move.line, claim.key) not in verdict.lost:
                freed |= claim.releases
    return freed
