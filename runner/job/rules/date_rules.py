"""Date formats in strptime's words: known letters only, and a day, a month and a year in each."""

from __future__ import annotations

import re

from runner.job.document import Document, Keys, dotted

_LETTER = re.compile(r"%([-_0]?[A-Za-z]|%)")
_KNOWN = set("YymdebBhjFDHIMSpPTRrfzZaAuw")
_YEAR, _MONTH, _DAY, _WHOLE = set("Yy"), set("mbBh"), set("de"), set("FD")
# How spreadsheets and report writers spell dates, longest first.
_SPOKEN = (("yyyy", "%Y"), ("mmm", "%b"), ("yy", "%y"), ("mm", "%m"), ("dd", "%d"), ("m", "%m"), ("d", "%d"))


def check_date_format(document: Document, at: Keys) -> None:
    """Notes what is wrong with the date format at a path."""
    text = document.text(*at)
    if text is None:
        return
    letters = [found[-1] for found in _LETTER.findall(text) if found != "%"]
    if not letters:
        spoken = _translated(text)
        hint = f'write it with percent signs: "{spoken}"' if spoken else 'such as "%m/%d/%Y" for 08/15/2026'
        document.problem("date-format-invalid", f"`{dotted(at)}` has no %Y, %m and %d", hint, at=at)
        return
    unknown = sorted(set(letters) - _KNOWN)
    if unknown or _LETTER.sub("", text).count("%"):
        which = f"%{unknown[0]}" if unknown else "%"
        hint = "%Y year, %m month, %d day, %b short month name; a literal percent sign is %%"
        document.problem("date-format-invalid", f"`{dotted(at)}` has a {which} that means nothing", hint, at=at)
    elif not _is_whole(set(letters)):
        document.problem("date-format-invalid", f"`{dotted(at)}` does not give a whole date", "it needs %Y or %y, %m or %b, and %d", at=at)


def _is_whole(letters: set[str]) -> bool:
    if letters & _WHOLE:
        return True
    return bool(letters & _YEAR) and ("j" in letters or (bool(letters & _MONTH) and bool(letters & _DAY)))


def _translated(text: str) -> str | None:
    made = text.lower()
    for spoken, letter in _SPOKEN:
        made = re.sub(rf"(?<![%a-z]){spoken}(?![a-z])", letter, made)
    return made if re.fullmatch(r"(%[YymdB]|%b|[^A-Za-z%])+", made) else None
