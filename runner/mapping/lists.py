"""Looking a text up in a list: sites by short name or alias, patron types, access levels, words for status and gender."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import polars as pl
from msgspec import Struct

from runner.composed import comparable, compose
from runner.job.model import Site


class LookUp(Struct, frozen=True):
    """`exact` finds texts spelled as in the list and is null for any other. `rarely` overlooks capitals and says what becomes of a
    text that is not in the list at all: it costs more and is asked only where some text of a batch was not found."""

    exact: pl.Expr
    rarely: pl.Expr


def look_up(value: pl.Expr, meanings: Mapping[str, str], other: pl.Expr | None = None) -> LookUp:
    """What `value` means. Exact spelling goes first, whatever form its letters have; then capitals are overlooked where that leaves one
    meaning. `other`: for the rest."""
    composed = {compose(name): meaning for name, meaning in meanings.items()}
    folded = _unambiguous((name.lower(), meaning) for name, meaning in composed.items())
    letters = comparable(value, composed)
    anyway = _replaced(letters, composed, _replaced(letters.str.to_lowercase(), folded, other))
    return LookUp(_replaced(value, meanings, None), anyway)


def sites_by_name(sites: Sequence[Site]) -> dict[str, str]:
    """Short names by short name and alias; where one site's alias is another's short name, the short name counts."""
    named = {alias.strip(): site.short_name for site in sites for alias in site.aliases}
    return named | {site.short_name: site.short_name for site in sites}


def as_usually_written(words: Mapping[str, str]) -> dict[str, str]:
    """The words in capitals and with a capital letter too, so that the exact look-up finds what people usually write."""
    return {form: meaning for word, meaning in words.items() for form in (word, word.upper(), word.capitalize())}


def default_of_site(sites: Sequence[Site], default: Callable[[Site], str | None]) -> pl.Expr:
    """The default that the record's canonical `site` has, null where it has none or the record has no site."""
    return _replaced(pl.col("site"), {site.short_name: text for site in sites if (text := default(site))}, None)


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    distinct = set(pairs)
    times = Counter(name for name, _ in distinct)
    return {name: meaning for name, meaning in distinct if times[name] == 1}


def _replaced(value: pl.Expr, meanings: Mapping[str, str], other: pl.Expr | None) -> pl.Expr:
    if not meanings:
        return other if other is not None else pl.lit(None, dtype=pl.String)
    return value.replace_strict(dict(meanings), default=other, return_dtype=pl.String)
