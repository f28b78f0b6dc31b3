"""The unit that we ship: it is what docs/operations.md promises, and it agrees with the daemon."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from runner.daemon.crew import STOP_PATIENCE
from runner.daemon.reading import PATIENCE

DEPLOY = Path(__file__).parents[2] / "deploy" / "systemd"
UNIT = DEPLOY / "patron-runner.service"


def parsed(path: Path) -> dict[str, dict[str, list[str]]]:
    """Section -> directive -> its values."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    section = ""
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found[section][name].append(value)
    return found


SERVICE = parsed(UNIT)["Service"]


def seconds(name: str) -> int:
    (value,) = SERVICE[name]
    assert re.fullmatch(r"\d+s", value)
    return int(value[:-1])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("Type", "notify"), ("NotifyAccess", "main"), ("KillMode", "mixed"), ("UMask", "0077"), ("ProtectSystem", "strict")),
        *(("User", "patron-runner"), ("StateDirectory", "patron-runner"), ("StateDirectoryMode", "0700"), ("LimitCORE", "0")),
        *(("OOMPolicy", "continue"), ("Restart", "always"), ("SuccessExitStatus", "143"), ("CapabilityBoundingSet", "")),
        *((name, "yes") for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictSUIDSGID")),
        *((name, "yes") for name in ("ProtectKernelTunables", "ProtectKernelModules", "ProtectControlGroups", "LockPersonality")),
    ],
)
def test_a_directive_is_as_promised(name: str, value: str) -> None:
    assert SERVICE[name] == [value]


def test_stopping_takes_less_time_than_systemd_allows() -> None:
    assert seconds("TimeoutStopSec") > 2 * STOP_PATIENCE


def test_systemd_waits_for_the_first_look_at_the_jobs() -> None:
    assert seconds("TimeoutStartSec") > PATIENCE


def test_the_watchdog_is_fed_often_enough() -> None:
    assert seconds("WatchdogSec") >= 15 * 5


def test_a_reload_is_a_hangup() -> None:
    assert SERVICE["ExecReload"] == ["/bin/kill -HUP $MAINPID"]


def test_the_verb_knows_every_option_of_the_unit() -> None:
    from runner.cli.serve import command

    known = {option for parameter in command.params for option in parameter.opts}
    starts = [*SERVICE["ExecStart"], *parsed(DEPLOY / "patron-runner.service.d" / "springfield.conf.example")["Service"]["ExecStart"]]
    used = {word for start in starts for word in start.split() if word.startswith("--")}
    assert used
    assert used <= known


def test_the_example_hands_secrets_over_as_credentials() -> None:
    example = parsed(DEPLOY / "patron-runner.service.d" / "springfield.conf.example")["Service"]
    assert all(re.fullmatch(r"[a-z_]+:/etc/patron-runner/secrets/[a-z_]+", value) for value in example["LoadCredential"])


if shutil.which("systemd-analyze"):  # the directives above are looked at on any machine

    def test_systemd_itself_finds_the_unit_well_shut() -> None:
        command = ["systemd-analyze", "security", "--offline=yes", "--threshold=30", str(UNIT)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout[-500:] + done.stderr
