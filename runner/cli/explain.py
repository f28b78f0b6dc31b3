"""`runner explain`: what a message code, a key of a job or district file, or a patron's field means."""

from __future__ import annotations

import click

from runner.cli.screen import Screen
from runner.cli.settings import Settings, everywhere
from runner.errors import UsageError
from runner.fields import FIELDS, Field

_TOO_LONG = {
    "truncate": "a longer value is cut",
    "refuse": "a record with a longer value is refused",
    "refuse_on_add": "a new patron with a longer value is refused; an existing one keeps what it had",
    "skip": "a longer value is not written",
}


@click.command()
@click.argument("word", metavar="CODE|KEY")
@everywhere
@click.pass_obj
def command(settings: Settings, word: str) -> int:
    """Explain a message code (barcode-in-use), a key (removal.scope, when_blank), or a field (email_1)."""
    text = _explained(word.strip())
    if text is None:
        near = _nearest(word.strip())
        hint = f"did you mean {', '.join(near)}?" if near else "codes are listed in docs/messages.md, keys in docs/job-reference.md"
        raise UsageError(f"there is no message, key or field {word!r}", hint)
    screen = Screen(settings)
    if settings.json:
        screen.document({"word": word.strip(), "text": text})
    else:
        screen.answer(text)
    return 0


def _explained(word: str) -> str | None:
    from runner.job.codes import explain_check_code
    from runner.job.schema_keys import explain_key
    from runner.messages import explain_code

    return explain_code(word) or explain_check_code(word) or (_field(FIELDS[word]) if word in FIELDS else explain_key(word))


def _nearest(word: str) -> list[str]:
    from runner.job.codes import CHECK_CODES
    from runner.job.near import nearest
    from runner.job.schema_keys import nearest_keys
    from runner.messages import nearest as nearest_codes

    return list(
        dict.fromkeys([*nearest_codes(word)[:2], *nearest(word, CHECK_CODES)[:1], *nearest_keys(word)[:2], *nearest(word, FIELDS)[:1]])
    )


def _field(field: Field) -> str:
    place = "of the patron at a site (its association)" if field.association else "of the patron"
    return (
        f"{field.name}: a field {place}\n\n"
        f"At most {field.max_length} characters; {_TOO_LONG[field.too_long]}. Kind: {field.kind}.\n\n"
        f"A job gives it a value under properties.fields:\n  fields:\n    {field.name}: COLUMN"
    )
