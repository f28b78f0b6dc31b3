"""Mapping a file batch by batch: one pass over the lazy rows, with only one batch's working columns in memory at a time.

A batch is raw cells, then cleaned cells, then mapped values, then canonical values; flags for everything that may be wrong stand beside
them only until they are counted. Messages are built for the flags that anybody raised, so a clean file pays for none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import zip_longest

import polars as pl
from msgspec import Struct

from runner.frames import MESSAGES, empty_messages, messages_from
from runner.intake.rows import Rows
from runner.job.model import FieldMap
from runner.mapping.cells import clean
from runner.mapping.given import Given, given_name
from runner.mapping.repeating import Repeating
from runner.mapping.trouble import Trouble, trouble_messages
from runner.messages import severity_of

BATCH_ROWS = 65_536
_AT_ONCE = 2


class Recipe(Struct, frozen=True):
    """A job's mapping compiled: what to read and, for each batch, what to do in which order.

    `rules`: Boolean columns on cleaned cells, by name. `values`: columns on the working frame, by name, in the order of the
    output; `rarely` gives some of them for the texts that the value does not know (runner.mapping.readings.Reading).
    `refusal_order`: the refusing codes, the first of which that a record meets becomes its `refusal`. `marks`: further Boolean
    columns of the output, by the code of the trouble that raises them.
    """

    columns: Sequence[str]
    untrimmed: Sequence[str]
    hashed: Sequence[str]
    skip: pl.Expr | None
    rules: Mapping[str, pl.Expr]
    givens: Sequence[Given]
    values: Mapping[str, pl.Expr]
    rarely: Mapping[str, pl.Expr]
    troubles: Sequence[Trouble]
    fields: Mapping[str, FieldMap]
    refusal_order: Sequence[str]
    marks: Mapping[str, str]


class Mapped(Struct, frozen=True):
    """`frame`: `line`, `row_hash`, the recipe's values, rules and marks, `refusal`; skipped rows left out. `messages`: frames.MESSAGES;
    `marked`: the same of the rows that have a mark, with the values that only these show."""

    frame: pl.DataFrame
    messages: pl.DataFrame
    skipped: int
    marked: pl.DataFrame


def map_batches(rows: Rows, recipe: Recipe, repeating: Repeating | None = None) -> Mapped:
    """All rows mapped by the recipe, in file order; messages by line, those about the file as a whole first.

    `repeating` keeps values that repeat once."""
    frames: list[pl.DataFrame] = []
    messages, marked = [rows.notes, _malformed(rows.malformed)], [empty_messages()]
    skipped = 0
    for mapped in _side_by_side(_batches(rows.frame, recipe.columns), recipe, repeating):
        frames.append(mapped.frame)
        messages.append(mapped.messages)
        marked.append(mapped.marked)
        skipped += mapped.skipped
    found = pl.concat([part.select(MESSAGES.names()) for part in messages]).sort("line", nulls_last=False, maintain_order=True)
    return Mapped(pl.concat(frames, rechunk=False), found, skipped, pl.concat(marked))


def _side_by_side(batches: Iterator[pl.DataFrame], recipe: Recipe, repeating: Repeating | None) -> Iterator[Mapped]:
    """The batches mapped, in their order. Two are under way at a time: much of a batch is work for one processor alone."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        waiting: deque[Future[Mapped]] = deque()
        for batch in batches:
            waiting.append(threads.submit(_map_batch, batch, recipe, repeating))
            if len(waiting) > _AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _batches(rows: pl.LazyFrame, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """At least one batch, so that a file without rows has the columns of any other."""
    wanted = rows.select("line", *columns)
    empty = True
    for batch in wanted.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True):
        empty = False
        yield batch.rechunk()
    if empty:
        yield pl.DataFrame(schema={"line": pl.UInt32, **dict.fromkeys(columns, pl.String)})


def _map_batch(batch: pl.DataFrame, recipe: Recipe, repeating: Repeating | None = None) -> Mapped:
    cells = clean(batch, recipe.columns, recipe.untrimmed)
    skipped = 0
    if recipe.skip is not None:
        skip = cells.select("line", skip=recipe.skip).get_column("skip")
        skipped = int(skip.sum())
        if skipped:
            cells, batch = cells.filter(~skip), batch.filter(~skip)
    work = _work(cells, recipe).with_columns(_row_hash(batch, recipe.hashed))
    raised = _raised(work, recipe.troubles)
    told, marked = [empty_messages()], [empty_messages()]
    for trouble, flag in raised:
        marks = trouble.code in recipe.marks.values()
        if marks or not trouble.silent:
            made = trouble_messages(work.filter(flag), trouble, recipe.fields.get(trouble.target))
            told += [] if trouble.silent else [made]
            marked += [made] if marks else []
    for trouble, flag in raised:
        if trouble.instead is not None:
            work = work.with_columns(pl.when(flag).then(trouble.instead).otherwise(pl.col(trouble.target)).alias(trouble.target))
    frame = work.select(
        "line",
        "row_hash",
        *recipe.values,
        *recipe.rules,
        *(_mark(raised, code).alias(name) for name, code in recipe.marks.items()),
        refusal=_refusal(raised, recipe.refusal_order),
    )
    return Mapped(repeating.kept_once(frame) if repeating else frame, pl.concat(told), skipped, pl.concat(marked))


def _work(cells: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """`line`, the rules, every field as mapped and as read, and the texts that steps could not read."""
    work = cells  # step by step: a lazy frame would be worked on in two halves, and these pieced together again
    for stages in zip_longest(*(each.stages for each in recipe.givens), fillvalue=()):
        work = work.with_columns(*(expression for stage in stages for expression in stage))
    kept = [name for each in recipe.givens for name in (each.name, *(failure.text for failure in each.failures))]
    rules = [rule.alias(name) for name, rule in recipe.rules.items()]
    read = work.select("line", *kept, *rules).with_columns(value.alias(name) for name, value in recipe.values.items())
    for name, value in recipe.rarely.items():
        if read.get_column(name).null_count() > read.get_column(given_name(name)).null_count():
            lost = pl.col(name).is_null() & pl.col(given_name(name)).is_not_null()
            read = read.with_columns(pl.when(lost).then(value).otherwise(pl.col(name)).alias(name))
    # One column in two pieces would have every later step piece all columns together anew.
    return read.rechunk()


def _row_hash(batch: pl.DataFrame, hashed: Sequence[str]) -> pl.Series:
    """A UInt64 over the raw cells; equal for equal cells whatever the row's place, within one HASH_VERSION (runner.mapping.fingerprint)."""
    if not hashed:
        return pl.zeros(batch.height, dtype=pl.UInt64, eager=True).alias("row_hash")
    return batch.select(hashed).hash_rows(seed=0).alias("row_hash")


def _raised(work: pl.DataFrame, troubles: Sequence[Trouble]) -> list[tuple[Trouble, pl.Series]]:
    """The troubles that some row of the batch has, each with its flag (Boolean, never null)."""
    looks = work.select(trouble.likely.alias(f"{n}") for n, trouble in enumerate(troubles) if trouble.likely is not None)
    unlikely = {int(look.name) for look in looks if not look.any()}
    asked = [trouble for n, trouble in enumerate(troubles) if n not in unlikely]
    flags = work.select("line", *(trouble.when.fill_null(False).alias(f"\x1f{n}") for n, trouble in enumerate(asked)))
    return [(trouble, flag) for trouble, flag in zip(asked, flags.get_columns()[1:], strict=True) if flag.any()]


def _refusal(raised: Sequence[tuple[Trouble, pl.Series]], order: Sequence[str]) -> pl.Expr:
    refusal: pl.Expr = pl.lit(None, dtype=pl.String)
    by_code = {trouble.code: flag for trouble, flag in raised if not trouble.silent}
    for code in reversed(order):
        if code in by_code:
            refusal = pl.when(by_code[code]).then(pl.lit(code)).otherwise(refusal)
    return refusal


def _mark(raised: Sequence[tuple[Trouble, pl.Series]], code: str) -> pl.Expr:
    return next((pl.lit(flag) for trouble, flag in raised if trouble.code == code), pl.lit(False))


def _malformed(malformed: pl.DataFrame) -> pl.DataFrame:
    text = pl.format("the row was set aside: {}", pl.col("reason"))
    return messages_from(malformed, "row-malformed", severity_of("row-malformed"), text)
