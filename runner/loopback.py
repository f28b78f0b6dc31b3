"""Hosts that are this machine itself: what is sent to them, nobody on the way can read."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str | None) -> bool:
    """Whether the host is this machine by its name or number alone; nothing is looked up."""
    if host is None:
        return False
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.rstrip(".").lower() in ("localhost", "localhost.localdomain", "ip6-localhost")
