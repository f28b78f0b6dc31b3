#!/bin/sh
# Writes the lock files: one answer for Python 3.11 to 3.14 on Linux and macOS, with a hash for every file.
# Run it on purpose (make lock), read the diff, run the tests, commit. Needs uv: https://docs.astral.sh/uv/
set -eu

UV=${UV:-uv}
command -v "$UV" >/dev/null 2>&1 || { echo "make lock needs uv (or UV=/path/to/uv); nothing else does." >&2; exit 1; }

compile() {
    "$UV" pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" "$@"
}

compile --extra build pyproject.toml --output-file requirements.lock
compile --extra build --extra dev --constraints requirements.lock pyproject.toml --output-file requirements-dev.lock
compile --group bench --output-file requirements-bench.lock
