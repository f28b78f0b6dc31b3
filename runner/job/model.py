"""What a district and a job say, as frozen values. Built by runner.job.load from checked YAML; no key is optional here.

The parts stand in district_model, source_model, mapping_model and policy_model; all are to be had from here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msgspec import Struct

from runner.job.district_model import (
    GUARDED_ACTIONS,
    CirculationTable,
    District,
    Email,
    Guards,
    Limit,
    Notify,
    PatronType,
    Persona,
    Ping,
    Site,
    Webhook,
)
from runner.job.mapping_model import (
    AllOf,
    AnyOf,
    Boolean,
    Branch,
    Case,
    CirculationProperties,
    Column,
    Condition,
    Constant,
    DateFormat,
    FieldMap,
    FirstOf,
    MapValues,
    MatchBy,
    PadLeft,
    PatronProperties,
    Regex,
    Replace,
    Slice,
    Step,
    StripLeading,
    Template,
    Test,
    Trim,
    Truncate,
    ValueSource,
    When,
    Write,
)
from runner.job.policy_model import (
    DeleteInactive,
    DeleteWithTransactions,
    Inactivate,
    Options,
    Removal,
    RunKind,
    Schedule,
    Scope,
)
from runner.job.source_model import (
    Complete,
    Directory,
    Format,
    Sftp,
    Source,
)

__all__ = [
    "GUARDED_ACTIONS",
    "AllOf",
    "AnyOf",
    "Boolean",
    "Branch",
    "Case",
    "CirculationProperties",
    "CirculationTable",
    "Column",
    "Complete",
    "Condition",
    "Constant",
    "DateFormat",
    "DeleteInactive",
    "DeleteWithTransactions",
    "Directory",
    "District",
    "Email",
    "FieldMap",
    "FirstOf",
    "Format",
    "Guards",
    "Inactivate",
    "Job",
    "Limit",
    "MapValues",
    "MatchBy",
    "Notify",
    "Options",
    "PadLeft",
    "PatronProperties",
    "PatronType",
    "Persona",
    "Ping",
    "Regex",
    "Removal",
    "Replace",
    "RunKind",
    "Schedule",
    "Scope",
    "Sftp",
    "Site",
    "Slice",
    "Source",
    "Step",
    "StripLeading",
    "Template",
    "Test",
    "Trim",
    "Truncate",
    "ValueSource",
    "Webhook",
    "When",
    "Write",
]


class Job(Struct, frozen=True):
    """`key` is DISTRICT/NAME; `sha256` hashes the file's bytes, `meaning` (runner.job.hashes) what they say as well."""

    key: str
    path: Path
    sha256: str
    name: str
    kind: Literal["patrons", "circulation"]
    description: str
    enabled: bool
    district: District
    source: Source
    properties: PatronProperties | CirculationProperties
    schedule: Schedule | None
    options: Options
    removal: Removal | None
    guards: Guards
    meaning: str = ""
