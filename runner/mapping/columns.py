"""Which source columns a mapping names: what the intake must read, what the row hash covers, what a message points at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.job.model import (
    AllOf,
    AnyOf,
    CirculationProperties,
    Column,
    Condition,
    Constant,
    FieldMap,
    FirstOf,
    MapValues,
    PatronProperties,
    Template,
    Test,
    Trim,
    ValueSource,
)

Properties = PatronProperties | CirculationProperties


def wanted_columns(properties: Properties) -> tuple[str, ...]:
    """Every source column that the fields and the rules name, each once, in the order in which they are first named."""
    return _once([*_of_fields(properties.fields), *_of_rules(properties)])


def hashed_columns(properties: Properties) -> tuple[str, ...]:
    """The columns under the row hash, sorted, so that a file with its columns moved hashes alike.

    A column of which the password is made is left out unless another field has its cells as well, though a rule or a condition may ask
    for it: a hash of it on disk could be tried against a list of likely passwords (docs/promises.md A5).
    """
    others = [field for field in properties.fields if field.target != "password"]
    secret = {name for field in properties.fields if field.target == "password" for name in _of_fields([field])}
    secret -= {name for field in others for name in _of_fields([field], conditions=False)}
    return tuple(sorted({*_of_fields(others), *_of_rules(properties)} - secret))


def column_label(field: FieldMap) -> str | None:
    """The source column to point at in a message about `field`; several are joined with a comma; None for a constant."""
    return ", ".join(_once(_of_source(field.source))) or None


def untrimmed_columns(properties: Properties) -> tuple[str, ...]:
    """The columns of fields that switched `trim` off."""
    return _once(_of_fields(field for field in properties.fields if not is_trimmed(field)))


def is_trimmed(field: FieldMap) -> bool:
    """Whether the field reads its cells trimmed: its steps begin with `trim`, as they do unless the job switched it off."""
    return any(isinstance(step, Trim) and step.enabled for step in field.steps[:1])


def template_columns(template: Template | Constant) -> tuple[str, ...]:
    """The columns in a template's braces."""
    return tuple(part.name for part in template.parts if isinstance(part, Column)) if isinstance(template, Template) else ()


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _of_fields(fields: Iterable[FieldMap], *, conditions: bool = True) -> Iterator[str]:
    """The columns that the fields name; without `conditions` those alone whose cells may become a part of the value."""
    for field in fields:
        yield from _of_source(field.source, conditions=conditions)
        for step in field.steps:
            if isinstance(step, MapValues):
                for result in (*step.entries.values(), *([step.default] if step.default else [])):
                    yield from template_columns(result)


def _of_source(source: ValueSource, *, conditions: bool = True) -> Iterator[str]:
    match source:
        case Column(name):
            yield name
        case Template() | Constant():
            yield from template_columns(source)
        case FirstOf(columns):
            yield from columns
        case _:
            for branch in source.branches:
                if branch.condition is not None and conditions:
                    yield from _of_condition(branch.condition)
                yield from template_columns(branch.then)


def _of_rules(properties: Properties) -> Iterator[str]:
    rules = [properties.skip_when]
    if isinstance(properties, PatronProperties):
        rules += [properties.delete_when, properties.associate_when]
    for rule in rules:
        if rule is not None:
            yield from _of_condition(rule)


def _of_condition(condition: Condition) -> Iterator[str]:
    match condition:
        case Test(column):
            yield column
        case AnyOf(conditions) | AllOf(conditions):
            for inner in conditions:
                yield from _of_condition(inner)
