"""How a mapped value of each field is read by the domain's rules that need no store: lengths, words, lists, defaults of the site.

(docs/domain.md sections 2 and 9.) A reading gives the canonical value and the troubles that it may meet; a trouble's `instead`
then replaces the value. Expressions stand on the working frame: `given_name(f)` is a field as mapped, `f` the canonical one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from runner.fields import FIELDS
from runner.job.model import District, MatchBy, Site
from runner.mapping.given import Failure, given_name
from runner.mapping.lists import default_of_site, named_in, site_named
from runner.mapping.trouble import Trouble

NOTHING = pl.lit(None, dtype=pl.String)
_GENDER_WORDS = {"M": ("m", "male"), "F": ("f", "female"), "X": ("x", "nonbinary", "non-binary"), "U": ("u", "unspecified", "unknown")}
GENDERS = {word: letter for letter, words in _GENDER_WORDS.items() for word in words}
STATUS_WORDS = {"a": "Active", "active": "Active", "i": "Inactive", "inactive": "Inactive", "r": "Restricted", "restricted": "Restricted"}


@dataclass(frozen=True, slots=True)
class Setting:
    """What a reading may know: the district, how records are matched, which fields can be blank at all."""

    district: District
    match_by: MatchBy
    blankable: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    value: pl.Expr
    troubles: tuple[Trouble, ...] = ()


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
    return Trouble(code, target, text.is_not_null(), f"{target}: {why}; the field was left as it was", value=text)


def _text(target: str) -> Reading:
    """Longer than the field: cut, or not written where a cut value would be somebody else's."""
    field, value = FIELDS[target], pl.col(given_name(target))
    too_long = value.str.len_chars() > field.max_length
    if field.too_long == "truncate":
        text = f"{target} cut to {field.max_length} characters"
        return Reading(value, (Trouble("value-truncated", target, too_long, text, value.str.slice(0, field.max_length)),))
    text = f"{target} is longer than {field.max_length} characters, so it was not written"
    return Reading(value, (Trouble("value-too-long", target, too_long, text, NOTHING),))


def _site(setting: Setting) -> Reading:
    value = pl.col(given_name("site"))
    site = pl.col("site")
    missing = value.is_null() | (value == "")
    return Reading(
        site_named(value, setting.district.sites),
        (
            Trouble("site-missing", "site", missing, "the row names no site, so the record was not applied"),
            Trouble(
                "site-unknown",
                "site",
                ~missing & site.is_null(),
                "the site is neither a short name nor an alias of a site in district.yaml, so the record was not applied",
            ),
        ),
    )


def _district_id(setting: Setting) -> Reading:
    value = pl.col(given_name("district_id"))
    longest = FIELDS["district_id"].max_length
    text = f"district_id is longer than {longest} characters, so the record was not applied"
    troubles = [Trouble("district-id-too-long", "district_id", value.str.len_chars() > longest, text, NOTHING)]
    if setting.match_by == "district_id":
        missing = value.is_null() | (value == "")
        troubles.append(Trouble("district-id-missing", "district_id", missing, "the row has no district id, so the record was not applied"))
    return Reading(value, tuple(troubles))


def _barcode(setting: Setting) -> Reading:
    value = pl.col(given_name("barcode"))
    longest = FIELDS["barcode"].max_length
    too_long = value.str.len_chars() > longest
    text = f"barcode is longer than {longest} characters, so the record was not applied"
    by_barcode = setting.match_by == "site_and_barcode"
    # matched otherwise, whether a barcode is needed at all is the store's matter: the plan refuses the adds
    troubles = [Trouble("barcode-too-long", "barcode", too_long, text, NOTHING, silent=not by_barcode)]
    if by_barcode:
        missing = value.is_null() | value.is_in(["", "autoassign"])
        troubles.append(Trouble("barcode-missing", "barcode", missing, "the row has no barcode to match by, so the record was not applied"))
    return Reading(value, tuple(troubles))


def _status(_: Setting) -> Reading:
    """Unknown words become "", and the plan says what became of them, for that differs between add and update."""
    value = pl.col(given_name("status"))
    known = value.str.to_lowercase().replace_strict(STATUS_WORDS, default=pl.lit(""), return_dtype=pl.String)
    return Reading(pl.when(value.is_not_null()).then(known))


def _gender(_: Setting) -> Reading:
    value = pl.col(given_name("gender"))
    known = value.str.to_lowercase().replace_strict(GENDERS, default=None, return_dtype=pl.String)
    unknown = value.is_not_null() & pl.col("gender").is_null()
    text = "gender is blank or unknown, so it was set to U"
    return Reading(known, (Trouble("gender-unspecified", "gender", unknown, text, pl.lit("U")),))


def _patron_type(setting: Setting) -> Reading:
    names = [kind.name for kind in setting.district.patron_types]
    text = _text("patron_type")
    return Reading(named_in(text.value, names), (*text.troubles, *_blank("patron_type", "patron-type-defaulted", setting)))


def _access_level(setting: Setting) -> Reading:
    value = pl.col(given_name("access_level"))
    default = default_of_site(setting.district.sites, _DEFAULTS["access_level"])
    known = named_in(value, setting.district.access_levels, keep_others=False)
    level = pl.when(value == "").then(value).otherwise(known) if "access_level" in setting.blankable else known
    unknown = value.is_not_null() & pl.col("access_level").is_null()
    text = pl.concat_str(
        pl.lit("the access level is not in district.yaml, so "),
        pl.when(default.is_not_null()).then(pl.lit("the default of the site was used")).otherwise(pl.lit("it was left as it was")),
    )
    unknown_level = Trouble("access-level-unknown", "access_level", unknown, text, default)
    return Reading(level, (unknown_level, *_blank("access_level", "access-level-defaulted", setting)))


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
}
