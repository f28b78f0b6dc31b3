#!/bin/sh
# Makes the virtual environment named as the argument, or says in one sentence what this machine lacks.
# PYTHON in the environment chooses the Python; without it the first of python3, python3.14 ... python3.11 that is new enough is taken.
set -eu

target=$1
wanted=${PYTHON:-python3}

new_enough() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

chosen=
for candidate in "$wanted" python3.14 python3.13 python3.12 python3.11; do
    if new_enough "$candidate"; then
        chosen=$candidate
        break
    fi
done

if [ -z "$chosen" ]; then
    found=$("$wanted" --version 2>&1 || echo "no $wanted at all")
    echo "This project needs Python 3.11 or newer, and this machine has $found." >&2
    echo "Install a newer Python (Debian 12, Ubuntu 24.04 and later have one: apt install python3 python3-venv)," >&2
    echo "or name one: make setup PYTHON=/path/to/python3.12" >&2
    exit 1
fi

# Debian keeps venv's ensurepip in a package of its own, and says so only after half of the folder is made.
if ! "$chosen" -c 'import venv, ensurepip' >/dev/null 2>&1; then
    echo "$("$chosen" --version) is here, but without its venv module, which is needed to install anything safely." >&2
    echo "On Debian or Ubuntu: apt install python3-venv" >&2
    exit 1
fi

# A folder that works is kept: its packages are brought in line by what follows, and it costs seconds, not minutes.
if [ -x "$target/bin/python" ] && "$target/bin/python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    exit 0
fi
"$chosen" -m venv --clear "$target"
