"""What a detector is: a kind of secret, the shape of its pseudonym, and how it is found in a text."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Shape(StrEnum):
    """What a pseudonym has to look like (see rules/pseudonyms.py)."""

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
        for match in compiled.finditer(text):
            start, end = match.span("body")
            if end > start and (accept is None or accept(match["body"])):
                yield Span(match.start("keep") if keeps and match["keep"] else start, start, end)

    return find
