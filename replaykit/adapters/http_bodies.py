"""Bodies and headers of HTTP messages become what a cassette holds: decompressed, as structures, without secrets."""

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from replaykit.model.cassette import Content, Fault, Response, Spelling
from replaykit.rules.content_form import Malformed, to_json
from replaykit.rules.sse import chunks_of, parts_of

if TYPE_CHECKING:
    from replaykit.model.value import JsonData

Headers: TypeAlias = Iterable[tuple[str, str]]

JSON = "json/plain"
EVENTS = "text/event-stream"
# Fields that say how a message was sent, not what it says: it is sent otherwise the next time.
_OF_THE_WIRE = frozenset(
    {"connection", "content-encoding", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
# Fields of no use to who reads the answer, other in each recording.
_NOISE = frozenset({"age", "alt-svc", "date", "nel", "report-to", "server", "strict-transport-security", "via"})
_NOISE |= frozenset({"x-content-type-options", "x-envoy-upstream-service-time", "openai-processing-ms"})
_NOISY = ("cf-", "access-control-")
# Fields that are secrets, or say whose account this is.
_SECRET = re.compile(
    r"auth|cookie|credential|organi[sz]ation|project|secret|session|signature|(^|-)(api-?)?key|token(?!s)"
)

_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)
_FIXED_BOUNDARY = b"boundary"


def kept(headers: Headers) -> tuple[tuple[str, str], ...]:
    """Choose the headers of an answer that are recorded."""
    lower = ((name.lower(), value) for name, value in headers)
    return tuple((name, value) for name, value in lower if _is_kept(name))


def response_of(
    status: int,
    headers: Headers,
    chunks: Sequence[tuple[float, bytes]],
    *,
    fault: Fault | None = None,
    left: bool = False,
) -> Response:
    """Make what is recorded of an answer."""
    given = list(headers)
    encoding = first(given, "content-encoding")
    known = kept(given)
    if is_readable(encoding):
        chunks = decompressed_chunks(chunks, encoding)
    else:
        # The client can read what we cannot.
        known += (("content-encoding", encoding),)
    kind = first(given, "content-type")
    if kind.startswith(EVENTS):
        return Response(status, known, stream=parts_of(chunks), fault=fault, left=left)
    raw = b"".join(data for _, data in chunks)
    return Response(status, known, content_of_bytes(raw, kind) if raw else None, fault=fault, left=left)


def body_of(response: Response) -> bytes:
    """Return the body of a recorded answer."""
    if response.stream is not None:
        return b"".join(data for _, data in chunks_of(response.stream))
    return b"" if response.body is None else response.body.data()


def _is_kept(name: str) -> bool:
    return not (name in _OF_THE_WIRE or name in _NOISE or name.startswith(_NOISY) or _SECRET.search(name))


def first(headers: Headers, wanted: str) -> str:
    """Return a header's value, or nothing."""
    return next((value for name, value in headers if name.lower() == wanted), "")


def request_content(body: object, headers: Headers) -> tuple[Content, ...]:
    """Read a request's body: bytes, text, or what a client was given to make JSON or a form of."""
    given = list(headers)
    if isinstance(body, (dict, list)):
        try:
            return (Content(JSON, json=to_json(body), spelling=Spelling.COMPACT),)
        except Malformed:
            body = repr(body)
    if body is None:
        return ()
    raw = body if isinstance(body, bytes) else str(body).encode()
    raw = decompressed(raw, first(given, "content-encoding"))
    kind = first(given, "content-type")
    boundary = _BOUNDARY.search(kind) if kind.startswith("multipart/") else None
    if boundary is not None:
        # Clients choose it by chance.
        raw = raw.replace(boundary[1].encode(), _FIXED_BOUNDARY)
    return (content_of_bytes(raw, kind),) if raw else ()


def content_of_bytes(raw: bytes, kind: str) -> Content:
    """Read a body: JSON as a structure, however it is spaced; all else as bytes of a media type."""
    media = kind.partition(";")[0].strip().lower()
    if media in {"", "text/plain"} or "json" in media:
        content = Content.from_bytes({"encoding": JSON.encode()}, raw)
        if content.spelling is not None:
            return content
        try:
            data: JsonData = json.loads(raw, object_pairs_hook=_without_repeats)
            json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError):
            pass
        else:
            return Content(JSON, json=data, spelling=Spelling.COMPACT)
    return Content(media or "application/octet-stream", raw=raw)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def decompressed(raw: bytes, encoding: str) -> bytes:
    """Take compression off a body; one that a client took off already stays as it is."""
    return b"".join(data for _, data in decompressed_chunks([(0.0, raw)], encoding))


def decompressed_chunks(chunks: Iterable[tuple[float, bytes]], encoding: str) -> list[tuple[float, bytes]]:
    """Take compression off a body chunk by chunk, each at its time."""
    given = list(chunks)
    for name in reversed([part.strip().lower() for part in encoding.split(",") if part.strip()]):
        try:
            given = list(_decoded(given, _DECODERS[name]()))
        except (KeyError, zlib.error, EOFError, OSError):
            return given
    return given


def is_readable(encoding: str) -> bool:
    """Say whether a compression can be taken off."""
    return all(part.strip().lower() in _DECODERS for part in encoding.split(",") if part.strip())


def _decoded(chunks: Iterable[tuple[float, bytes]], decode: Callable[[bytes], bytes]) -> Iterator[tuple[float, bytes]]:
    for at, data in chunks:
        yield at, decode(data)


def _gunzip() -> Callable[[bytes], bytes]:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress


def _inflate() -> Callable[[bytes], bytes]:
    # Servers send `deflate` with and without zlib's frame.
    tried = zlib.decompressobj()
    bare = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    use: list[Callable[[bytes], bytes]] = []

    def decode(data: bytes) -> bytes:
        if not use:
            try:
                first_part = tried.decompress(data)
            except zlib.error:
                use.append(bare.decompress)
            else:
                use.append(tried.decompress)
                return first_part
        return use[0](data)

    return decode


def _same() -> Callable[[bytes], bytes]:
    return bytes


_DECODERS: Mapping[str, Callable[[], Callable[[bytes], bytes]]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "identity": _same,
}
