"""Hosts that an activity may reach past its cassette: declared as `HOST` or `HOST:PORT`."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from replaykit.errors import ConfigInvalid

PORTS = range(1, 65536)
_USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Allowed:
    """One declaration; without a port it stands for all of the host's."""

    host: str
    port: int | None = None

    def allows(self, host: str, port: int | None) -> bool:
        """Say whether it covers a host, by the name or the address it was declared with."""
        return self.host == normal(host) and self.port in {None, port}


def parse(declared: Iterable[str]) -> tuple[Allowed, ...]:
    """Read declarations.

    Raises:
        ConfigInvalid: One is no host, or its port is none.
    """
    # A text alone would be read letter by letter.
    return tuple(_parsed(said) for said in ([declared] if isinstance(declared, str) else declared))


def allow_url(allowed: Iterable[Allowed], url: str) -> bool:
    """Say whether a request to a URL may go past its cassette, by the name or the address that stands in the URL."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _USUAL_PORTS.get(parts.scheme)
    except ValueError:
        return False
    return any(declared.allows(host, port) for declared in allowed)


def normal(host: str) -> str:
    """Write a host in one way: names in lower case, addresses in their shortest form."""
    bare = host.strip("[]").partition("%")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return host.lower().rstrip(".")


def is_address(host: str) -> bool:
    """Say whether a host is an address, and no name."""
    try:
        ipaddress.ip_address(normal(host))
    except ValueError:
        return False
    return True


def _parsed(said: object) -> Allowed:
    if isinstance(said, str) and said and not set(said) & set("/@ ,"):
        if is_address(said) and said.startswith("[") == said.endswith("]"):
            return Allowed(normal(said))
        host, colon, port = said.rpartition(":")
        if not colon:
            return Allowed(normal(said))
        bracketed = host.startswith("[") == host.endswith("]")
        if host and bracketed and port.isascii() and port.isdigit() and int(port) in PORTS:
            return Allowed(normal(host), int(port))
    raise ConfigInvalid(
        f"{said!r:.60} is no host that activities may be allowed to reach.",
        cause="a host is a name or an address, with a port or without: db.internal, 127.0.0.1:5432, [::1]:5432",
        fix='correct it: allow_hosts=["db.internal", "127.0.0.1:5432"]',
    )
