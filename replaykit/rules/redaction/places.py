"""Where in a history a secret stood, as findings write places, and what was seen of it."""

import functools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from replaykit.rules.paths import dotted
from replaykit.rules.secrets.detector import Shape

HOST = "host"
"""The kind of what an identity says of the machine it is of, and of its user."""

TEAM = "rule"
"""The kind of what a team's own rule names."""

GREEDY = frozenset({Shape.OPAQUE, Shape.TOKEN, Shape.JWT})
"""Shapes of which finds end where their alphabet does; many have the characters that code joins texts with."""

Link: TypeAlias = tuple["Link", str | int] | None
"""A place: the place around it, and the key or index below that. It costs one pair for each level of nesting."""

# Levels of Temporal's JSON that paths do not name, as findings do not.
_UNNAMED = frozenset({"payloads", "fields", "indexedFields", "userMetadata", "acceptedRequest", "rejectedRequest"})
_RENAMED = {"searchAttributes": "searchAttributes", "upsertedMemo": "memo", "nexusHeader": "header"}
# Findings write the result of a run without an index: it is one.
_SINGLE = frozenset({"result", "outcome", "memo", "header", "searchAttributes", "summary", "failure"})
# Fields that the server and the clients write for themselves: no workflow code can read them.
_UNSEEN = frozenset({"identity", "requestId", "links", "binaryChecksum", "attachedRequestId"})


@dataclass(frozen=True, slots=True)
class Place:
    """A secret at its place.

    Attributes:
        event_id: The event's id; 0 for what replaykit notes beside the events.
        event: The event's type, such as `ActivityTaskScheduled`; empty beside the events.
        path: The place in the event: `input[0].email`, `header.authorization`, `failure.message`.
        kind: The kind of secret.
        secret: Its fingerprint, the same for the same secret everywhere under one key.
        visible: Whether workflow code may have seen it; False only where it certainly cannot.
    """

    event_id: int
    event: str
    path: str
    kind: str
    secret: str
    visible: bool


@dataclass(frozen=True, slots=True, order=True)
class Seen:
    """What a secret was where it stood: its pseudonym's shape, its kind, the length of what is kept before it."""

    shape: Shape
    kind: str
    kept: int


@dataclass(slots=True)
class Ledger:
    """What one redaction of a document has come upon so far.

    Attributes:
        keep: Fingerprints of secrets that stay this time.
        known: Secrets that are all of some text in the document.
        told: Secrets that a name or the words beside them told somewhere in the document, with their kind.
        begun: Secrets of the document that a longer find may begin with.
        event_id: Of the event being walked.
        event: Its type, as Temporal's JSON has it.
        places: Where secrets stood.
        alone: Secrets that were all of their text.
        within: Secrets that were a part of their text.
        telling: Secrets that a name, or the words beside them, told.
        found: Secrets of the greedy shapes.
    """

    keep: frozenset[str]
    known: Mapping[str, Seen] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    begun: Mapping[str, Seen] = field(default_factory=dict)
    event_id: int = 0
    event: str = ""
    places: list[Place] = field(default_factory=list)
    alone: dict[str, Seen] = field(default_factory=dict)
    within: set[str] = field(default_factory=set)
    telling: dict[str, str] = field(default_factory=dict)
    found: dict[str, Seen] = field(default_factory=dict)

    @property
    def is_first(self) -> bool:
        """Whether the document is walked as if nothing were known of it, so that what was seen of others counts."""
        return not (self.keep or self.told)

    def saw(self, secret: str, seen: Seen) -> None:
        """Write down a secret; of what tells that it is one the most telling counts, in whatever order they come."""
        if seen.shape not in GREEDY or seen.kind == HOST:
            return
        known = self.found.get(secret)
        if known is None or (seen.shape is Shape.OPAQUE, seen) < (known.shape is Shape.OPAQUE, known):
            self.found[secret] = seen

    def note(self, link: Link, kind: str, fingerprint: str) -> None:
        """Write down a secret at its place."""
        parts = parts_of(link)
        visible = kind != HOST and not _UNSEEN.intersection(part for part in parts if isinstance(part, str))
        self.places.append(Place(self.event_id, _event_name(self.event), path_of(parts), kind, fingerprint, visible))

    def counts(self) -> Counter[str]:
        """Count the places by kind."""
        return Counter(place.kind for place in self.places)


@functools.cache
def _event_name(event_type: str) -> str:
    return "".join(word.capitalize() for word in event_type.removeprefix("EVENT_TYPE_").split("_"))


def parts_of(link: Link) -> tuple[str | int, ...]:
    """Write a place as its keys and indices, the outermost first."""
    parts: list[str | int] = []
    while link is not None:
        link, part = link
        parts.append(part)
    parts.reverse()
    return tuple(parts)


@functools.lru_cache(maxsize=4096)
def path_of(parts: tuple[str | int, ...]) -> str:
    """Write a place below an event as findings do: `input[0].customer.name`."""
    named: list[str | int] = []
    structure = True
    for at, part in enumerate(parts):
        if at == 0 and isinstance(part, str) and part.endswith("EventAttributes"):
            continue
        if structure and isinstance(part, str):
            if part in _UNNAMED or (part in {"input", "args"} and named == ["input"]):
                structure = part not in {"payloads", "fields", "indexedFields"}
                continue
            if part == "success" and named == ["outcome"]:
                continue
            if part == "args" and not named:
                part = "input"  # noqa: PLW2901 - an update's arguments are its input
            named.append(_RENAMED.get(part, part))
        elif (
            isinstance(part, int) and part == 0 and parts[at - 1] == "payloads" and named[-1:] and named[-1] in _SINGLE
        ):
            continue
        else:
            named.append(part)
    if not named:
        return ""
    first, *rest = named
    return (str(first) if str(first).isidentifier() else dotted([first])) + dotted(rest)
