"""The cassette: recorded answers, each tied to what was asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from replaykit.model.value import JsonData

JSON_ENCODINGS = frozenset({"json/plain", "json/protobuf"})
NULL_ENCODING = "binary/null"
# Deeper JSON is kept as text.
DEEPEST = 100


class Layer(StrEnum):
    """Where a question was intercepted."""

    ACTIVITY = "activity"
    LOCAL_ACTIVITY = "local activity"
    HTTP = "http"


class Mode(StrEnum):
    """What a cassette does about a question, as in vcrpy."""

    NONE = "none"
    ONCE = "once"
    NEW_EPISODES = "new_episodes"
    ALL = "all"


class Spelling(StrEnum):
    """How the bytes of a JSON payload are written, so that they can be written again; the SDK writes `compact`."""

    COMPACT = "compact"
    COMPACT_UNICODE = "compact unicode"
    SPACED = "spaced"
    SPACED_UNICODE = "spaced unicode"

    def write(self, data: JsonData) -> bytes:
        """Write JSON in this spelling; keys keep their order."""
        compact = self in {Spelling.COMPACT, Spelling.COMPACT_UNICODE}
        ascii_only = self in {Spelling.COMPACT, Spelling.SPACED}
        return json.dumps(data, separators=(",", ":") if compact else None, ensure_ascii=ascii_only).encode()


@dataclass(frozen=True, slots=True)
class Content:
    """One payload, verbatim: JSON as a structure with its spelling, everything else as bytes.

    Attributes:
        encoding: The payload's encoding, such as `json/plain`.
        json: The JSON, where `spelling` is set.
        spelling: How `json` is written as bytes; None where `raw` holds them.
        raw: The bytes of what is no JSON, or JSON that no spelling writes again byte for byte.
        metadata: What the payload's metadata says beside the encoding.
    """

    encoding: str
    json: JsonData = None
    spelling: Spelling | None = None
    raw: bytes = b""
    metadata: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def from_bytes(cls, metadata: Mapping[str, bytes], data: bytes) -> "Content":
        """Read a payload's metadata and data."""
        encoding = _encoding_in(metadata)
        others = tuple(sorted((key, value) for key, value in metadata.items() if not encoding or key != "encoding"))
        if encoding in JSON_ENCODINGS:
            read = _structured(data)
            if read is not None:
                return cls(encoding, json=read[0], spelling=read[1], metadata=others)
        return cls(encoding, raw=data, metadata=others)

    def data(self) -> bytes:
        """Return the payload's data, byte for byte as it was recorded."""
        return self.raw if self.spelling is None else self.spelling.write(self.json)

    def all_metadata(self) -> dict[str, bytes]:
        """Return the payload's metadata with the encoding."""
        named = {"encoding": self.encoding.encode()} if self.encoding else {}
        return {**named, **dict(self.metadata)}


def _encoding_in(metadata: Mapping[str, bytes]) -> str:
    try:
        return metadata.get("encoding", b"").decode()
    except UnicodeDecodeError:
        return ""


def _structured(data: bytes) -> tuple[JsonData, Spelling] | None:
    if _is_deep(data):
        return None
    try:
        read = json.loads(data)
        # A lone surrogate is legal in JSON's escapes and in no file of ours.
        json.dumps(read, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    for spelling in Spelling:
        if spelling.write(read) == data:
            return read, spelling
    return None


def _is_deep(data: bytes) -> bool:
    """Say whether JSON may be nested deeper than its readers and writers go; brackets within texts count, too."""
    if data.count(b"[") + data.count(b"{") <= DEEPEST:
        return False
    depth = deepest = 0
    for byte in data:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest > DEEPEST


@dataclass(frozen=True, slots=True)
class Failed:
    """The failure that answered a question.

    Attributes:
        failure: Temporal's failure in its JSON form, payloads as contents' documents.
        retried: Whether another attempt followed, so that its own recording answers it.
    """

    failure: Mapping[str, JsonData]
    retried: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What an HTTP client ran into instead of an answer, or in the middle of one.

    Attributes:
        raised: The exception's class, such as `httpx2.ReadTimeout`.
        message: What it said.
    """

    raised: str
    message: str


@dataclass(frozen=True, slots=True)
class Part:
    """One event of a stream, or a piece of it that is no whole event in the usual spelling.

    Attributes:
        at: Seconds from the beginning of the answer to the arrival of its last byte. Neighbours with the same time
            arrived together.
        content: The event's data as JSON (encoding `json/plain`) or text (`data`); anything else whole (`verbatim`).
        event: The event's name, where it has one and is not verbatim.
        cuts: Where the network cut it: how many bytes had arrived, and when.
    """

    at: float
    content: Content
    event: str | None = None
    cuts: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """What an HTTP server answered.

    Attributes:
        status: The status code.
        headers: Those worth keeping; none with a secret.
        body: The body, decompressed; None where nothing came, or `stream` holds it.
        stream: The events of a stream.
        fault: What broke the answer off.
        left: Whether the caller stopped reading before the end.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: Content | None = None
    stream: tuple[Part, ...] | None = None
    fault: Fault | None = None
    left: bool = False


Answer: TypeAlias = Content | Failed | Response | Fault


@dataclass(frozen=True, slots=True)
class Interaction:
    """A question and its recorded answer.

    Attributes:
        layer: Where the question was intercepted.
        name: What was asked: the activity type, or method and URL of an HTTP request.
        input: The arguments, or the request's body if it has one; None where nobody recorded them (local activities of
            a history).
        answer: What was answered.
        recorded: When the question was asked, in UTC as ISO 8601 with microseconds: the order of a cassette.
        attempt: Which attempt of a call this is, where the attempts before it are recordings of their own.
        within: The activity that made an HTTP request.
        declared: The fault that gave the answer, where nobody recorded it: `rate_limited(retry_after=1)`.
        workflow: The workflow id, where a cassette holds local activities of several whose input nobody recorded.
    """

    layer: Layer
    name: str
    input: tuple[Content, ...] | None
    answer: Answer
    recorded: str
    attempt: int = 1
    within: str = ""
    declared: str = ""
    workflow: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """What finds a recording: `digest` is that of the canonical arguments, empty where they are not known.

    Such a recording is found by who asked: `workflow` is the workflow's id, empty for whoever asks.
    """

    layer: Layer
    name: str
    digest: str
    workflow: str = ""


@dataclass(frozen=True, slots=True)
class Cassette:
    """Recordings in the order in which they were asked for, and what is declared of them.

    Attributes:
        interactions: The recordings.
        volatile: The rules of what is volatile in a question.
        expires: How long the recordings are good, such as `90d`; empty for ever.
    """

    interactions: tuple[Interaction, ...] = ()
    volatile: tuple[str, ...] = ()
    expires: str = ""
