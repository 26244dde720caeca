"""What code has put together of a secret and more is taken apart again: into the secret, and what the rest holds."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from replaykit.rules.redaction.places import GREEDY, HOST, TEAM, Ledger, Seen
from replaykit.rules.secrets.search import Found

Look: TypeAlias = Callable[[str], tuple[Found, ...]]

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_WORDS = re.compile(r"[A-Za-z_ ./:-]*|[0-9]{1,11}")
_SOLID = re.compile(r"[A-Za-z]{16,}")
_LEAST, _LONGEST = 8, 2048
_DEEPEST = 40
_SEPARATORS = re.compile(r"[\x00-/:-@\[-`{-\x7f]+")
# Of eight random letters and digits, one in seven hundred reads so; of twelve, one in twenty thousand.
_PLAIN = re.compile(r"[a-z]{0,15}[0-9]{0,4}|[A-Z][a-z]{1,14}|[A-Z]{1,12}")


def is_unmistakable(secret: str) -> bool:
    """Say whether a text is a secret wherever it stands, once it was one somewhere: no word, id or time can be."""
    return (
        len(secret) >= _LEAST
        and _WORDS.fullmatch(secret) is None
        and UUID.fullmatch(secret) is None
        and TIME.fullmatch(secret) is None
    )


def _hides_what_it_begins(secret: str) -> bool:
    # `correct` may begin a passphrase of words; what is as long as a key does not.
    return is_unmistakable(secret) or _SOLID.fullmatch(secret) is not None


def seen_again(ledger: Ledger) -> Ledger | None:
    """Make the ledger of a second walk, which knows what the first came upon; None where it would find no more."""
    begun = {s: seen for s, seen in ledger.found.items() if len(s) <= _LONGEST and _hides_what_it_begins(s)}
    together = {
        alone: seen
        for alone, seen in ledger.alone.items()
        if any(alone != secret and alone in secret for secret in (*ledger.within, *ledger.alone))
    }
    # The longest first: what stands in another is found in what is left.
    told = {s: ledger.telling[s] for s in sorted(ledger.telling, key=len, reverse=True) if is_unmistakable(s)}
    begins = any(secret[:end] in begun for secret in ledger.found for end in _ends(secret))
    return Ledger(ledger.keep, together, told, begun) if together or told or begins else None


def pieces(
    text: str, one: Found, ledger: Ledger, look: Look, *, anywhere: bool = True, depth: int = 0
) -> Iterator[Found]:
    """Yield what to replace of a find: all of it, or a known secret in it and what is found in the rest.

    order-ada@example.com reads like one address, and a token and `/digest` like one token. Where ada@example.com and
    the token stand alone elsewhere, code has put them together, and would put their pseudonyms together in the same
    way. What is left then stays in sight: it has to read like words and numbers, where it may be a part of the secret.

    Args:
        text: The text of the find.
        one: The find.
        ledger: Knows the secrets.
        look: Finds the secrets of a text.
        anywhere: Whether the known secret may be of any kind and stand anywhere, or the find must begin with a token.
        depth: How many finds around this one were taken apart.
    """
    whole = text[one.start : one.end]
    for at, secret, seen in _known_in(whole, one, ledger, anywhere) if depth < _DEEPEST else ():
        end = at + len(secret)
        before, after = look(whole[:at]), look(whole[end:])
        if not (_is_plain(whole[end:], after) and (one.shape not in GREEDY or _is_plain(whole[:at], before))):
            continue
        inner = Found(0, seen.kept, len(secret), seen.kind, seen.shape)
        for offset, part, found in ((0, whole[:at], before), (at, secret, (inner,)), (end, whole[end:], after)):
            for each in found:
                for piece in pieces(part, each, ledger, look, depth=depth + 1):
                    yield piece.moved(one.start + offset)
        return
    yield one


def _known_in(whole: str, one: Found, ledger: Ledger, anywhere: bool) -> Iterator[tuple[int, str, Seen]]:  # noqa: FBT001
    # What the team's own rules name gives way whole.
    if one.kind in {HOST, TEAM}:
        return
    if one.shape in GREEDY:
        for end in _ends(whole):
            seen = ledger.begun.get(whole[:end])
            if seen is not None:
                yield 0, whole[:end], seen
    if not anywhere:
        return
    places = ((whole.find(known), known) for known in ledger.known if known != whole)
    for at, known in sorted(places, key=lambda place: (place[0], -len(place[1]), place[1])):
        end = at + len(known)
        if at >= 0 and not whole[at - 1 : at].isalnum() and not whole[end : end + 1].isalnum():
            yield at, known, ledger.known[known]


def _ends(whole: str) -> Iterator[int]:
    """Yield where a secret that a find begins with may end, the longest first."""
    for end in range(min(len(whole) - 1, _LONGEST), _LEAST - 1, -1):
        if not whole[end].isalnum():
            yield end


def _is_plain(rest: str, found: Iterable[Found]) -> bool:
    """Say whether what code has added to a secret, what is found in it left out, can be no part of the secret."""
    left = []
    at = 0
    for one in found:
        left.append(rest[at : one.start])
        at = one.end
    words = " ".join([*left, rest[at:]])
    return all(_PLAIN.fullmatch(word) for word in _SEPARATORS.split(UUID.sub("", TIME.sub("", words))))
