"""The payloads of one history go through external storage and codec, in as few calls as the codec's contract allows."""

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import PayloadCodec, PayloadConverter, SerializationContext, WithSerializationContext

from replaykit.adapters.codec_server import BatchRefused, RemoteCodec
from replaykit.adapters.codecs import Decoder
from replaykit.adapters.contexts import context_of, run_context
from replaykit.adapters.converters import storage_of
from replaykit.adapters.loaded import told
from replaykit.adapters.payload_walk import Place
from replaykit.adapters.payloads import is_read
from replaykit.adapters.undecodable import refused, unreadable, unresolved
from replaykit.errors import CodecServerFailed, ReplaykitError
from replaykit.model.history import Identity

# Calls of the team's codec at a time: one that asks a key service waits for it in each.
CONCURRENT = 8
REFUSED = "it cannot read it (status 400)"


@dataclass(frozen=True, slots=True)
class Found:
    """A place in a new event, and the event as the server holds it."""

    event: HistoryEvent
    place: Place


class _AsTheyAre(PayloadConverter):
    """Has DataConverter.decode return payloads: decoded and resolved in the SDK's own order, and not converted."""

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        return list(values)

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:  # noqa: ARG002 - the SDK's signature
        return list(payloads)


class _CodecFailed(Exception):
    """The codec failed, in words that hold nothing of what it worked on."""


class _Watched(PayloadCodec, WithSerializationContext):
    """The team's codec; what it raises is told apart from what the storage raises."""

    def __init__(self, codec: PayloadCodec) -> None:
        self._codec = codec

    def with_context(self, context: SerializationContext) -> Self:
        codec = self._codec
        return type(self)(codec.with_context(context)) if isinstance(codec, WithSerializationContext) else self

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return await self._codec.encode(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        try:
            answer = list(await self._codec.decode(payloads))
        except (CodecServerFailed, BatchRefused):
            raise
        except Exception as error:  # noqa: BLE001 - a codec is the team's code
            raise _CodecFailed(f"it raised {told(error)}") from None
        if not answer:
            raise _CodecFailed("it answered with no payload")
        if not all(isinstance(payload, Payload) for payload in answer):
            raise _CodecFailed("it answered with something else than payloads")
        return answer


class Decoding:
    """The decoding of one history."""

    def __init__(self, events: Sequence[HistoryEvent], identity: Identity, decoder: Decoder) -> None:
        """Take the events as the server holds them, whose they are, and what decodes them."""
        self.events = events
        self.identity = identity
        self.decoder = decoder
        converter = decoder.converter
        codec = converter.payload_codec
        self._contextual = any(isinstance(part, WithSerializationContext) for part in (codec, storage_of(converter)))
        self._watched = replace(
            converter, payload_converter_class=_AsTheyAre, payload_codec=None if codec is None else _Watched(codec)
        )

    async def decode(self, found: list[Found]) -> list[list[Payload]]:
        """Decode each place's payloads.

        A codec may make of a list a shorter one, so each list is a call of its own; a codec server answers each
        payload with one, so it gets them all at once.
        """
        if isinstance(self.decoder.converter.payload_codec, RemoteCodec):
            return await self._at_once(found)
        answers: list[list[Payload]] = []
        for some in _batched(found):
            results = await asyncio.gather(*(self._alone(one) for one in some), return_exceptions=True)
            for result in results:
                if isinstance(result, BaseException):
                    raise result
                answers.append(result)
        return answers

    def put(self, one: Found, payloads: list[Payload]) -> None:
        """Put decoded payloads in their place, a failure's encoded message back where it was.

        Raises:
            PayloadUndecodable: They do not fit, or nothing reads them still.
        """
        if one.place.takes_one and len(payloads) != 1:
            raise self._refused(one, None, f"it answered one payload with {len(payloads)}")
        for index, payload in enumerate(payloads):
            if not is_read(payload, self.decoder.converter):
                name = one.place.name(index)
                raise unreadable(self.events, self.identity, one.event, name, payload, self.decoder.codec)
        one.place.put(payloads)
        if one.place.failure is not None:
            _put_back(one.place.failure, self.decoder.converter.payload_converter)

    async def _at_once(self, found: list[Found]) -> list[list[Payload]]:
        sizes = [len(one.place.payloads) for one in found]
        everything = [payload for one in found for payload in one.place.payloads]
        if not everything:
            return []
        try:
            answer = iter(await self._through(everything, None))
        except BatchRefused:
            raise self._refused(await self._bad_one(found), None, REFUSED) from None
        except ReplaykitError:
            raise
        except Exception as error:  # noqa: BLE001 - a storage driver is the team's code
            # The storage failed, on a payload that is found by asking for each list by itself.
            for one in found:
                await self._alone(one)
            raise self._unresolved(found[0], error) from None
        return [list(itertools.islice(answer, size)) for size in sizes]

    async def _bad_one(self, found: list[Found]) -> Found:
        """Halve what the codec server refused until one place is left."""
        while len(found) > 1:
            half = found[: len(found) // 2]
            try:
                await self._through([payload for one in half for payload in one.place.payloads], None)
            except BatchRefused:
                found = half
            else:
                found = found[len(half) :]
        return found[0]

    async def _alone(self, one: Found) -> list[Payload]:
        try:
            return await self._through(one.place.payloads, self._context(one))
        except _CodecFailed as failed:
            raise self._refused(one, await self._bad_index(one), str(failed)) from None
        except BatchRefused:
            raise self._refused(one, None, REFUSED) from None
        except ReplaykitError:
            raise
        except Exception as error:  # noqa: BLE001 - a storage driver is the team's code
            raise self._unresolved(one, error) from None

    async def _bad_index(self, one: Found) -> int | None:
        if len(one.place.payloads) == 1:
            return 0
        for index, payload in enumerate(one.place.payloads):
            try:
                await self._through([payload], self._context(one))
            except Exception:  # noqa: BLE001 - only which one fails is asked
                return index
        return None

    def _context(self, one: Found) -> SerializationContext:
        # The summary of a command is encoded beside it, in the run's own context.
        if one.place.in_attributes or one.event.event_type == EventType.EVENT_TYPE_NEXUS_OPERATION_SCHEDULED:
            return context_of(one.event, self.events, self.identity)
        return run_context(self.identity)

    async def _through(self, payloads: Sequence[Payload], context: SerializationContext | None) -> list[Payload]:
        watched = self._watched
        if self._contextual and context is not None:
            watched = watched.with_context(context)
        return await watched.decode(payloads)

    def _refused(self, one: Found, index: int | None, why: str) -> ReplaykitError:
        payload = one.place.payloads[index or 0]
        name = one.place.name(index)
        return refused(self.events, self.identity, one.event, name, payload, f"{self.decoder.codec}: {why}")

    def _unresolved(self, one: Found, error: Exception) -> ReplaykitError:
        raised = error if storage_of(self.decoder.converter) is not None else None
        return unresolved(self.events, self.identity, one.event, one.place.name(0), driver_failed=raised)


def _batched(found: list[Found]) -> Iterator[list[Found]]:
    for start in range(0, len(found), CONCURRENT):
        yield found[start : start + CONCURRENT]


def _put_back(failure: Any, converter: PayloadConverter) -> None:  # noqa: ANN401 - a Failure
    """Give a failure the message and stack trace back that its converter had put away for the codec."""
    try:
        [attributes] = converter.from_payloads([failure.encoded_attributes], [dict])
    except Exception:  # noqa: BLE001 - written by a failure converter of the team's own, which reads it at replay
        return
    if not isinstance(attributes, dict) or not isinstance(attributes.get("message"), str):
        return
    failure.message = attributes["message"]
    stack_trace = attributes.get("stack_trace")
    failure.stack_trace = stack_trace if isinstance(stack_trace, str) else ""
    failure.ClearField("encoded_attributes")
