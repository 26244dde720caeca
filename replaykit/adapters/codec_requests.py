"""Bodies are POSTed to a codec server over kept connections, and what went wrong there is told without its URL."""

from collections.abc import Mapping
from dataclasses import dataclass

import urllib3

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 20.0


class Unanswered(Exception):
    """There was no answer; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: its status, its body, and how long it asks to wait before another attempt."""

    status: int
    body: bytes
    retry_after: str


class Requests:
    """Connections to one server; may be used from several threads at a time."""

    def __init__(self, most: int, *, headers: Mapping[str, str]) -> None:
        """Take the number of connections to keep, and what is said with each request; nothing is connected yet."""
        self._headers = dict(headers)
        self._pool = urllib3.PoolManager(
            maxsize=most, retries=False, timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
        )

    def post(self, url: str, body: bytes) -> Answer:
        """Send a body.

        Raises:
            Unanswered: There was no answer.
        """
        # A redirect is not followed: it would take payloads and credentials to another place.
        try:
            got = self._pool.request("POST", url, body=body, headers=self._headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise Unanswered(_reason(error)) from None
        return Answer(got.status, got.data, got.headers.get("Retry-After", ""))


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
