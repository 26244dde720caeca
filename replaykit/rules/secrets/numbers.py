"""Card and phone numbers among the many numbers that are neither."""

import re
from collections.abc import Callable, Iterator
from itertools import accumulate

from phonenumbers import NumberParseException, is_possible_number, is_valid_number, parse

from replaykit.rules.secrets.detector import START, Detector, Shape, Span

MANY_DIGITS = re.compile(r"[0-9](?:[ ().\-/\u00a0]{0,3}[0-9]){6}")
"""What every card and phone number matches."""

NO_ISSUER = "99000"
"""The first digits of pseudonyms: numbers that begin with 99 are left to national use, and no card network has them."""

_RUN = re.compile(r"[0-9](?:[ .\-\u00a0]?[0-9]){11,}")
_GROUP = re.compile(r"[0-9]+")
_GROUPINGS = frozenset({(4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4), (4, 3, 3, 3), (6, 13), (4, 4, 4, 4, 2)})
_MOST_GROUPS = 5
_SHORTEST, _LONGEST = 12, 19
# Issuer prefixes (ISO/IEC 7812): first digits from, to, and the lengths that are issued.
_ISSUERS = (
    (4, 4, {13, 16, 19}),
    (51, 55, {16}),
    (2221, 2720, {16}),
    (34, 34, {15}),
    (37, 37, {15}),
    (300, 305, {14, 16, 19}),
    (309, 309, {14, 16, 19}),
    (36, 36, {14, 16, 19}),
    (38, 39, {14, 16, 19}),
    (3528, 3589, {16, 17, 18, 19}),
    (6011, 6011, {16, 19}),
    (644, 659, {16, 19}),
    (62, 62, {16, 17, 19}),
    (81, 81, {16}),
    (50, 50, {16, 18, 19}),
    (56, 58, {16, 18, 19}),
    (6304, 6304, {16, 18, 19}),
    (6759, 6763, {16, 18, 19}),
    (2200, 2204, {16}),
)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_DIGESTS = frozenset({32, 40, 56, 64, 96, 128})
_AROUND = 128

_INTERNATIONAL = re.compile(
    rf"(?:(?<![0-9])\+|{START}00(?=[1-9])|(?<=%2[Bb])|(?<=\\u002[bB]))"
    r"[0-9](?:[ ().\-/\u00a0]{0,3}[0-9]){6,14}(?![0-9])"
)
_AMERICAN = re.compile(
    r"(?<![0-9])(?:1[ .\-]?)?"
    r"(?:\([2-9][0-9]{2}\)[ ]?|[2-9][0-9]{2}[ .\-])[2-9][0-9]{2}[ .\-][0-9]{4}(?![0-9])"
)
_BARE = re.compile(r"\+?[0-9 ().\-/\u00a0]{7,25}")
_PHONE_DIGITS = range(7, 16)


def digits_of(text: str) -> str:
    """Return the digits of a number, its separators left out."""
    return "".join(c for c in text if "0" <= c <= "9")


def luhn(digits: str) -> int:
    """Compute the check sum of ISO/IEC 7812-1, annex B: 0 for a valid number."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        total += value if place % 2 == 0 else value * 2 - 9 * (value > 4)  # noqa: PLR2004 - two digits, added up
    return total % 10


def is_card(digits: str) -> bool:
    """Say whether these digits are a number that a card's issuer gives out."""
    length = len(digits)
    if not _SHORTEST < length <= _LONGEST:
        return False
    known = any(
        length in lengths and first <= int(digits[: len(str(first))]) <= last for first, last, lengths in _ISSUERS
    )
    return known and luhn(digits) == 0 and len(set(digits)) > 1


def is_nobodys_card(digits: str) -> bool:
    """Say whether these digits are a pseudonym of a card's number: valid, and of an issuer that there is not."""
    return digits.startswith(NO_ISSUER) and _SHORTEST < len(digits) <= _LONGEST and luhn(digits) == 0


def is_phone_text(text: str) -> bool:
    """Say whether a text whose name says that it is a phone number can be one."""
    return _BARE.fullmatch(text) is not None and len(digits_of(text)) in _PHONE_DIGITS


def _cards(text: str) -> Iterator[Span]:
    for span in _written_like_cards(text, is_card):
        if span.end - span.start == len(text) or not _is_part(text, span):
            yield span


def _written_like_cards(text: str, accept: Callable[[str], bool]) -> Iterator[Span]:
    for run in _RUN.finditer(text):
        offset = run.start()
        if len(run[0]) == len(text) and accept(digits_of(text)):
            yield Span(0, 0, len(text))
            continue
        groups = [(offset + g.start(), offset + g.end()) for g in _GROUP.finditer(run[0])]
        at = 0
        while at < len(groups):
            end = _card_from(text, groups, at, accept)
            if end is not None:
                yield Span(groups[at][0], groups[at][0], groups[end - 1][1])
            at = end or at + 1


def _card_from(text: str, groups: list[tuple[int, int]], at: int, accept: Callable[[str], bool]) -> int | None:
    sizes = tuple(end - start for start, end in groups[at : at + _MOST_GROUPS])
    for count in range(len(sizes), 0, -1):
        if count == 1 or sizes[:count] in _GROUPINGS:
            digits = "".join(text[start:end] for start, end in groups[at : at + count])
            if accept(digits):
                return at + count
    return None


def _is_part(text: str, span: Span) -> bool:
    # Of 16 digits of a hash or UUID, one in some hundred looks like a card.
    first = max(0, span.start - _AROUND)
    near = text[first : span.end + _AROUND]
    if any(u.start() + first < span.end and span.start < u.end() + first for u in _UUID.finditer(near)):
        return True
    return any(
        h.start() + first <= span.start and span.end <= h.end() + first and len(h[0]) in _DIGESTS
        for h in _HEX.finditer(near)
    )


def _phones(text: str) -> Iterator[Span]:
    found = [*_international_numbers(text), *_american_numbers(text)]
    if not found:
        return
    # Digits of a card's pseudonym may look like a number with a country's code.
    taken = tuple(_written_like_cards(text, is_nobodys_card))
    for span in found:
        if not any(span.start < t.end and t.start < span.end for t in taken) and not _is_part(text, span):
            yield span


def _international_numbers(text: str) -> Iterator[Span]:
    for match in _INTERNATIONAL.finditer(text):
        written = match[0]
        prefix = 1 if written.startswith("+") else 2 if written.startswith("00") else 0
        length = _international(written[prefix:])
        if length:
            start = match.start() + prefix
            yield Span(match.start(), start, start + length)


def _american_numbers(text: str) -> Iterator[Span]:
    for match in _AMERICAN.finditer(text):
        if _is_number(match[0], "US", valid=True):
            yield Span(match.start(), match.start(), match.end())


def _international(written: str) -> int:
    """Return the length of the number that a text begins with: a date or an amount may follow it."""
    ends = [group.end() for group in _GROUP.finditer(written)]
    counts = list(accumulate(len(group[0]) for group in _GROUP.finditer(written)))
    candidates = [end for end, count in zip(ends, counts, strict=True) if count >= _PHONE_DIGITS.start][::-1]
    for valid in (True, False):
        for end in candidates:
            if _is_number("+" + written[:end], None, valid=valid):
                return end
    return 0


def _is_number(written: str, region: str | None, *, valid: bool) -> bool:
    try:
        number = parse(written, region)
    except NumberParseException:
        return False
    return is_valid_number(number) if valid else is_possible_number(number)


NUMBERS = (
    Detector("card", Shape.CARD, (), _cards),
    Detector("phone", Shape.PHONE, (), _phones),
)
