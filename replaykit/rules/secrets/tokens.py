"""API keys and tokens that their issuer's prefix or form gives away."""

import re
from collections.abc import Iterator
from itertools import pairwise

from replaykit.rules.secrets.detector import START, Detector, Shape, Span, matching

_SOLID = re.compile(r"[A-Za-z0-9]{10}")


def _random(body: str) -> bool:
    # sk-cube-grid-container is a class of a style sheet: keys have digits, and stretches without a hyphen.
    return any(c.isdigit() for c in body) and _SOLID.search(body) is not None


def _token(kind: str, anchors: tuple[str, ...], keep: str, body: str) -> Detector:
    return Detector(kind, Shape.TOKEN, anchors, matching(rf"{START}(?P<keep>{keep})(?P<body>{body})"))


_DOTTED = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]++(?:\.[A-Za-z0-9_-]*+){2,}")
_HEADER = re.compile(START + "ey")
_LEAST = 10


def _jwts(text: str) -> Iterator[Span]:
    for match in _DOTTED.finditer(text):
        start = match.start()
        segments = match[0].split(".")
        for segment, following in pairwise(segments):
            header = _HEADER.search(text, start, start + len(segment))
            if header is not None and start + len(segment) - header.start() >= _LEAST <= len(following):
                yield Span(header.start(), header.start(), match.end())
                break
            start += len(segment) + 1


_PEM_BODY = r"(?:[^-]|-(?!-)){20,}"

TOKENS = (
    _token("anthropic-key", ("sk-ant-",), r"sk-ant-(?:[a-z]{1,12}\d{2}-)?", r"[A-Za-z0-9_-]{16,}"),
    Detector(
        "openai-key",
        Shape.TOKEN,
        ("sk-", "sess-"),
        matching(
            START
            + r"(?:(?P<keep>sk-(?:(?:proj|svcacct|admin|service|None)-)?|sess-(?=[A-Za-z0-9]{24}))"
            + r"(?P<body>[A-Za-z0-9_-]{20,}))",
            accept=_random,
        ),
    ),
    _token("aws-access-key", ("akia", "asia", "abia", "acca"), "A(?:KIA|SIA|BIA|CCA)", "[A-Z0-9]{16,}"),
    Detector(
        "aws-secret-key",
        Shape.TOKEN,
        ("secret",),
        matching(
            r"secret[_\- ]?(?:access[_\- ]?)?key(?:\\*[\"'])?\s{0,3}(?:=>|[:=])?\s{0,3}(?:\\*[\"'])?"
            r"(?P<body>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])",
            flags=re.IGNORECASE,
        ),
    ),
    _token(
        "github-token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        "gh[pousr]_|github_pat_",
        "[A-Za-z0-9_]{22,}",
    ),
    _token("google-key", ("aiza", "gocspx-", "ya29."), r"AIza|GOCSPX-|ya29\.", "[A-Za-z0-9_-]{20,}"),
    _token("slack-token", ("xox", "xapp-"), r"(?:xoxe\.)?xox[abceoprs]-|xapp-", "[A-Za-z0-9-]{10,}"),
    _token(
        "slack-token",
        ("hooks.slack.com",),
        r"hooks\.slack\.com/(?:services|workflows|triggers)/",
        "[A-Za-z0-9_/+-]{20,}",
    ),
    _token(
        "stripe-key",
        ("k_live_", "k_test_", "whsec_"),
        "[srp]k_(?:live|test)_|whsec_",
        "[A-Za-z0-9+/=]{16,}",
    ),
    Detector(
        "jwt",
        Shape.JWT,
        ("ey",),
        _jwts,
    ),
    Detector(
        "private-key",
        Shape.TOKEN,
        ("-----begin ",),
        matching(rf"(?P<keep>-----BEGIN [A-Z0-9 ]{{0,40}}PRIVATE KEY(?: BLOCK)?-----)(?P<body>{_PEM_BODY})"),
    ),
    _token("vendor-token", ("hf_",), "hf_", "[A-Za-z0-9]{30,}"),
    _token("vendor-token", ("npm_",), "npm_", "[A-Za-z0-9]{36,}"),
    _token(
        "vendor-token",
        ("glpat-", "gldt-", "glft-", "glsoat-", "glrt-", "glcbt-", "glimt-", "glptt-", "glagent-", "gloas-"),
        "gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-",
        "[A-Za-z0-9_-]{20,}",
    ),
)
