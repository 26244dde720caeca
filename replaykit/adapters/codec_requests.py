"""Bodies are POSTed to a codec server over kept connections, and what went wrong there is told without its URL."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import urllib3

from replaykit.adapters.http_proxy import CREDENTIALS, Proxy, proxy_for

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 20.0
# The words in which http.client says how a proxy answered to CONNECT.
_TUNNEL = re.compile(r"Tunnel connection failed: (\d+)")
_PROXY_AUTHENTICATION_REQUIRED = 407
_OTHERWISE = "correct the variable, or add the codec server's host to NO_PROXY"


class Unanswered(Exception):
    """There was no answer; the text says why, and `fix` what to do where that is not about the server itself."""

    def __init__(self, reason: str, fix: str = "") -> None:
        super().__init__(reason)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: its status, its body, and how long it asks to wait before another attempt."""

    status: int
    body: bytes
    retry_after: str


class Requests:
    """Connections to one server; may be used from several threads at a time."""

    def __init__(self, url: str, most: int, *, headers: Mapping[str, str]) -> None:
        """Take the server's URL, the number of connections to keep, and what is said with each request.

        Which proxy the environment names for that URL is decided now; nothing is connected yet.
        """
        self._headers = dict(headers)
        self._proxy = proxy_for(url)
        patience = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
        self._pool = (
            urllib3.ProxyManager(
                self._proxy.url, proxy_headers=self._proxy.headers, maxsize=most, retries=False, timeout=patience
            )
            if self._proxy and self._proxy.speaks_http
            else urllib3.PoolManager(maxsize=most, retries=False, timeout=patience)
        )

    def post(self, url: str, body: bytes) -> Answer:
        """Send a body.

        Raises:
            Unanswered: There was no answer.
        """
        if self._proxy and not self._proxy.speaks_http:
            raise Unanswered(f"{self._proxy} is not one for HTTP", "name an http:// proxy, or leave it out by NO_PROXY")
        # A redirect is not followed: it would take payloads and credentials to another place.
        try:
            got = self._pool.request("POST", url, body=body, headers=self._headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise self._unanswered(error) from None
        if got.status == _PROXY_AUTHENTICATION_REQUIRED:
            raise Unanswered(*_needs_credentials(self._proxy))
        return Answer(got.status, got.data, got.headers.get("Retry-After", ""))

    def _unanswered(self, error: urllib3.exceptions.HTTPError) -> Unanswered:
        if self._proxy is None or not isinstance(error, urllib3.exceptions.ProxyError):
            return Unanswered(_reason(error))
        refused = _TUNNEL.match(str(error.original_error))
        if refused and int(refused[1]) == _PROXY_AUTHENTICATION_REQUIRED:
            return Unanswered(*_needs_credentials(self._proxy))
        if refused:
            return Unanswered(f"{self._proxy} opens no way there: it answers with status {refused[1]}", _OTHERWISE)
        inner = error.original_error
        why = _reason(inner) if isinstance(inner, urllib3.exceptions.HTTPError) else "the connection broke"
        return Unanswered(f"{self._proxy} cannot be reached: {why}", _OTHERWISE)


def _needs_credentials(proxy: Proxy | None) -> tuple[str, str]:
    """Say that a proxy lets nobody through without credentials, or with those it got; and what to do."""
    return f"{proxy or 'a proxy on the way'} asks for credentials, or refuses those it was given", CREDENTIALS


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    # The library's own text may quote the whole URL.
    match error:
        case urllib3.exceptions.ReadTimeoutError():
            return f"no answer within {ANSWER_SECONDS:g} s"
        case urllib3.exceptions.NameResolutionError():
            return "its name is not known"
        case urllib3.exceptions.NewConnectionError():
            return "connection refused"
        case urllib3.exceptions.ConnectTimeoutError():
            return f"no connection within {CONNECT_SECONDS:g} s"
        case urllib3.exceptions.SSLError():
            return "TLS failed: its certificate is not trusted here, or it speaks no TLS"
        case _:
            return f"the connection broke ({type(error).__name__})"
