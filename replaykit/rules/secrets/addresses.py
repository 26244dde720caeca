"""E-mail addresses, found from their at sign, so that no text is read twice."""

import re
from collections.abc import Iterator

from replaykit.rules.secrets.detector import Detector, Shape, Span

RESERVED = ".invalid"
"""The top-level domain of pseudonyms, which RFC 2606 gives to nobody."""

_AT = re.compile(
    r"(?:@|%40|\\u0040)(?P<domain>(?:[^\W_](?:[\w-]{0,62}[^\W_])?\.){1,8}(?:xn--[A-Za-z0-9-]{2,59}|[^\W\d_]{2,63}))"
)
# Read backwards from the at sign.
_LOCAL = re.compile(r"[\w.+-]{1,64}")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[abfnrtv]")
_USERINFO = re.compile(r"[^\s/?#\"'<>]*:[^\s/?#\"'<>]*")
_RESERVED = re.compile(r"[a-z0-9]{8}\.invalid\.")
_LONGEST_LOCAL, _LONGEST_USERINFO = 64, 300


def is_reserved(domain: str) -> bool:
    """Say whether a domain is a pseudonym's, or one that code has added to."""
    return domain.lower().endswith(RESERVED) or _RESERVED.match(domain) is not None


def _addresses(text: str) -> Iterator[Span]:
    done = 0
    for match in _AT.finditer(text):
        at = match.start()
        local = _LOCAL.match(text[max(done, at - _LONGEST_LOCAL) : at][::-1])
        if local is None or is_reserved(match["domain"]) or _is_password(text, at):
            continue
        start = _begin(text, at - len(local[0]), at)
        if start < at:
            yield Span(start, start, match.end())
            done = match.end()


def _is_password(text: str, at: int) -> bool:
    # user:password@host is the business of the connection strings' detector.
    first = max(text.rfind("://", max(0, at - _LONGEST_USERINFO), at) + 3, 0)
    return first > 2 and _USERINFO.fullmatch(text, first, at) is not None  # noqa: PLR2004 - found at all


def _begin(text: str, start: int, at: int) -> int:
    # The end of an escape reads like a part of the address: %3Dada, \\nada.
    escape = _ESCAPE.match(text, start - 1) if start else None
    if escape is not None and escape.end() <= at:
        start = escape.end()
    while start < at and text[start] in ".+-":
        start += 1
    return start


ADDRESSES = (Detector("e-mail", Shape.EMAIL, ("@", "%40", "\\u0040"), _addresses),)
