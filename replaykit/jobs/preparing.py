"""One history on its way to the corpus: decoded, noted, redacted, all of it in memory."""

from dataclasses import dataclass

from replaykit.adapters.codecs import Decoder
from replaykit.adapters.corpus import noted, to_text
from replaykit.adapters.decode import decoded
from replaykit.adapters.fetch import Fetched
from replaykit.adapters.history_file import Document, identity_note
from replaykit.model.history import Identity
from replaykit.rules.redact import Place, Redactor


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be written, and what it was made from.

    `document` is the history as it came, decoded; `text` what its file will hold; `places` what was redacted.
    """

    identity: Identity
    document: Document
    text: str
    places: tuple[Place, ...]
    events: int

    @property
    def secrets(self) -> tuple[str, ...]:
        """The fingerprints of the secrets that workflow code can see."""
        return tuple(dict.fromkeys(place.secret for place in self.places if place.visible))


@dataclass(frozen=True, slots=True)
class Preparation:
    """How histories are prepared: the codec, or None to leave payloads alone; the redactor, or None likewise."""

    decoder: Decoder | None
    redactor: Redactor | None

    async def prepare(self, fetched: Fetched) -> Prepared:
        """Make the content of a history's file.

        Raises:
            PayloadError: A payload cannot be decoded.
        """
        said = dict(fetched.note)
        if self.decoder is not None:
            fetched, was_encoded = await decoded(fetched, self.decoder)
            if was_encoded:
                said["payloads"] = "decoded"
        if self.redactor is not None:
            said["redaction"] = self.redactor.name
        document = noted(fetched.history.to_json_dict(), fetched.identity, **said)
        if self.redactor is None:
            return Prepared(fetched.identity, document, to_text(document), (), len(fetched.history.events))
        redacted = self.redactor.redact(document)
        note = identity_note(redacted.document)
        identity = Identity(
            workflow_id=note["workflowId"],
            run_id=note["runId"],
            workflow_type=note["workflowType"],
            task_queue=note["taskQueue"],
            namespace=note["namespace"],
        )
        return Prepared(identity, document, to_text(redacted.document), redacted.places, len(fetched.history.events))

    def content(self, prepared: Prepared, *, keep: frozenset[str]) -> bytes:
        """Make the same content with some secrets left as they were; it is for a replay, never for a disk."""
        if self.redactor is None:
            return prepared.text.encode()
        return to_text(self.redactor.redact(prepared.document, keep=keep).document).encode()
