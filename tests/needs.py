"""What to do where this machine lacks something that a test needs."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def need(what: str) -> NoReturn:
    """Ends a test that needs `what`: a skip, or a failure where everything is required (as in CI)."""
    reason = f"needs {what}, which this machine lacks"
    if os.environ.get("RUNNER_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason}; RUNNER_REQUIRE_ALL=1 makes that a failure")
    pytest.skip(reason)
