"""Which hosts are out of reach for other machines. Light: the command line asks before anything else is imported."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a listener on this host is out of reach for other machines."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
