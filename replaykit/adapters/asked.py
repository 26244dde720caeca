"""A question to a cassette, and the keys of its recordings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from replaykit.model.cassette import Content, Interaction, Key, Layer
from replaykit.rules.match import key_of
from replaykit.rules.redact_http import Redact, redacted, redacted_name
from replaykit.rules.volatile import Volatile


def moment(time: datetime) -> str:
    """Write a time as cassettes do."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Question:
    """What a layer intercepted.

    Attributes:
        layer: The layer.
        name: The activity type, or method and URL.
        input: The arguments, or the body of a request.
        call: Names the call: all attempts of one activity are one call. Empty where each request is one.
        attempt: The attempt, from 1.
        asked: When the attempt was scheduled, as `Interaction.recorded`.
        within: The activity that made an HTTP request.
        workflow: The id of the workflow that asked, in the names of the recordings.
    """

    layer: Layer
    name: str
    input: tuple[Content, ...]
    call: str
    attempt: int
    asked: str
    within: str = ""
    workflow: str = ""


class Asked:
    """A question, and the keys of its recordings, each made when the ones before it found nothing."""

    def __init__(self, question: Question, rules: Sequence[Volatile], redact: Redact | None) -> None:
        self.question = question
        self._rules = rules
        self._redact = redact
        self._found: list[Key] = []
        self._more = self._made()

    def all_keys(self) -> Iterator[Key]:
        """Yield the keys under which the question may have been recorded; a walk may begin while another goes on."""
        number = 0
        while True:
            if number == len(self._found):
                more = next((key for key in self._more if key not in self._found), None)
                if more is None:
                    return
                self._found.append(more)
            yield self._found[number]
            number += 1

    @cached_property
    def written(self) -> Interaction:
        """The question as it would be recorded, its secrets redacted: so the key is that of the recording."""
        asked = self.question
        name, contents = asked.name, asked.input
        if self._redact is not None:
            redact = self._redact
            contents = tuple(redacted(content, redact) for content in contents)
            name = redacted_name(name, redact) if asked.layer is Layer.HTTP else name
        return Interaction(asked.layer, name, contents, Content(""), asked.asked, asked.attempt, asked.within)

    def _made(self) -> Iterator[Key]:
        asked = self.question
        # What comes from a history that was exported as it was is recorded so; all else is recorded redacted.
        yield key_of(asked.layer, asked.name, asked.input, self._rules)
        if self._redact is not None:
            yield key_of(asked.layer, self.written.name, self.written.input, self._rules)
        if asked.layer is Layer.LOCAL_ACTIVITY:
            # The marker of a local activity holds no input: a recording from a history goes by type and order, of
            # the same workflow where a cassette holds several.
            yield key_of(asked.layer, asked.name, None, self._rules, workflow=asked.workflow)
            yield key_of(asked.layer, asked.name, None, self._rules)
