"""What pyproject.toml cannot say: all of runner's folders, and two folders of the repository's top that are shipped inside it."""

from __future__ import annotations

from setuptools import find_namespace_packages, setup

setup(packages=[*find_namespace_packages(include=["runner", "runner.*"]), "runner.schemas", "runner.templates"])
