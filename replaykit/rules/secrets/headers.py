"""Credentials as HTTP headers, URLs and assignments carry them: known by what stands before them."""

import binascii
import re
from collections.abc import Iterator

from replaykit.rules.secrets.detector import START, Detector, Shape, Span, matches, matching
from replaykit.rules.secrets.names import SPELLED

_PORT = re.compile(r"\d{1,5}(?=[/?#]|$)")
# Attributes of a Set-Cookie header, which are no secrets.
_ATTRIBUTES = frozenset(
    {"path", "expires", "max-age", "domain", "samesite", "secure", "httponly", "version", "priority"}
)
_COOKIE = re.compile(
    r"cookie2?(?:\\*[\"'])?\s{0,3}(?:=>|[:=,])\s{0,3}(?:\\*[\"'])?"
    r"(?P<pairs>[^\s=;,\"'\\]{1,128}=[^;\"'\r\n\\]{1,4096}(?:;\s{0,3}[^;\"'\r\n\\]{1,4096}){0,100})",
    re.IGNORECASE,
)
_PAIR = re.compile(r"(?:^|;)\s{0,3}(?P<name>[^\s=;]{1,128})=(?P<value>[^;]+)")
_NO_BASE64 = str.maketrans("", "", "-_=")
_WORD = re.compile(r"[A-Za-z_]+(?:\.[A-Za-z_]+)*[.!?]?")
_QUOTE = r"(?:\\*[\"'])"
_SCHEME = r"(?:(?:bearer|basic|token|digest|apikey)\s{1,3})?"
_ASSIGNED = re.compile(
    rf"(?:{SPELLED}){_QUOTE}?(?P<operator>\s{{0,3}}(?:=>|:=|[:=])\s{{0,3}})"
    rf"(?:(?P<quote>{_QUOTE}){_SCHEME}(?P<quoted>[^\"'\\\r\n]{{1,4096}})|{_SCHEME}(?P<bare>[^\s\"'&;,<>(){{}}\[\]\\]{{4,4096}}))",
    re.IGNORECASE,
)


def _bearer(body: str) -> bool:
    # "the bearer representative" is prose.
    return len(body) >= 24 or not body.rstrip(".").isalpha()  # noqa: PLR2004 - longer than any word of prose


def _basic(body: str) -> bool:
    # What code has added to it, such as /digest, may leave one character over, which is no byte.
    letters = body.translate(_NO_BASE64)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return b":" in binascii.a2b_base64(letters + "=" * (-len(letters) % 4))


def _no_port(body: str) -> bool:
    return _PORT.match(body) is None


def cookie_values(pairs: str) -> Iterator[Span]:
    """Yield where the values of `name=value; name=value` stand, those of a Set-Cookie's attributes left out."""
    for pair in _PAIR.finditer(pairs):
        if pair["name"].lower() not in _ATTRIBUTES:
            start, end = pair.span("value")
            end = start + len(pair["value"].rstrip())
            if end > start:
                yield Span(start, start, end)


def _cookies(text: str) -> Iterator[Span]:
    for match in _COOKIE.finditer(text):
        offset = match.start("pairs")
        for span in cookie_values(match["pairs"]):
            yield Span(offset + span.start, offset + span.body, offset + span.end)


def _assigned(text: str) -> Iterator[Span]:
    for match in matches(_ASSIGNED, text):
        group = "quoted" if match["quote"] else "bare"
        if group == "bare" and not _value(match["bare"], match["operator"]):
            continue
        start, end = match.span(group)
        yield Span(start, start, end)


def _value(bare: str, operator: str) -> bool:
    # `password: required` is prose, `api_key=settings.api_key` is code in a stack trace.
    if _WORD.fullmatch(bare) is None:
        return True
    return operator == "=" and "." not in bare and "_" not in bare


CREDENTIALS = (
    Detector(
        "connection-string",
        Shape.OPAQUE,
        ("://", ":\\/\\/"),
        matching(
            r":(?://|\\/\\/)[^\s:/?#@\"'<>]{0,100}:"
            # An at sign of the password's own, which should have been quoted, is not the last.
            r"(?P<body>[^\s/?#\"'<>@]{1,256}(?:@[^\s/?#\"'<>@]{1,100}(?=@)){0,3})@",
        ),
    ),
    # Passwords that should have been quoted, as the drivers of databases let pass.
    Detector(
        "connection-string",
        Shape.OPAQUE,
        ("://",),
        matching(
            r"(?:postgres|postgresql|mysql|mariadb|mssql|oracle|mongodb|redis|rediss|amqp|amqps|srv|psycopg2?|asyncpg|ftp)"
            r"://[^\s:/?#@\"'<>]{0,100}:(?P<body>[^\s\"'<>@]{1,200})@",
            accept=_no_port,
            flags=re.IGNORECASE,
        ),
    ),
    Detector(
        "bearer-token",
        Shape.OPAQUE,
        ("bearer",),
        matching(START + r"bearer\s{1,3}(?P<body>[A-Za-z0-9._~+/-]{8,}=*)", accept=_bearer, flags=re.IGNORECASE),
    ),
    Detector(
        "basic-credentials",
        Shape.OPAQUE,
        ("basic",),
        matching(START + r"basic\s{1,3}(?P<body>[A-Za-z0-9+/_-]{6,}={0,2})", accept=_basic, flags=re.IGNORECASE),
    ),
    Detector("cookie", Shape.OPAQUE, ("cookie",), _cookies),
    Detector(
        "named",
        Shape.OPAQUE,
        (
            "authorization",
            "passw",
            "passphrase",
            "pwd",
            "secret",
            "credential",
            "token",
            "api",
            "access",
            "private",
        ),
        _assigned,
    ),
)
