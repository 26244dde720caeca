"""One history on its way to the corpus: decoded, noted, redacted, all of it in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from replaykit.adapters.codecs import Decoder
from replaykit.adapters.decode import check, decoded, is_plainly_written
from replaykit.adapters.fetch import Fetched
from replaykit.adapters.history import status_of
from replaykit.adapters.history_file import DECODED, ENCODED, PAYLOADS_NOTE
from replaykit.adapters.history_sources import FromFile
from replaykit.adapters.redacting import Draft, Redacting, text_of
from replaykit.model.history import Identity
from replaykit.rules.redact import Redactor
from replaykit.rules.redaction.places import Place


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be written, and what it was made from.

    `draft` is the history as it came, decoded; `content` what its file will hold, `note` what that says of itself;
    `places` are where something was redacted.
    """

    identity: Identity
    draft: Draft
    content: bytes
    note: Mapping[str, str]
    places: tuple[Place, ...]
    events: int

    @property
    def secrets(self) -> tuple[str, ...]:
        """The fingerprints of the secrets that workflow code can see."""
        return tuple(dict.fromkeys(place.secret for place in self.places if place.visible))


@dataclass(frozen=True, slots=True)
class Preparation:
    """How histories are prepared: the codec, or None to leave payloads encoded; the redactor, or None likewise.

    With `redacting` the texts of many histories are written in a process beside this one.
    """

    decoder: Decoder | None
    redactor: Redactor | None
    redacting: Redacting | None = None

    @property
    def redaction(self) -> str:
        """Name the key and the rules, as files note it; empty where nothing is redacted."""
        return f"key {self.redactor.key_id}, rules {self.redactor.rules}" if self.redactor else ""

    def made(self, note: Mapping[str, str]) -> bool:
        """Tell by a file's note whether it was prepared like this: by the same rules, and decoded or not."""
        is_encoded = note.get(PAYLOADS_NOTE) == ENCODED
        return note.get("redaction", "") == self.redaction and is_encoded is (self.decoder is None)

    async def prepare(self, fetched: Fetched) -> Prepared:
        """Make the content of a history's file.

        Raises:
            ReplaykitError: A payload cannot be decoded.
        """
        said = _said_before(fetched)
        redacted_before = bool(self.redaction) and said.get("redaction") == self.redaction
        decoder = self.decoder and self.decoder.of(fetched.identity.workflow_type)
        unread = None
        if said.get(PAYLOADS_NOTE) != DECODED:
            if decoder is None:
                said[PAYLOADS_NOTE] = ENCODED
            elif decoder.changes_payloads:
                fetched = replace(fetched, history=(await decoded(fetched, decoder)).history)
                # What the codec held has never been looked at.
                redacted_before = False
                said[PAYLOADS_NOTE] = DECODED
            else:
                said.pop(PAYLOADS_NOTE, None)
                unread = decoder
        if self.redaction:
            said["redaction"] = self.redaction
        said["status"] = status_of(fetched.history.events).value
        draft = Draft(fetched.identity, fetched.history, said)
        redactor = None if redacted_before else self.redactor
        if redactor and self.redacting:
            text = await self.redacting.text(draft)
        else:
            text = text_of(draft, redactor)
        if unread and not is_plainly_written(text.content):
            check(fetched, unread)
        identity = Identity(
            workflow_id=text.note["workflowId"],
            run_id=text.note["runId"],
            workflow_type=text.note["workflowType"],
            task_queue=text.note["taskQueue"],
            namespace=text.note["namespace"],
        )
        return Prepared(identity, draft, text.content, text.note, text.places, len(fetched.history.events))

    def content(self, prepared: Prepared, *, keep: frozenset[str]) -> bytes:
        """Make the same content with some secrets left as they were; it is for a replay, never for a disk."""
        return text_of(prepared.draft, self.redactor, keep=keep).content


def _said_before(fetched: Fetched) -> dict[str, str]:
    """Take over from replaykit's own file what was done to the history already."""
    note = fetched.note if isinstance(fetched, FromFile) else {}
    return {key: note[key] for key in (PAYLOADS_NOTE, "redaction") if isinstance(note.get(key), str)}
