"""`python -m runner.cli` is `runner`."""

from __future__ import annotations

from runner.cli.main import program

program()
