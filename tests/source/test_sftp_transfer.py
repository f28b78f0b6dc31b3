"""A fetched file is whole, private and what the server had; a failed fetch leaves what was there before as it was."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from runner.errors import SourceError
from runner.job.model import Complete
from runner.source import fetch
from tests.patience import slowness
from tests.source.conftest import NOW, Desk

pytestmark = pytest.mark.sshd
MIB = 1 << 20


def noise(size: int) -> bytes:
    return Random(7).randbytes(size)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Midway:
    """A progress that does something once, when `share` of the file is here."""

    def __init__(self, share: float, act: Callable[[], object]) -> None:
        self.share, self.act, self.acted = share, act, False

    def __call__(self, done: int, total: int) -> None:
        if not self.acted and done >= total * self.share:
            self.acted = True
            self.act()


def test_a_file_comes_byte_for_byte_with_its_fingerprint(desk: Desk) -> None:
    content = noise(MIB + 17)
    path = desk.write(content)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    got = desk.fetch()
    assert got.path.read_bytes() == content
    assert (got.sha256, got.size, got.modified) == (sha256(content), len(content), datetime.fromtimestamp(1_700_000_000, UTC))
    assert got.shown_as == f"sftp://127.0.0.1:{desk.server.port}{path}"


def test_the_source_of_a_job_leads_here(desk: Desk) -> None:
    desk.write(b"a\n1\n")
    assert fetch(desk.source(), desk.work, now=NOW).path == desk.work / "input.raw"


def test_an_empty_file_comes_as_an_empty_file(desk: Desk) -> None:
    desk.write(b"")
    assert desk.fetch().size == 0


def test_a_fetched_file_is_private_whatever_the_server_and_the_umask_say(desk: Desk) -> None:
    desk.write(b"a\n1\n").chmod(0o666)
    before = os.umask(0)
    try:
        got = desk.fetch()
    finally:
        os.umask(before)
    assert got.path.stat().st_mode & 0o777 == 0o600


def test_a_killed_session_goes_on_where_it_stopped_with_the_same_hash(desk: Desk) -> None:
    content = noise(16 * MIB)
    desk.write(content)
    told: list[int] = []
    killed: list[bool] = []

    def watch(done: int, total: int) -> None:
        told.append(done)
        if not killed and done > 5 * MIB:
            killed.append(True)
            desk.server.signal_sessions(signal.SIGKILL)

    got = desk.fetch(retries=2, progress=watch)
    assert got.sha256 == sha256(content) == sha256(got.path.read_bytes())
    assert killed
    assert told == sorted(told)  # a second start from zero would go back


@pytest.mark.parametrize("what", ["truncated", "growing", "replaced"])
def test_a_source_that_changes_meanwhile_is_never_taken_as_whole(desk: Desk, what: str) -> None:
    path = desk.write(noise(20 * MIB))

    def change() -> None:
        if what == "truncated":
            os.truncate(path, 10 * MIB)
        elif what == "growing":
            with path.open("ab") as file:
                file.write(b"more")
        else:
            other = desk.write(noise(5 * MIB), "other")
            other.rename(path)

    with pytest.raises(SourceError) as caught:
        desk.fetch(progress=Midway(0.2, change))
    assert caught.value.code in {"truncated": ("source-short", "source-changing")}.get(what, ("source-changing",))
    assert caught.value.retry
    assert desk.leftovers() == []


def test_a_source_that_was_replaced_comes_whole_at_the_next_try(desk: Desk) -> None:
    path, content = desk.write(noise(4 * MIB)), b"the new one\n"
    replace = Midway(0.2, lambda: desk.write(content, "other").rename(path))
    assert desk.fetch(retries=1, progress=replace).path.read_bytes() == content


def test_a_failed_fetch_leaves_the_good_file_of_before_untouched(desk: Desk) -> None:
    desk.write(b"the good one\n")
    good = desk.fetch()
    path = desk.write(noise(4 * MIB))
    with pytest.raises(SourceError):
        desk.fetch(progress=Midway(0.5, lambda: os.truncate(path, MIB)))
    assert sha256(good.path.read_bytes()) == good.sha256
    assert desk.leftovers() == ["input.raw"]


@pytest.mark.alone
def test_sixty_megabytes_come_at_twenty_mebibytes_a_second_or_more(desk: Desk) -> None:
    """Without prefetch it is a quarter of that, and with a limit on it worse. On a busy or slow machine our share of it is what counts."""
    desk.write(bytes(60 * MIB))
    speeds: list[float] = []
    while len(speeds) < 3 and max(speeds, default=0.0) < 20:
        begun = time.monotonic()
        desk.fetch()
        speeds.append(60 / (time.monotonic() - begun))
    share = min(1.0, (os.cpu_count() or 1) / max(os.getloadavg()[0], 1.0), 1 / slowness())
    assert max(speeds) >= 20 * share, (speeds, share)


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.skipif(shutil.which("sftp") is None, reason="needs the system's own sftp client")
def test_three_hundred_megabytes_take_at_most_one_and_a_half_times_as_long_as_with_the_systems_own_client(desk: Desk) -> None:
    """At most six pairs, one after the other, and the best of each: what else the machine does slows both, but not evenly."""
    block = noise(MIB)
    with (desk.remote / "patrons.csv").open("wb") as file:
        for _ in range(300):
            file.write(block)
    theirs: list[float] = []
    ours: list[float] = []
    while len(ours) < 6 and not (ours and min(ours) <= 1.5 * min(theirs)):
        theirs.append(_seconds(lambda: _systems_own(desk)))
        ours.append(_seconds(desk.fetch))
    assert min(ours) <= 1.5 * min(theirs), (ours, theirs)


def _systems_own(desk: Desk) -> None:
    at = desk.server
    trust = ["-F", "/dev/null", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    command = ["sftp", "-q", "-P", str(at.port), "-i", str(at.key), *trust, "-b", "-", f"{at.user}@127.0.0.1"]
    words = f"get {desk.remote / 'patrons.csv'} {desk.work.parent / 'theirs'}\n"
    subprocess.run(command, input=words, text=True, check=True, capture_output=True, timeout=100)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def companion(desk: Desk, name: str, text: str, *, older_by: int = 0, encoding: str = "utf-8") -> Path:
    beside = desk.write(text.encode(encoding), name)
    at = (desk.remote / "patrons.csv").stat().st_mtime - older_by
    os.utime(beside, (at, at))
    return beside


def fault(desk: Desk, **more: Any) -> str:
    with pytest.raises(SourceError) as caught:
        desk.fetch(**more)
    assert caught.value.retry
    assert desk.leftovers() == []
    return caught.value.code


def test_a_marker_that_came_with_the_file_or_after_it_opens_the_way(desk: Desk) -> None:
    desk.write(b"a\n1\n")
    companion(desk, "patrons.csv.done", "")
    assert desk.fetch(complete=Complete(marker="{name}.done")).size == 4


def test_a_marker_that_is_missing_or_older_means_an_unfinished_upload(desk: Desk) -> None:
    desk.write(b"a\n1\n")
    wanted = Complete(marker="{name}.done")
    assert fault(desk, complete=wanted) == "marker-missing"
    companion(desk, "patrons.csv.done", "", older_by=5)
    assert fault(desk, complete=wanted) == "marker-stale"


def test_a_folder_of_the_markers_name_is_no_marker(desk: Desk) -> None:
    desk.write(b"a\n1\n")
    (desk.remote / "patrons.csv.done").mkdir()
    assert fault(desk, complete=Complete(marker="{name}.done")) == "marker-missing"


def test_a_companion_that_may_not_be_read_is_named_and_the_file_is_not_blamed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from paramiko import SFTPClient

    opened = SFTPClient.open

    def guarded(client: SFTPClient, name: str, *more: Any) -> Any:
        if name.endswith(".sha256"):
            raise PermissionError(13, "Permission denied")
        return opened(client, name, *more)

    monkeypatch.setattr(SFTPClient, "open", guarded)
    desk.write(b"a\n1\n")
    companion(desk, "patrons.csv.sha256", sha256(b"a\n1\n"))
    with pytest.raises(SourceError, match=r"patrons\.csv\.sha256, the companion of the file, cannot be read") as caught:
        desk.fetch(complete=Complete(sha256="{name}.sha256"))
    assert caught.value.code == "source-denied"


HASH_FILES = [
    *("{}", "\ufeff{}", "{}  patrons.csv\n", "{} *patrons.csv\r\n", "SHA256 (patrons.csv) = {}\n"),
    "SHA256 hash of patrons.csv:\r\n{}\r\nCertUtil: -hashfile command completed successfully.\r\n",
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("text", HASH_FILES)
def test_a_hash_beside_the_file_that_fits_opens_the_way_as_any_program_writes_it(desk: Desk, text: str, encoding: str) -> None:
    desk.write(b"a\n1\n")
    companion(desk, "patrons.csv.sha256", text.format(sha256(b"a\n1\n").upper()), encoding=encoding)
    assert desk.fetch(complete=Complete(sha256="{name}.sha256")).size == 4


def test_a_hash_that_differs_or_is_missing_keeps_the_file_out(desk: Desk) -> None:
    desk.write(b"a\n1\n")
    wanted = Complete(sha256="{name}.sha256")
    assert fault(desk, complete=wanted) == "marker-missing"
    companion(desk, "patrons.csv.sha256", sha256(b"another\n"))
    assert fault(desk, complete=wanted) == "hash-differs"
    for text in ("", "d41d8cd98f00b204e9800998ecf8427e", sha256(b"a\n1\n") + "0"):
        companion(desk, "patrons.csv.sha256", text)
        assert fault(desk, complete=wanted) == "hash-differs"


def test_a_file_that_is_still_growing_is_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.write(b"a\n")
    sleep, slept = time.sleep, []

    def grow(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 1:
            path.write_bytes(b"a\n1\n2\n")
        sleep(seconds)

    monkeypatch.setattr("runner.source.sftp_complete.time.sleep", grow)
    got = desk.fetch(complete=Complete(quiet=timedelta(seconds=1)))
    assert got.path.read_bytes() == b"a\n1\n2\n"
