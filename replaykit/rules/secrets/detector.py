"""What a detector is: a kind of secret, the shape of its pseudonym, and how it is found in a text."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Shape(StrEnum):
    """What a pseudonym has to look like (see rules/pseudonyms.py).

    A token has a form of its own, of which prefix and separators stay; what is opaque only its surroundings tell.
    """

    TOKEN = "token"  # noqa: S105 - a shape
    JWT = "jwt"
    OPAQUE = "opaque"
    EMAIL = "e-mail"
    HOST = "host"
    PHONE = "phone"
    CARD = "card"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Span:
    """Where a secret stands in a text: from `start` to `end`; what stands before `body` tells its vendor, and stays."""

    start: int
    body: int
    end: int


Finder: TypeAlias = Callable[[str], Iterator[Span]]


@dataclass(frozen=True, slots=True)
class Detector:
    """A kind of secret.

    Attributes:
        kind: Its name, as reports and docs/reference/redaction.md have it.
        shape: What its pseudonyms look like.
        anchors: Lower-case literals of which each text that holds such a secret holds one; none: seven digits.
        find: Yields where secrets of the kind stand; its time grows with the text's length and no faster.
    """

    kind: str
    shape: Shape
    anchors: tuple[str, ...]
    find: Finder


# A secret begins where no word goes on: at no letter or digit, or behind an escape, whose last character is one.
START = r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[abfnrtv])|(?<=\\u[0-9A-Fa-f]{4})|(?<=\\x[0-9A-Fa-f]{2}))"


# Longer than any name or prefix that tells a secret.
_LONGEST_SIGN = 64


def matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield where a pattern matches: also where the end of one match holds what the next begins with.

    In `Bearer one/Bearer two` the first reads as if it were `one/Bearer`.
    """
    at = done = 0
    while (match := pattern.search(text, at)) is not None:
        at = match.start() + 1
        if match.end() > done:
            done = match.end()
            at = max(at, done - _LONGEST_SIGN)
            yield match


def matching(pattern: str, *, accept: Callable[[str], bool] | None = None, flags: int = 0) -> Finder:
    """Find by a regular expression; what it names `body` is the secret, what it names `keep` stays in front of it.

    Args:
        pattern: The expression.
        accept: Says of a body whether it is a secret after all.
        flags: Of the module `re`.
    """
    compiled = re.compile(pattern, flags)
    keeps = "keep" in compiled.groupindex

    def find(text: str) -> Iterator[Span]:
        for match in matches(compiled, text):
            start, end = match.span("body")
            if end > start and (accept is None or accept(match["body"])):
                yield Span(match.start("keep") if keeps and match["keep"] else start, start, end)

    return find
