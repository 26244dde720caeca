"""A history's payloads are taken out of external storage and out of the team's codec, as its workers do it."""

from binascii import b2a_base64
from dataclasses import dataclass

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from replaykit.adapters.codecs import Decoder
from replaykit.adapters.decoding import Decoding, Found
from replaykit.adapters.fetch import Fetched
from replaykit.adapters.payload_walk import Place, payloads_of, places
from replaykit.adapters.payloads import PLAIN, encoding_of, is_default_encoding, is_plain, is_read
from replaykit.adapters.undecodable import unreadable, unresolved


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
        # Most histories hold nothing else, and looking where each payload stands takes several times as long.
        if not all(map(is_plain, payloads_of(history.events))):
            check(fetched, decoder, tolerant=tolerant)
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


def check(fetched: Fetched, decoder: Decoder, *, tolerant: bool = False) -> None:
    """Look whether all payloads of a history can be read as they are, one by one.

    Raises:
        PayloadUndecodable: Nothing here reads one.
        PayloadUnresolved: One lies in external storage.
    """
    events, identity = fetched.history.events, fetched.identity
    for event in events:
        for place in places(event):
            for index, payload in enumerate(place.payloads):
                if payload.external_payloads:
                    raise unresolved(events, identity, event, place.name(index), driver_failed=None)
                if not tolerant and not is_read(payload, decoder.converter):
                    raise unreadable(events, identity, event, place.name(index), payload, decoder.codec)


def is_plainly_written(content: bytes) -> bool:
    """Say, quickly, whether the text of a history holds none but payloads that the SDK's default converter writes.

    Counting words in the text costs a tenth of asking each payload. A quote within a string is escaped, so none of
    these words stands in one; where there are more maps `metadata` than payloads have, the answer is no.
    """
    others = content.count(b'"encoding": "')
    if others != content.count(b'"metadata": {') or b'"externalPayloads": ' in content:
        return False
    for name in PLAIN:
        if not others:
            break
        others -= content.count(b'"encoding": "' + b2a_base64(name, newline=False) + b'"')
    return not others


def _is_plain_header(place: Place) -> bool:
    # Whether workers put headers through the codec is an option of theirs (HeaderCodecBehavior), off by default. The
    # encoding tells, and spares a codec what it never encoded.
    return place.in_header and all(is_default_encoding(encoding_of(payload)) for payload in place.payloads)
