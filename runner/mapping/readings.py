"""How a mapped value of each field is read by the domain's rules that need no store: lengths, words, lists, defaults of the site.

(docs/domain.md sections 2 and 9.) A reading gives the canonical value and the troubles that it may meet; a trouble's `instead`
then replaces the value. Expressions stand on the working frame: `given_name(f)` is a field as mapped, `f` the canonical one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl
from msgspec import Struct

from runner.fields import FIELDS, STATUSES
from runner.job.model import District, MatchBy, Site
from runner.mapping.given import Failure, given_name
from runner.mapping.lists import as_usually_written, default_of_site, look_up, sites_by_name
from runner.mapping.trouble import Trouble

NOTHING = pl.lit(None, dtype=pl.String)
_GENDER_WORDS = {"M": ("m", "male"), "F": ("f", "female"), "X": ("x", "nonbinary", "non-binary"), "U": ("u", "unspecified", "unknown")}
GENDERS = as_usually_written({word: letter for letter, words in _GENDER_WORDS.items() for word in words})
STATUS_WORDS = as_usually_written({word: name for name in STATUSES for word in (name[0].lower(), name.lower())})


class Setting(Struct, frozen=True):
    """What a reading may know: the district, how records are matched, which fields can be blank at all."""

    district: District
    match_by: MatchBy
    blankable: frozenset[str]


class Reading(Struct, frozen=True):
    """`value`: the canonical value. Where `rarely` is given, `value` may be null for a text that `rarely` knows what to make of."""

    value: pl.Expr
    troubles: tuple[Trouble, ...] = ()
    rarely: pl.Expr | None = None


def reading(target: str, setting: Setting) -> Reading:
    """How the field `target` is read."""
    own = READINGS.get(target)
    if own is not None:
        return own(setting)
    field = FIELDS.get(target)
    if field is None or field.kind in ("date", "boolean", "year"):
        return Reading(pl.col(given_name(target)))
    return _text(target)


def failure_trouble(failure: Failure) -> Trouble:
    """The warning for a text that a step could not read; the field is then absent, so the store's value stays."""
    target = failure.field.target
    text = pl.col(failure.text)
    code = STEP_CODES.get(target)
    kind = type(failure.step).__name__
    if kind == "MapValues":
        code, why = "value-not-in-map", "the value is not in the map and the map has no default"
    else:
        code, why = code or "value-unreadable", _UNREADABLE[kind]
    return Trouble(code, target, text.is_not_null(), f"{why}; {target} was left as it was", value=text)


def _text(target: str) -> Reading:
    """Longer than the field: cut, or not written where a cut value would be somebody else's."""
    field, value = FIELDS[target], pl.col(given_name(target))
    if field.too_long == "truncate":
        text = f"{target} cut to {field.max_length} characters"
        return Reading(value, (_too_long("value-truncated", target, text, value.str.slice(0, field.max_length)),))
    text = f"{target} is longer than {field.max_length} characters, so it was not written"
    return Reading(value, (_too_long("value-too-long", target, text),))


def _too_long(code: str, target: str, text: str, instead: pl.Expr = NOTHING, *, silent: bool = False) -> Trouble:
    """Characters count, but bytes are known at once and never fewer: a batch without long ones is not counted."""
    value, longest = pl.col(given_name(target)), FIELDS[target].max_length
    likely = value.str.len_bytes().max() > longest
    return Trouble(code, target, value.str.len_chars() > longest, text, instead, silent=silent, likely=likely)


def _site(setting: Setting) -> Reading:
    value = pl.col(given_name("site"))
    missing = value.is_null() | (value == "")
    unknown = ~missing & pl.col("site").is_null()
    text = "the site is neither a short name nor an alias of a site in district.yaml, so the record was not applied"
    found = look_up(value, sites_by_name(setting.district.sites))
    troubles = (
        Trouble("site-missing", "site", missing, "the row names no site, so the record was not applied"),
        Trouble("site-unknown", "site", unknown, text),
    )
    return Reading(found.exact, troubles, found.rarely)


def _district_id(setting: Setting) -> Reading:
    value = pl.col(given_name("district_id"))
    text = f"district_id is longer than {FIELDS['district_id'].max_length} characters, so the record was not applied"
    troubles = [_too_long("district-id-too-long", "district_id", text)]
    if setting.match_by == "district_id":
        missing = value.is_null() | (value == "")
        troubles.append(Trouble("district-id-missing", "district_id", missing, "the row has no district id, so the record was not applied"))
    return Reading(value, tuple(troubles))


def _barcode(setting: Setting) -> Reading:
    value = pl.col(given_name("barcode"))
    text = f"barcode is longer than {FIELDS['barcode'].max_length} characters, so the record was not applied"
    by_barcode = setting.match_by == "site_and_barcode"
    # matched otherwise, whether a barcode is needed at all is the store's matter: the plan refuses the adds
    troubles = [_too_long("barcode-too-long", "barcode", text, silent=not by_barcode)]
    if by_barcode:
        missing = value.is_null() | value.is_in(["", "autoassign"])
        troubles.append(Trouble("barcode-missing", "barcode", missing, "the row has no barcode to match by, so the record was not applied"))
    return Reading(value, tuple(troubles))


def _status(_: Setting) -> Reading:
    """Unknown words become "", and the plan says what became of them, for that differs between add and update."""
    found = look_up(pl.col(given_name("status")), STATUS_WORDS, pl.lit(""))
    return Reading(found.exact, (), found.rarely)


def _gender(_: Setting) -> Reading:
    value = pl.col(given_name("gender"))
    found = look_up(value, GENDERS)
    unknown = value.is_not_null() & pl.col("gender").is_null()
    text = "gender is blank or unknown, so it was set to U"
    return Reading(found.exact, (Trouble("gender-unspecified", "gender", unknown, text, pl.lit("U")),), found.rarely)


def _patron_type(setting: Setting) -> Reading:
    text = _text("patron_type")
    # A type that is not in the list is written in one form, so that two spellings that look the same make one type.
    found = look_up(text.value, {kind.name: kind.name for kind in setting.district.patron_types}, text.value.str.normalize("NFC"))
    return Reading(found.exact, (*text.troubles, *_blank("patron_type", "patron-type-defaulted", setting)), found.rarely)


def _access_level(setting: Setting) -> Reading:
    value = pl.col(given_name("access_level"))
    default = default_of_site(setting.district.sites, _DEFAULTS["access_level"])
    found = look_up(value, {"": "", **{name: name for name in setting.district.access_levels}})
    text = pl.concat_str(
        pl.lit("the access level is not in district.yaml, so "),
        pl.when(default.is_not_null()).then(pl.lit("the default of the site was used")).otherwise(pl.lit("it was left as it was")),
    )
    unknown = Trouble("access-level-unknown", "access_level", value.is_not_null() & pl.col("access_level").is_null(), text, default)
    return Reading(found.exact, (unknown, *_blank("access_level", "access-level-defaulted", setting)), found.rarely)


def _resource_group(setting: Setting) -> Reading:
    text = _text("resource_group")
    return Reading(text.value, (*text.troubles, *_blank("resource_group", "resource-group-defaulted", setting)))


def _password(setting: Setting) -> Reading:
    """Without any username a password opens nothing. An absent username is the store's matter: the patron may have one."""
    value = pl.col(given_name("password"))
    troubles = list(_text("password").troubles)
    if "username" in setting.blankable:
        alone = (value != "") & (pl.col(given_name("username")) == "")
        text = "the row has a password and no username, so the password was not written"
        troubles.append(Trouble("password-without-username", "password", alone, text, NOTHING))
    return Reading(value, tuple(troubles))


def _blank(target: str, code: str, setting: Setting) -> tuple[Trouble, ...]:
    """A blank value at a site that has a default for the field takes the default; elsewhere the field is emptied as the job asks."""
    if target not in setting.blankable:
        return ()
    default = default_of_site(setting.district.sites, _DEFAULTS[target])
    when = (pl.col(given_name(target)) == "") & default.is_not_null()
    return (Trouble(code, target, when, f"{target} is blank, so the default of the site was used", default),)


_DEFAULTS: Mapping[str, Callable[[Site], str | None]] = {
    "patron_type": lambda site: site.default_patron_type,
    "access_level": lambda site: site.default_access_level,
    "resource_group": lambda site: site.default_resource_group,
}
READINGS: Mapping[str, Callable[[Setting], Reading]] = {
    "site": _site,
    "district_id": _district_id,
    "barcode": _barcode,
    "status": _status,
    "gender": _gender,
    "patron_type": _patron_type,
    "access_level": _access_level,
    "resource_group": _resource_group,
    "password": _password,
}
STEP_CODES = {
    "birth_date": "birth-date-invalid",
    "card_expires": "card-expires-invalid",
    "teacher": "teacher-invalid",
    "acceptable_use_policy": "acceptable-use-policy-invalid",
    "graduation_year": "graduation-year-invalid",
    "due_date": "due-date-invalid",
}
_UNREADABLE = {
    "DateFormat": "the value is no date in the format that the job names",
    "Boolean": "the value is neither a yes nor a no",
    "Year": "the value is no year from 1900 to 2199",
    "Born": "the date is yet to come",
}
