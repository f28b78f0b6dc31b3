"""Looking a text up in the district's lists: sites by short name or alias, patron types, access levels, defaults of a site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import polars as pl

from runner.job.model import Site


def site_named(value: pl.Expr, sites: Sequence[Site]) -> pl.Expr:
    """The canonical short name of the site that `value` names by short name or alias, null where none does.

    Exact spelling goes first, short names before aliases; then capitals are overlooked where that leaves one site alone.
    """
    named: dict[str, str] = {alias.strip(): site.short_name for site in sites for alias in site.aliases}
    named |= {site.short_name: site.short_name for site in sites}
    return _look_up(value, named, None)


def named_in(value: pl.Expr, names: Sequence[str], *, keep_others: bool = True) -> pl.Expr:
    """`value` in the spelling of the list, capitals overlooked; a name that is not in it as given, or null."""
    return _look_up(value, {name: name for name in names}, value if keep_others else None)


def default_of_site(sites: Sequence[Site], default: Callable[[Site], str | None]) -> pl.Expr:
    """The default that the record's canonical `site` has, null where it has none or the record has no site."""
    return _replaced(pl.col("site"), {site.short_name: text for site in sites if (text := default(site))}, None)


def _look_up(value: pl.Expr, exact: Mapping[str, str], other: pl.Expr | None) -> pl.Expr:
    folded = _unambiguous((name.lower(), meaning) for name, meaning in exact.items())
    return _replaced(value, exact, _replaced(value.str.to_lowercase(), folded, other))


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    distinct = set(pairs)
    times = Counter(name for name, _ in distinct)
    return {name: meaning for name, meaning in distinct if times[name] == 1}


def _replaced(value: pl.Expr, meanings: Mapping[str, str], other: pl.Expr | None) -> pl.Expr:
    if not meanings:
        return other if other is not None else pl.lit(None, dtype=pl.String)
    return value.replace_strict(dict(meanings), default=other, return_dtype=pl.String)
