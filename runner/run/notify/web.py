"""Requests to the district's own addresses: a JSON summary to a webhook, start, success and fail pings. The addresses are secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from runner.errors import RunnerError
from runner.job.secret import Secret
from runner.loopback import is_loopback
from runner.report.document import document
from runner.report.headline import headline
from runner.report.model import RunReport

TIMEOUT = 10.0
_COUNTED = ("schema", "run", "job", "kind", "status", "counts", "removal", "held")


def summary_of(report: RunReport, *, values: bool) -> Mapping[str, object]:
    """What a webhook gets: counts and one sentence; with `values` the run's whole JSON document, with its first 1,000 changes."""
    whole = document(report)
    told = whole if values else {name: whole[name] for name in _COUNTED}
    return {**told, "sentence": headline(report).sentence}


def may_carry_values(address: Secret) -> bool:
    """Whether nobody on the way can read what is sent to the address. Raises RunnerError where a reference cannot be followed."""
    where = urlsplit(address.reveal())
    return where.scheme == "https" or is_loopback(where.hostname)


def post_json(address: Secret, body: Mapping[str, object]) -> None:
    """Posts a document. Raises OSError or http.client.HTTPException when it was not taken."""
    _request(address, "", json.dumps(body).encode(), "application/json")


def ping(address: Secret, outcome: str) -> None:
    """Tells a watcher that a run starts ("start"), ended well ("") or failed ("fail"); the body is empty. Raises as `post_json` does."""
    _request(address, f"/{outcome}" if outcome else "", b"", "text/plain")


class _NoRedirect(HTTPRedirectHandler):
    """An address that sends us elsewhere is not the one that the district named."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def _request(address: Secret, suffix: str, body: bytes, kind: str) -> None:
    url = address.reveal()
    if urlsplit(url).scheme not in ("http", "https"):
        raise RunnerError("the address under notify is not http or https", f"look at {address.reference}", code="notify-address")
    request = Request(url.rstrip("/") + suffix, data=body, headers={"Content-Type": kind, "User-Agent": "patron-updater"}, method="POST")
    # What is meant for this machine would else go to a proxy of the environment, and in clear.
    straight = [ProxyHandler({})] if is_loopback(urlsplit(url).hostname) else []
    with build_opener(_NoRedirect(), *straight).open(request, timeout=TIMEOUT) as answer:
        answer.read1(1024)  # whatever is there: an answer without an end must not keep the run, nor its store, waiting
