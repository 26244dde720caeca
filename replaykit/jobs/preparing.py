"""One history on its way to the corpus: decoded, noted, redacted, all of it in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from replaykit.adapters.codecs import Decoder
from replaykit.adapters.corpus import noted, to_text
from replaykit.adapters.decode import decoded
from replaykit.adapters.event_document import document_of
from replaykit.adapters.fetch import Fetched
from replaykit.adapters.history import status_of
from replaykit.adapters.history_file import DECODED, ENCODED, PAYLOADS_NOTE, Document, identity_note
from replaykit.adapters.history_sources import FromFile
from replaykit.model.history import Identity
from replaykit.rules.redact import Redactor
from replaykit.rules.redaction.places import Place


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be written, and what it was made from.

    `document` is the history as it came, decoded; `text` what its file will hold, `note` what that says of itself;
    `places` are where something was redacted.
    """

    identity: Identity
    document: Document
    text: str
    note: Mapping[str, str]
    places: tuple[Place, ...]
    events: int

    @property
    def secrets(self) -> tuple[str, ...]:
        """The fingerprints of the secrets that workflow code can see."""
        return tuple(dict.fromkeys(place.secret for place in self.places if place.visible))


@dataclass(frozen=True, slots=True)
class Preparation:
    """How histories are prepared: the codec, or None to leave payloads encoded; the redactor, or None likewise."""

    decoder: Decoder | None
    redactor: Redactor | None

    @property
    def redaction(self) -> str:
        """Name the key and the rules, as files note it; empty where nothing is redacted."""
        return f"key {self.redactor.key_id}, rules {self.redactor.rules}" if self.redactor else ""

    async def prepare(self, fetched: Fetched) -> Prepared:
        """Make the content of a history's file.

        Raises:
            ReplaykitError: A payload cannot be decoded.
        """
        said = _said_before(fetched)
        redactor = None if self.redaction and said.get("redaction") == self.redaction else self.redactor
        if said.get(PAYLOADS_NOTE) != DECODED:
            if self.decoder is None:
                said[PAYLOADS_NOTE] = ENCODED
            else:
                result = await decoded(fetched, self.decoder)
                fetched = replace(fetched, history=result.history)
                if result.changed:
                    said[PAYLOADS_NOTE] = DECODED
        if self.redaction:
            said["redaction"] = self.redaction
        said["status"] = status_of(fetched.history.events).value
        document = noted(document_of(fetched.history.events), fetched.identity, **said)
        redacted = redactor.redact(document) if redactor else None
        final = redacted.document if redacted else document
        note = identity_note(final)
        identity = Identity(
            workflow_id=note["workflowId"],
            run_id=note["runId"],
            workflow_type=note["workflowType"],
            task_queue=note["taskQueue"],
            namespace=note["namespace"],
        )
        places = redacted.places if redacted else ()
        return Prepared(identity, document, to_text(final), note, places, len(fetched.history.events))

    def content(self, prepared: Prepared, *, keep: frozenset[str]) -> bytes:
        """Make the same content with some secrets left as they were; it is for a replay, never for a disk."""
        document = prepared.document
        if self.redactor is not None:
            document = self.redactor.redact(document, keep=keep).document
        return to_text(document).encode()


def _said_before(fetched: Fetched) -> dict[str, str]:
    """Take over from replaykit's own file what was done to the history already."""
    note = fetched.note if isinstance(fetched, FromFile) else {}
    return {key: note[key] for key in (PAYLOADS_NOTE, "redaction") if isinstance(note.get(key), str)}
