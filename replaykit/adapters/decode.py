"""A history's payloads are taken out of external storage and out of the team's codec, as its workers do it."""

from collections.abc import Sequence
from dataclasses import dataclass

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from replaykit.adapters.codecs import Decoder
from replaykit.adapters.decoding import Decoding, Found
from replaykit.adapters.fetch import Fetched
from replaykit.adapters.payload_walk import Place, payloads_of, places
from replaykit.adapters.payloads import encoding_of, is_default_encoding, is_plain, is_read
from replaykit.adapters.undecodable import unreadable, unresolved
from replaykit.model.history import Identity


@dataclass(frozen=True, slots=True)
class Decoded:
    """A history as workflows read it.

    `changed` says whether a codec or an external storage stood between: a file of it then wants the note
    `"payloads": "decoded"`, for replay must not put the payloads through the codec again.
    """

    history: WorkflowHistory
    changed: bool


async def decoded(fetched: Fetched, decoder: Decoder, *, tolerant: bool = False) -> Decoded:
    """Decode all payloads of a history, in new events; the fetched ones stay as they are.

    Args:
        fetched: The history as the server holds it.
        decoder: The data converters, with their codecs and external storages.
        tolerant: Leave payloads that nothing here reads as they are, where no codec is configured.

    Raises:
        PayloadUndecodable: A payload that the codec fails on, or that nothing here reads.
        PayloadUnresolved: A payload in external storage that cannot be had from there.
        CodecServerFailed: The codec server did not do its work.
    """
    history, identity = fetched.history, fetched.identity
    decoder = decoder.of(identity.workflow_type)
    if not decoder.changes_payloads:
        await _check(history.events, decoder, identity, tolerant=tolerant)
        return Decoded(history, changed=False)
    events: list[HistoryEvent] = []
    found: list[Found] = []
    for event in history.events:
        if next(places(event), None) is None:
            events.append(event)
            continue
        own = HistoryEvent()
        own.CopyFrom(event)
        found += (Found(event, place) for place in places(own) if not _is_plain_header(place))
        events.append(own)
    decoding = Decoding(history.events, identity, decoder)
    for one, payloads in zip(found, await decoding.decode(found), strict=True):
        decoding.put(one, payloads)
    return Decoded(WorkflowHistory(history.workflow_id, events), changed=True)


async def _check(events: Sequence[HistoryEvent], decoder: Decoder, identity: Identity, *, tolerant: bool) -> None:
    # Most histories hold nothing else, and looking where each payload stands takes several times as long.
    if all(map(is_plain, payloads_of(events))):
        return
    for event in events:
        for place in places(event):
            for index, payload in enumerate(place.payloads):
                if payload.external_payloads:
                    raise unresolved(events, identity, event, place.name(index), driver_failed=None)
                if not tolerant and not is_read(payload, decoder.converter):
                    raise unreadable(events, identity, event, place.name(index), payload, decoder.codec)


def _is_plain_header(place: Place) -> bool:
    # Whether workers put headers through the codec is an option of theirs (HeaderCodecBehavior), off by default. The
    # encoding tells, and spares a codec what it never encoded.
    return place.in_header and all(is_default_encoding(encoding_of(payload)) for payload in place.payloads)
