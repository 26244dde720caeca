"""A history without its secrets: every string, key and payload of it, whatever the place."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from replaykit.rules.pseudonyms import Pseudonyms
from replaykit.rules.redaction.payloads import Payloads, is_payload
from replaykit.rules.redaction.pieces import seen_again
from replaykit.rules.redaction.places import HOST, TEAM, Ledger, Link, Place
from replaykit.rules.redaction.rules import RedactionRules
from replaykit.rules.redaction.texts import Texts
from replaykit.rules.redaction.values import Values
from replaykit.rules.secrets.detector import Detector
from replaykit.rules.secrets.search import DETECTORS

Document: TypeAlias = dict[str, Any]

KINDS = tuple(dict.fromkeys([*(detector.kind for detector in DETECTORS), HOST, TEAM]))
"""The kinds of secrets that places can have."""

# Counts up whenever the same document, key and rules would be redacted to something else.
_VERSION = 2
# Fields of 64-bit numbers, which Temporal's JSON writes as strings.
_NUMBERS = frozenset({"taskId", "version", "historySizeBytes", "sizeBytes", "buildIdRedirectCounter"})
_NUMBER_ENDINGS = ("EventId", "EventVersion", "RevisionNumber", "CompletedId")
_FEW_DIGITS = 7
_MAPS_OF_PAYLOADS = frozenset({"fields", "indexedFields"})
_STICKY = "TASK_QUEUE_KIND_STICKY"
# Fields whose values do not come again.
_UNIQUE = frozenset({"eventTime", "requestId", "runId", "workflowId", "acceptedRequestMessageId", "protocolInstanceId"})
_MOST_NAMES, _LONGEST_NAME = 5_000, 128


@dataclass(frozen=True, slots=True)
class Redacted:
    """A redacted history.

    Attributes:
        document: The history, a new document; parts without secrets are shared with the old.
        places: Where secrets stood.
        counts: How many places there are of each kind.
        rules: Names the rules in force: equal where detectors and the team's rules are equal.
        key_id: Names the key.
    """

    document: Document
    places: tuple[Place, ...]
    counts: Mapping[str, int]
    rules: str
    key_id: str


class Redactor:
    """Redacts histories, all of them under the same rules and key."""

    def __init__(
        self, rules: RedactionRules, pseudonyms: Pseudonyms, *, detectors: Iterable[Detector] = DETECTORS
    ) -> None:
        used = tuple(detectors)
        self._texts = Texts(rules, pseudonyms, used)
        self._values = Values(self._texts)
        self._payloads = Payloads(self._values, self._texts)
        self._searches_all = bool(rules.paths)
        # Strings without a secret by the field they stand in, and the fields whose strings are numbers.
        self._plain: dict[str, set[str]] = {}
        self._numbers: set[str] = set()
        kinds = [detector.kind for detector in used]
        self.rules = hashlib.sha256(repr((_VERSION, rules.digest, kinds)).encode()).hexdigest()[:12]
        self.key_id = pseudonyms.key_id

    def redact(self, document: Document, *, keep: frozenset[str] = frozenset()) -> Redacted:
        """Replace every secret of a history by its pseudonym.

        Args:
            document: The history in Temporal's JSON form; it stays as it is.
            keep: Fingerprints (`Place.secret`) of secrets that stay this time.
        """
        ledger = Ledger(keep)
        redacted = self._document(document, ledger)
        again = seen_again(ledger)
        if again is not None:
            ledger = again
            redacted = self._document(document, ledger)
        return Redacted(redacted, tuple(ledger.places), ledger.counts(), self.rules, self.key_id)

    def _document(self, document: Document, ledger: Ledger) -> Document:
        result: Document = {}
        for key, value in document.items():
            if key == "events" and isinstance(value, list):
                result[key] = [self._event(event, ledger) for event in value]
                continue
            ledger.event_id, ledger.event = 0, ""
            name = self._values.key(key, ledger, None)
            result[name] = self._any(key, value, ledger, (None, name))
        return result

    def _event(self, event: Any, ledger: Ledger) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(event, dict):
            return self._any("", event, ledger, None)
        number = event.get("eventId", "")
        ledger.event_id = int(number) if str(number).isdecimal() else 0
        ledger.event = str(event.get("eventType", ""))
        return self._mapping(event, ledger, None)

    def _mapping(self, node: Document, ledger: Ledger, link: Link) -> Document:
        if ("data" in node or "metadata" in node) and is_payload(node):
            return self._payloads.redact(node, ledger, link)
        changes: dict[str, tuple[str, Any]] = {}
        plain, numbers = self._plain, self._numbers
        known = not ledger.told
        # Most of a history are names that stand in it a hundred times: this loop is what redaction costs.
        for key, value in node.items():
            kind = type(value)
            seen = plain.get(key) if known else None
            if seen is not None:
                if kind is str and (value in seen or (key in numbers and value.isdecimal())):
                    continue
                name = key
            else:
                name = self._values.key(key, ledger, link)
                if known and name is key and key not in plain and len(plain) < _MOST_NAMES:
                    seen = plain[key] = set()
                    if is_number(key) and not self._searches_all:
                        self._numbers.add(key)
            if kind is str:
                new: Any = self._named_string(key, value, node, ledger, (link, name))
                if new is value and seen is not None and self._comes_again(key, value, ledger, seen):
                    seen.add(value)
            else:
                new = self._any(key, value, ledger, (link, name))
            if new is not value or name is not key:
                changes[key] = (name, new)
        return _changed(node, changes) if changes else node

    def _named_string(self, key: str, value: str, node: Document, ledger: Ledger, link: Link) -> str:
        if key == "name" and node.get("kind") == _STICKY:
            return self._texts.redact_sticky(value, ledger, link)
        return self._field(key, value, ledger, link)

    def _comes_again(self, key: str, value: str, ledger: Ledger, seen: set[str]) -> bool:
        return (
            key not in _UNIQUE
            and len(value) <= _LONGEST_NAME
            and len(seen) < _MOST_NAMES
            and ledger.is_first
            and not self._searches_all
            and not (key == "name" and "@" in value)
        )

    def _any(self, key: str, value: Any, ledger: Ledger, link: Link) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, dict):
            if key in _MAPS_OF_PAYLOADS or key == "nexusHeader":
                return self._named(value, ledger, link)
            return self._mapping(value, ledger, link)
        if isinstance(value, list):
            items = [self._any("", item, ledger, (link, at)) for at, item in enumerate(value)]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        if isinstance(value, str):
            return self._field(key, value, ledger, link)
        return value

    def _named(self, node: Document, ledger: Ledger, link: Link) -> Document:
        """Redact a map whose keys are the team's names: of headers, memo fields, search attributes."""
        result: Document = {}
        for key, value in node.items():
            name = self._values.key(key, ledger, link)
            treated = self._values.treatment(key)
            here = (link, name)
            if isinstance(value, dict) and is_payload(value):
                result[name] = self._payloads.redact(value, ledger, here, treated=treated)
            elif isinstance(value, str):
                result[name] = self._values.redact(value, ledger, here, treated=treated)
            else:
                result[name] = self._any("", value, ledger, here)
        same = all(new is old for new, old in zip(result.values(), node.values(), strict=False))
        return node if same and result.keys() == node.keys() else result

    def _field(self, key: str, value: str, ledger: Ledger, link: Link) -> str:
        if value.isdigit() and (len(value) < _FEW_DIGITS or is_number(key)) and not self._searches_all:
            return value
        if key == "identity":
            return self._texts.redact_identity(value, ledger, link)
        new: str = self._values.redact(value, ledger, link, treated=self._values.treatment(key))
        return new


def _changed(node: Document, changes: Mapping[str, tuple[str, Any]]) -> Document:
    """Copy a mapping with some of its keys and values replaced; the order stays."""
    if all(key == name for key, (name, _) in changes.items()):
        return {**node, **{key: new for key, (_, new) in changes.items()}}
    return dict(changes.get(key, (key, value)) for key, value in node.items())


def is_number(key: str) -> bool:
    """Say whether a field of Temporal's JSON is a 64-bit number, which that writes as a string."""
    return key in _NUMBERS or key == "eventId" or key.endswith(_NUMBER_ENDINGS)
