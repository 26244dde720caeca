"""Whether a host is this machine: no proxy leads there, and there is no network to spare on the way."""

import contextlib
import ipaddress


def is_this_machine(host: str) -> bool:
    """Say whether a host's name or address is one of the loopback interface."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False
