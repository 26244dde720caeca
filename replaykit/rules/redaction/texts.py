"""The secrets of one text give way to their pseudonyms; the rest of it stays."""

import re
from collections.abc import Iterable, Iterator

from replaykit.rules.pseudonyms import Pseudonyms, is_pseudonym
from replaykit.rules.redaction.pieces import TIME, UUID, pieces
from replaykit.rules.redaction.places import HOST, TEAM, Ledger, Link, Seen
from replaykit.rules.redaction.rules import RedactionRules
from replaykit.rules.secrets.addresses import RESERVED
from replaykit.rules.secrets.detector import Detector, Shape
from replaykit.rules.secrets.headers import cookie_values
from replaykit.rules.secrets.numbers import digits_of, is_phone_text
from replaykit.rules.secrets.search import Found, Search

_SCHEME = re.compile(r"(?:bearer|basic|token|digest|apikey)\s+(?=\S)", re.IGNORECASE)
_MASKED = frozenset("*•.xX")
# Texts that come again, such as names of task queues, are looked at once.
_MOST_KEPT, _LONGEST_KEPT = 20_000, 512
_STICKY = re.compile(r"(?P<worker>.+)(?P<separator>[-:])(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_RANDOM = re.compile(r"(?=[^\d]*\d)\S{16,}")


class Texts:
    """Redacts texts under rules and a key."""

    def __init__(self, rules: RedactionRules, pseudonyms: Pseudonyms, detectors: Iterable[Detector]) -> None:
        self.rules = rules
        self.search = Search(detectors)
        self._pseudonyms = pseudonyms
        self._kept: dict[str, tuple[Found, ...]] = {}
        self._identities: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {}

    def found(self, text: str) -> tuple[Found, ...]:
        """Find a text's secrets; quickly where it was looked at before."""
        known = self._kept.get(text)
        if known is not None:
            return known
        length = len(text)
        # Identifiers and times that are new in each history, and nothing else.
        if (length == 36 and UUID.fullmatch(text)) or (20 <= length <= 35 and TIME.fullmatch(text)):  # noqa: PLR2004 - their lengths
            return ()
        found = self.search.find(text, is_pseudonym=_is_pseudonym)
        if self.rules.patterns:
            found = _merged(found, self._by_pattern(text))
        if length <= _LONGEST_KEPT:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[text] = found
        return found

    def redact(self, text: str, ledger: Ledger, link: Link, *, same_length: bool = False) -> str:
        """Replace the secrets that patterns find in a text."""
        found = self._look(text, ledger)
        if not found:
            return text
        for one in found:
            secret = text[one.start : one.end]
            if len(secret) == len(text):
                ledger.alone[secret] = Seen(one.shape, one.kind, one.body - one.start)
            else:
                ledger.within.add(secret)
        if ledger.known or ledger.begun:
            found = tuple(self._pieces(text, found, ledger))
        return self._replaced(text, found, ledger, link, same_length=same_length)

    def redact_named(self, text: str, ledger: Ledger, link: Link, *, kind: str, same_length: bool = False) -> str:
        """Replace a text that is a secret by its name or place: whole, but for what tells how it is used."""
        if not text or set(text) <= _MASKED:
            return text
        found = self.found(text)
        whole = len(found) == 1 and found[0].start == 0 and found[0].end == len(text)
        if not whole or (found[0].kind == "phone" and not text.startswith("+")):
            scheme = _SCHEME.match(text)
            if scheme is not None:
                rest = self.redact_named(text[scheme.end() :], ledger, link, kind=kind, same_length=same_length)
                return scheme[0] + rest
            if is_pseudonym(text, shape=Shape.OPAQUE):
                return text
            found = (Found(0, 0, len(text), kind, Shape.OPAQUE),)
        if ledger.begun and kind != TEAM:
            found = tuple(self._pieces(text, found, ledger, anywhere=False))
        return self._replaced(text, found, ledger, link, same_length=same_length)

    def redact_cookie(self, text: str, ledger: Ledger, link: Link, *, same_length: bool = False) -> str:
        """Replace the values of a cookie header, and keep their names; whole where it holds no name."""
        values = tuple(cookie_values(text))
        if not values:
            return self.redact_named(text, ledger, link, kind="cookie", same_length=same_length)
        parts: list[str] = []
        at = 0
        for value in values:
            parts.append(text[at : value.start])
            parts.append(
                self.redact_named(text[value.start : value.end], ledger, link, kind="cookie", same_length=same_length)
            )
            at = value.end
        return "".join([*parts, text[at:]])

    def redact_doubtful(self, text: str, ledger: Ledger, link: Link, *, same_length: bool = False) -> str:
        """Replace a text whole where it looks random, otherwise what patterns find in it."""
        if _RANDOM.fullmatch(text) and not UUID.fullmatch(text) and not TIME.fullmatch(text):
            return self.redact_named(text, ledger, link, kind="named", same_length=same_length)
        return self.redact(text, ledger, link, same_length=same_length)

    def redact_phone(self, text: str, ledger: Ledger, link: Link, *, same_length: bool = False) -> str:
        """Replace the digits of a text whose name says that it is a phone number."""
        if not is_phone_text(text):
            return self.redact(text, ledger, link, same_length=same_length)
        if is_pseudonym(text, shape=Shape.PHONE):
            return text
        found = self.found(text)
        if not (len(found) == 1 and found[0].start == 0 and found[0].end == len(text)):
            body = 1 if text.startswith("+") else 2 if text.startswith("00") else 0
            found = (Found(0, body, len(text), "phone", Shape.PHONE),)
        return self._replaced(text, found, ledger, link, same_length=same_length)

    def redact_identity(self, text: str, ledger: Ledger, link: Link) -> str:
        """Replace the host, and the user, of a worker's or client's identity: pid@host, temporal-cli:user@host."""
        if not ledger.is_first or ledger.known or ledger.begun:
            return self._identity(text, ledger, link)
        # The same few identities stand in every other event of every history.
        known = self._identities.get(text)
        if known is None:
            tried = Ledger(ledger.keep)
            new = self._identity(text, tried, link)
            known = (new, tuple((place.kind, place.secret) for place in tried.places))
            if tried.alone or tried.within or tried.telling or tried.found:
                # It told something of the rest of the history, which each history has to hear.
                return self._identity(text, ledger, link)
            if len(self._identities) >= _MOST_KEPT:
                self._identities.clear()
            self._identities[text] = known
        for kind, secret in known[1]:
            ledger.note(link, kind, secret)
        return known[0]

    def _identity(self, text: str, ledger: Ledger, link: Link) -> str:
        who, at, rest = text.partition("@")
        host = rest.partition("@")[0]
        known = RESERVED in rest or (not who.isdigit() and any(f.kind == "e-mail" for f in self.found(text)))
        if not at or known:
            return self.redact(text, ledger, link)
        user = max((who.rfind(c) for c in ":/ "), default=-1) + 1
        found = []
        if not (who[user:].isdigit() or not who[user:] or is_pseudonym(who, shape=Shape.OPAQUE)):
            found.append(Found(user, user, len(who), HOST, Shape.OPAQUE))
        if host:
            found.append(Found(len(who) + 1, len(who) + 1, len(who) + 1 + len(host), HOST, Shape.HOST))
        return self.redact(self._replaced(text, found, ledger, link), ledger, link)

    def redact_sticky(self, text: str, ledger: Ledger, link: Link) -> str:
        """Replace the host in the name of a sticky task queue, which SDKs make of an identity and a random id."""
        named = _STICKY.fullmatch(text)
        if named is None:
            return self.redact(text, ledger, link)
        if "@" not in named["worker"] and named["separator"] == ":" and not named["worker"].endswith(RESERVED):
            found = (Found(0, 0, named.end("worker"), HOST, Shape.HOST),)
            return self._replaced(text, found, ledger, link)
        return self.redact_identity(named["worker"], ledger, link) + text[named.end("worker") :]

    def redact_number(self, number: float, ledger: Ledger, link: Link, *, shape: Shape, kind: str) -> float:
        """Replace a number by one of the same type and, but for exponents, as many digits."""
        text = repr(number)
        if shape is Shape.PHONE and is_pseudonym(text, shape=shape):
            return number
        fingerprint = self._fingerprint(text, shape)
        if self._stays(text, fingerprint, ledger):
            return number
        ledger.note(link, kind, fingerprint)
        return type(number)(self._pseudonyms.of(text, shape=shape))

    def _by_pattern(self, text: str) -> Iterator[Found]:
        for pattern in self.rules.patterns:
            for match in pattern.finditer(text):
                start, end = match.span(1 if pattern.groups and match[1] is not None else 0)
                if end > start and not is_pseudonym(text[start:end], shape=Shape.OPAQUE):
                    yield Found(start, start, end, TEAM, Shape.OPAQUE)

    def _look(self, text: str, ledger: Ledger) -> tuple[Found, ...]:
        found = self.found(text)
        return _merged(found, _told_in(text, ledger)) if ledger.told else found

    def _pieces(self, text: str, found: Iterable[Found], ledger: Ledger, *, anywhere: bool = True) -> Iterator[Found]:
        for one in found:
            yield from pieces(text, one, ledger, lambda rest: self._look(rest, ledger), anywhere=anywhere)

    def _replaced(
        self, text: str, found: Iterable[Found], ledger: Ledger, link: Link, *, same_length: bool = False
    ) -> str:
        parts: list[str] = []
        at = 0
        for one in found:
            secret = text[one.start : one.end]
            fingerprint = self._fingerprint(secret, one.shape)
            ledger.saw(secret, Seen(one.shape, one.kind, one.body - one.start))
            if self._stays(secret, fingerprint, ledger):
                continue
            ledger.note(link, one.kind, fingerprint)
            body = text[one.body : one.end]
            if one.shape is Shape.OPAQUE:
                ledger.telling[body] = one.kind
            new = (
                self._pseudonyms.of_same_length(body, shape=one.shape)
                if same_length
                else self._pseudonyms.of(body, shape=one.shape)
            )
            parts += [text[at : one.body], new]
            at = one.end
        return "".join([*parts, text[at:]]) if parts else text

    def _fingerprint(self, secret: str, shape: Shape) -> str:
        numeric = shape in {Shape.CARD, Shape.PHONE}
        return self._pseudonyms.fingerprint(digits_of(secret) if numeric else secret)

    def _stays(self, secret: str, fingerprint: str, ledger: Ledger) -> bool:
        return fingerprint in ledger.keep or any(p.fullmatch(secret) for p in self.rules.keep_patterns)


def _is_pseudonym(text: str, shape: Shape) -> bool:
    return is_pseudonym(text, shape=shape)


def _merged(found: tuple[Found, ...], more: Iterable[Found]) -> tuple[Found, ...]:
    """Add what the detectors did not find: by a team's patterns, or because it is known from elsewhere."""
    merged: list[Found] = []
    for one in sorted([*found, *more], key=lambda f: (f.start, -f.end)):
        if not merged or one.start >= merged[-1].end:
            merged.append(one)
        elif one.end > merged[-1].end:
            last = merged[-1]
            kind = TEAM if TEAM in {last.kind, one.kind} else last.kind
            merged[-1] = Found(last.start, last.start, one.end, kind, Shape.OPAQUE)
    return tuple(merged)


def _told_in(text: str, ledger: Ledger) -> Iterator[Found]:
    for secret, kind in ledger.told.items():
        at = text.find(secret)
        while at >= 0:
            end = at + len(secret)
            if not text[at - 1 : at].isalnum() and not text[end : end + 1].isalnum():
                yield Found(at, at, end, kind, Shape.OPAQUE)
            at = text.find(secret, end)
