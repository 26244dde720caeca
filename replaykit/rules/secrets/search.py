"""Every secret in a text, none of them in part."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from replaykit.rules.secrets.addresses import ADDRESSES
from replaykit.rules.secrets.detector import Detector, Shape
from replaykit.rules.secrets.headers import CREDENTIALS
from replaykit.rules.secrets.numbers import MANY_DIGITS, NUMBERS
from replaykit.rules.secrets.tokens import TOKENS

DETECTORS = (*TOKENS, *NUMBERS, *ADDRESSES, *CREDENTIALS)
"""All detectors, the more telling kinds first."""

# Nothing shorter is detected: a@b.cc.
_SHORTEST = 6


@dataclass(frozen=True, slots=True)
class Found:
    """A secret in a text, from `start` to `end`; what stands before `body` stays."""

    start: int
    body: int
    end: int
    kind: str
    shape: Shape

    def moved(self, by: int) -> "Found":
        """Return the same secret in a text that begins earlier."""
        return Found(self.start + by, self.body + by, self.end + by, self.kind, self.shape) if by else self


class Search:
    """Finds secrets by these detectors."""

    def __init__(self, detectors: Iterable[Detector]) -> None:
        self._detectors = tuple(detectors)
        self.anchors = _fewest(anchor for detector in self._detectors for anchor in detector.anchors)

    def suspects(self, lowered: str) -> bool:
        """Say, quickly, whether a lower-case text may hold a secret."""
        for anchor in self.anchors:
            if anchor in lowered:
                return True
        return MANY_DIGITS.search(lowered) is not None

    def find(self, text: str, *, is_pseudonym: Callable[[str, Shape], bool]) -> tuple[Found, ...]:
        """Find the secrets of a text, in order, none overlapping another."""
        if len(text) < _SHORTEST:
            return ()
        lowered = text.lower()
        if not self.suspects(lowered):
            return ()
        found: list[tuple[Found, int]] = []
        prefixes: list[tuple[int, int]] = []
        for priority, detector in enumerate(self._detectors):
            if detector.anchors and not any(anchor in lowered for anchor in detector.anchors):
                continue
            for span in detector.find(text):
                if is_pseudonym(text[span.body : span.end], detector.shape):
                    prefixes.append((span.start, span.body))
                else:
                    found.append((Found(span.start, span.body, span.end, detector.kind, detector.shape), priority))
        # The beginning of a private key may follow a name: it is no more a secret than what it begins.
        if prefixes:
            found = [one for one in found if not any(s <= one[0].start and one[0].end <= e for s, e in prefixes)]
        return _apart(found)


def _fewest(anchors: Iterable[str]) -> tuple[str, ...]:
    """Leave out anchors that contain another."""
    distinct = set(anchors)
    return tuple(sorted(a for a in distinct if not any(b != a and b in a for b in distinct)))


def _apart(found: list[tuple[Found, int]]) -> tuple[Found, ...]:
    # The larger of two holds the smaller; of equals the more telling counts; two that overlap become one.
    apart: list[Found] = []
    for one, _ in sorted(found, key=lambda entry: (entry[0].start, -entry[0].end, entry[1])):
        if not apart or one.start >= apart[-1].end:
            apart.append(one)
        elif one.end > apart[-1].end:
            last = apart[-1]
            apart[-1] = Found(last.start, last.start, one.end, last.kind, Shape.OPAQUE)
    return tuple(apart)
