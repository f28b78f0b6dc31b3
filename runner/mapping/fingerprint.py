"""Fingerprints of a mapping: what must be equal for two runs' rows to be comparable by their hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import polars as pl
from msgspec import Struct

from runner.job.model import FieldMap, Job

MAPPING_VERSION = 2
"""Goes up with every change of ours that can give another value for the same cell; an incremental then compares in full once."""

HASH_VERSION = f"polars {pl.__version__}, rows {MAPPING_VERSION}"
"""What `row_hash` depends on besides the cells: polars' hashes may differ between its versions (docs/architecture.md)."""


def mapping_fingerprint(job: Job) -> str:
    """The sha256 in hex of all that turns cells into records: properties, format, the district's sites and lists, and our version.

    The order of fields, of map entries and of keys in the file does not matter.
    """
    district = job.district
    properties = _plain(job.properties)
    properties["fields"] = sorted(properties["fields"], key=lambda field: str(field["target"]))
    sites = [{k: v for k, v in _plain(site).items() if k != "name"} for site in district.sites]
    lists = [_plain(kind) for kind in district.patron_types], list(district.access_levels)
    return _sha256([MAPPING_VERSION, job.kind, properties, _plain(job.source.format), sites, lists])


def field_fingerprint(job: Job, field: FieldMap) -> str:
    """The sha256 in hex of one field's mapping, for the bases of `write: if_source_changed`: source, steps, blanks, null tokens."""
    mapped = {k: v for k, v in _plain(field).items() if k != "write"}
    return _sha256([MAPPING_VERSION, mapped, list(job.properties.null_tokens)])


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A tree of structs as JSON values, with each struct's name, for two kinds of step may have equal fields."""
    if isinstance(value, Struct):
        return {"is": type(value).__name__, **{name: _plain(getattr(value, name)) for name in value.__struct_fields__}}
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
