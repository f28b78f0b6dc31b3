"""Every channel of a district told of one run, each by itself: what fails is a sentence for the log, never an error."""

from __future__ import annotations

import smtplib
import threading
import time
from collections.abc import Callable, Sequence
from http.client import HTTPException
from pathlib import Path

from runner.errors import RunnerError
from runner.job.model import District, Notify, Webhook
from runner.job.secret import NO_SECRET
from runner.report.model import RunReport
from runner.run.notify.mail import SomeRefused, mail_about, send, test_mail
from runner.run.notify.metrics import replaceable, write_metrics
from runner.run.notify.web import may_carry_values, ping, post_json, summary_of
from runner.run.notify.when import failed, wanted
from runner.store.store import Store

PAUSES = (1.0, 4.0)
PATIENCE = 30.0  # seconds, for all tries of one channel
Sleep = Callable[[float], None]


def tell_start(district: District, *, sleep: Sleep = time.sleep) -> list[str]:
    """Pings that a run starts; gives what went wrong."""
    watcher = district.notify.ping
    return [] if watcher is None else _tried("the start ping", lambda: ping(watcher.url, "start"), sleep)


def tell_end(
    district: District, report: RunReport, store: Store | None, jobs: Sequence[str], *, sent_at: float, sleep: Sleep = time.sleep
) -> list[str]:
    """Tells every channel that wants to hear of this run; gives a sentence for each that failed. Without a store no metrics are written."""
    channels = district.notify
    troubles: list[str] = []
    mail, hook, watcher, file = channels.email, channels.webhook, channels.ping, channels.metrics_file
    if mail is not None and wanted(mail.when, report, mail.warnings_over):
        troubles += _tried("mail", lambda: send(mail_about(report, mail, sent_at), mail), sleep)
    if hook is not None and wanted(hook.when, report):
        troubles += _posted(hook, report, sleep)
    if watcher is not None:
        troubles += _tried("the ping", lambda: ping(watcher.url, "fail" if failed(report) else ""), sleep)
    if file is not None and store is not None:
        troubles += renew_metrics(file, store, jobs, sleep=sleep)
    return troubles


def renew_metrics(file: Path, store: Store, jobs: Sequence[str], *, sleep: Sleep = time.sleep) -> list[str]:
    """Writes the metrics file as the store is now; gives what went wrong."""
    return _left_alone(file) or _tries("the metrics file", lambda: write_metrics(file, store, jobs), sleep)


def _posted(hook: Webhook, report: RunReport, sleep: Sleep) -> list[str]:
    left_out: list[str] = []

    def post() -> None:
        carried = not hook.values or may_carry_values(hook.url)
        post_json(hook.url, summary_of(report, values=hook.values and carried))
        if not carried:
            left_out.append("the webhook got counts only, for its address is not https: anybody on the way could read the values")

    return _tried("the webhook", post, sleep) + left_out


def _left_alone(file: Path) -> list[str]:
    if replaceable(file):
        return []
    return [f"the metrics file was not written: {file} holds something else; name another file under notify in district.yaml"]


def tell_test(district: District, *, sent_at: float, sleep: Sleep = time.sleep) -> list[tuple[str, str | None]]:
    """Sends a test over every channel; gives each with what went wrong, or None."""
    found: list[tuple[str, str | None]] = []
    for name, work in _tests(district.notify, district.name, sent_at):
        troubles = _tried(name, work, sleep)
        found.append((name, troubles[0] if troubles else None))
    return found


def _tests(channels: Notify, district_name: str, sent_at: float) -> list[tuple[str, Callable[[], None]]]:
    mail, hook, watcher = channels.email, channels.webhook, channels.ping
    tests: list[tuple[str, Callable[[], None]]] = []
    if mail is not None:
        tests.append(("mail", lambda: send(test_mail(mail, district_name, sent_at), mail)))
    if hook is not None:
        tests.append(("the webhook", lambda: post_json(hook.url, {"schema": 1, "test": True, "sentence": f"A test from {district_name}."})))
    if watcher is not None:
        tests.append(("the ping", lambda: ping(watcher.url, "")))
    return tests


def _tried(what: str, work: Callable[[], None], sleep: Sleep) -> list[str]:
    """Up to three tries, within PATIENCE: a server that answers a byte at a time outlasts any limit on a single answer, and the run's store
    is locked meanwhile."""
    made: list[list[str] | BaseException] = []

    def tries() -> None:
        try:
            made.append(_tries(what, work, sleep))
        except BaseException as bug:
            made.append(bug)

    thread = threading.Thread(target=tries, daemon=True, name="telling")
    thread.start()
    thread.join(PATIENCE)
    if not made:
        return [f"{what} could not be sent within {PATIENCE:.0f} s; whether it arrived after all is not known"]
    if isinstance(made[0], BaseException):
        raise made[0]
    return made[0]


def _tries(what: str, work: Callable[[], None], sleep: Sleep) -> list[str]:
    """The error's own text is told only where a secret cannot be read, for that names its reference alone; any other may quote an address
    that is a secret."""
    for pause in (*PAUSES, None):
        try:
            work()
        except SomeRefused as error:
            return [f"{what} reached only some of its addresses: the server refused {error.count}"]
        except (OSError, smtplib.SMTPException, HTTPException, RunnerError, ValueError) as error:
            if isinstance(error, RunnerError) and error.code in NO_SECRET:
                return [f"{what} could not be sent: {error.text}{f'; {error.hint}' if error.hint else ''}"]
            if pause is None:
                return [f"{what} could not be sent ({_reason(error)})"]
            sleep(pause)
        else:
            return []
    return []


def _reason(error: Exception) -> str:
    code = getattr(error, "smtp_code", None) or getattr(error, "code", None)
    return f"{type(error).__name__}{f' {code}' if code else ''}"
