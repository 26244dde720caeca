"""Which proxy a request goes through: the one that the environment names, as for other HTTP clients, or none."""

import contextlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from replaykit.adapters.this_machine import is_this_machine

CREDENTIALS = "put them into the variable: http://USER:PASSWORD@HOST:PORT, with %40 for an @ in them"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy: its URL, and what it is told, which may hold credentials; as text, what may be shown of it."""

    variable: str
    url: str
    headers: Mapping[str, str]

    def __str__(self) -> str:
        """Name it without its credentials."""
        return f"the proxy at {urlsplit(self.url).netloc} ({self.variable})"

    @property
    def speaks_http(self) -> bool:
        """Whether it is one for HTTP: not SOCKS, which takes a package more."""
        return urlsplit(self.url).scheme in {"http", "https"}


def proxy_for(url: str) -> Proxy | None:
    """Find the proxy for a URL: HTTPS_PROXY or HTTP_PROXY by its scheme, else ALL_PROXY; NO_PROXY leaves hosts out.

    This machine is never asked through a proxy, as by Go's clients, the `temporal` CLI among them: a proxy would look
    for the server on its own machine.
    """
    asked = urlsplit(url)
    host = asked.hostname or ""
    # Capitals or not, and the settings of the system where it has some.
    proxies = getproxies()
    key = asked.scheme if asked.scheme in proxies else "all"
    named = proxies.get(key, "")
    if not named or is_this_machine(host) or proxy_bypass(asked.netloc.rpartition("@")[2]) or _is_in(host, proxies):
        return None
    return _parsed(f"{key.upper()}_PROXY", named if "://" in named else f"http://{named}")


def _parsed(variable: str, named: str) -> Proxy:
    parts = urlsplit(named)
    headers = {}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers = dict(urllib3.util.make_headers(proxy_basic_auth=pair))
    return Proxy(variable, f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", headers)


def _is_in(host: str, proxies: Mapping[str, str]) -> bool:
    """Say whether an address lies in a network of NO_PROXY, such as 10.0.0.0/8, which Python itself does not read."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    for entry in proxies.get("no", "").split(","):
        with contextlib.suppress(ValueError):
            if "/" in entry and address in ipaddress.ip_network(entry.strip(), strict=False):
                return True
    return False
