"""Histories of real workers with codecs and external storage are decoded whole, and nothing else of them changes."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    ExternalStorage,
    PayloadCodec,
)
from temporalio.worker import Replayer

from examples.encrypted.codec import EncryptionCodec
from replaykit.adapters.codecs import Decoder
from replaykit.adapters.decode import Decoded, decoded
from replaykit.adapters.fetch import Fetched
from replaykit.adapters.payload_walk import places
from replaykit.errors import PayloadUndecodable, PayloadUnresolved, ReplaykitError
from tests.codecs import SECRET, FolderDriver, OwnerCodec, ParcelCodec, run_sealed
from tests.recording import Server
from tests.workflows.sealed import Sealed, SealedChild

KEYS = {"ours": b"k" * 32}
ENCRYPTING = DataConverter(
    payload_codec=EncryptionCodec(KEYS), failure_converter_class=DefaultFailureConverterWithEncodedAttributes
)


@pytest.fixture(scope="module")
def encrypted(server: Server) -> Fetched:
    return run_sealed(server, ENCRYPTING)


def decode(held: Fetched, converter: DataConverter, codec: str = "the codec of the test") -> Decoded:
    return asyncio.run(decoded(held, Decoder(converter, codec)))


def refusal(held: Fetched, converter: DataConverter, codec: str = "the codec of the test") -> ReplaykitError:
    with pytest.raises(ReplaykitError) as caught:
        decode(held, converter, codec)
    return caught.value


def encodings(history: WorkflowHistory) -> set[bytes]:
    return {p.metadata["encoding"] for event in history.events for place in places(event) for p in place.payloads}


def replays(history: WorkflowHistory) -> None:
    """Replay with the SDK's default data converter; raises where it fails."""
    asyncio.run(Replayer(workflows=[Sealed, SealedChild]).replay_workflow(history))


def test_no_word_of_an_encrypted_history_can_be_read(encrypted: Fetched) -> None:
    assert SECRET not in encrypted.history.to_json()
    assert encodings(encrypted.history) == {b"binary/encrypted"}


def test_every_payload_is_decrypted_and_the_history_replays_without_the_codec(encrypted: Fetched) -> None:
    found = decode(encrypted, ENCRYPTING)
    assert found.changed
    assert encodings(found.history) == {b"json/plain"}
    replays(found.history)


def test_a_decoded_history_differs_from_a_plain_run_in_nothing_but_ids_and_times(
    encrypted: Fetched, server: Server
) -> None:
    def said(history: WorkflowHistory) -> list[tuple[str, list[tuple[str, bytes]]]]:
        return [
            (
                event.WhichOneof("attributes") or "",
                [(p.name(), held.data) for p in places(event) for held in p.payloads],
            )
            for event in history.events
        ]

    in_plain = run_sealed(server, DataConverter.default)
    assert said(decode(encrypted, ENCRYPTING).history) == said(in_plain.history)


def test_the_fetched_events_stay_as_they_are(encrypted: Fetched) -> None:
    before = encrypted.history.to_json()
    decode(encrypted, ENCRYPTING)
    assert encrypted.history.to_json() == before


def test_search_attributes_and_cores_own_details_are_left_alone(encrypted: Fetched) -> None:
    def core_details(history: WorkflowHistory) -> list[bytes]:
        return [
            said.details[name].payloads[0].data
            for event in history.events
            if (said := event.marker_recorded_event_attributes).marker_name
            for name in ("patch-data", "data")
            if name in said.details
        ] + [
            event.upsert_workflow_search_attributes_event_attributes.search_attributes.SerializeToString()
            for event in history.events
            if event.HasField("upsert_workflow_search_attributes_event_attributes")
        ]

    kept = core_details(encrypted.history)
    assert len(kept) == 3
    assert core_details(decode(encrypted, ENCRYPTING).history) == kept


def test_an_encoded_failure_gets_its_message_and_stack_trace_back(encrypted: Fetched) -> None:
    def failures(history: WorkflowHistory) -> list[tuple[str, bool, bool]]:
        found = [event.activity_task_failed_event_attributes.failure for event in history.events]
        return [(f.message, bool(f.stack_trace), f.HasField("encoded_attributes")) for f in found if f.message]

    assert failures(encrypted.history) == [("Encoded failure", False, True)]
    assert failures(decode(encrypted, ENCRYPTING).history) == [(f"refused {SECRET}", True, False)]


def test_a_codec_that_seals_for_the_owner_is_told_the_owner_of_each_payload(server: Server) -> None:
    converter = replace(ENCRYPTING, payload_codec=OwnerCodec())
    found = decode(run_sealed(server, converter), converter)
    assert encodings(found.history) == {b"json/plain"}
    replays(found.history)


def test_a_codec_that_makes_one_payload_of_a_list_gets_each_list_by_itself(server: Server) -> None:
    converter = DataConverter(payload_codec=ParcelCodec())
    held = run_sealed(server, converter)
    found = decode(held, converter)
    scheduled = [e.activity_task_scheduled_event_attributes.input.payloads for e in found.history.events]
    assert max(len(arguments) for arguments in scheduled) == 2
    replays(found.history)


def test_payloads_in_external_storage_are_brought_back_and_decrypted(server: Server, tmp_path: Path) -> None:
    storage = ExternalStorage(drivers=[FolderDriver(tmp_path)], payload_size_threshold=0)
    converter = replace(ENCRYPTING, external_storage=storage)
    held = run_sealed(server, converter)
    assert b"binary/encrypted" not in encodings(held.history)
    found = decode(held, converter)
    assert encodings(found.history) == {b"json/plain"}
    assert not [
        p for event in found.history.events for place in places(event) for p in place.payloads if p.external_payloads
    ]
    replays(found.history)


def test_payloads_in_external_storage_without_a_driver_are_named(server: Server, tmp_path: Path) -> None:
    storage = ExternalStorage(drivers=[FolderDriver(tmp_path)], payload_size_threshold=0)
    held = run_sealed(server, DataConverter(external_storage=storage))
    for converter in (DataConverter.default, ENCRYPTING):
        error = refusal(held, converter)
        assert isinstance(error, PayloadUnresolved)
        assert error.problem.what == (
            f"input[0] of WorkflowExecutionStarted (event 1) in {held.identity.workflow_id} lies in external storage "
            "and cannot be had from there."
        )
        assert error.problem.cause == "no data converter with external storage is configured"


def test_a_file_that_is_gone_from_external_storage_is_told_without_its_name(server: Server, tmp_path: Path) -> None:
    storage = ExternalStorage(drivers=[FolderDriver(tmp_path)], payload_size_threshold=0)
    held = run_sealed(server, DataConverter(external_storage=storage))
    names = [path.name for path in tmp_path.iterdir()]
    for path in tmp_path.iterdir():
        path.unlink()
    error = refusal(held, DataConverter(external_storage=storage))
    assert isinstance(error, PayloadUnresolved)
    assert "external storage raised FileNotFoundError (" in error.problem.cause
    assert not [name for name in names if name in str(error)]


def test_a_missing_key_names_codec_step_and_field_and_neither_key_nor_payload(encrypted: Fetched) -> None:
    other = replace(ENCRYPTING, payload_codec=EncryptionCodec({"theirs": b"x" * 32}))
    error = refusal(encrypted, other, "the codec shop.codec:codec")
    assert isinstance(error, PayloadUndecodable)
    assert error.problem.what.startswith("input[0] of WorkflowExecutionStarted (event 1) in sealed-")
    assert error.problem.cause.startswith("the codec shop.codec:codec: it raised UnknownKeyError (")
    assert error.problem.cause.endswith("; its encoding is binary/encrypted, its key ours")
    assert "--codec" in error.problem.fix
    assert "--keep-encrypted" in error.problem.fix
    assert "kkkk" not in str(error)
    assert SECRET not in str(error)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("activity_task_scheduled_event_attributes", "input[1] of activity seal #1 (event "),
        ("activity_task_completed_event_attributes", "result of activity seal #1 (event "),
        ("activity_task_failed_event_attributes", "failure.encodedAttributes of activity refuse #1 (event "),
        ("workflow_properties_modified_event_attributes", "upsertedMemo.note of memo #1 (event "),
        ("workflow_execution_update_accepted_event_attributes", "input.args[0] of update accepted hear #1 (event "),
        ("child_workflow_execution_completed_event_attributes", "result of child workflow SealedChild #1 (event "),
        ("workflow_execution_completed_event_attributes", "result of complete (event "),
        ("marker_recorded_event_attributes", "details.result of local activity seal #1 (event "),
    ],
)
def test_a_payload_that_cannot_be_decoded_is_named_by_its_step_and_field(
    encrypted: Fetched, attributes: str, expected: str
) -> None:
    """The last payload of the first such event is spoilt."""
    history = WorkflowHistory.from_json(encrypted.identity.workflow_id, encrypted.history.to_json())
    for event in history.events:
        if event.HasField(attributes) and (own := [p for p in places(event) if p.in_attributes]):  # type: ignore[arg-type]  # any of them
            own[0].payloads[-1].data = b"spoilt" + own[0].payloads[-1].data
            break
    error = refusal(Fetched(encrypted.identity, history), ENCRYPTING)
    assert error.problem.what.startswith(expected), error.problem.what


class Misbehaving(PayloadCodec):
    """Answers a list with whatever `make` makes of it."""

    def __init__(self, answer: Sequence[object]) -> None:
        self._answer = answer

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)

    async def decode(self, _payloads: Sequence[Payload]) -> list[Payload]:
        return list(self._answer)  # type: ignore[arg-type]  # that is what misbehaves


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([], "it answered with no payload"),
        ([Payload(), Payload()], "it answered one payload with 2"),
        ([SECRET], "it answered with something else than payloads"),
        ([Payload(metadata={"encoding": b"binary/strange"})], "left it as it is; its encoding is binary/strange"),
    ],
)
def test_a_codec_that_answers_nonsense_is_told(encrypted: Fetched, answer: Sequence[object], said: str) -> None:
    error = refusal(encrypted, DataConverter(payload_codec=Misbehaving(answer)))
    assert isinstance(error, PayloadUndecodable)
    assert said in error.problem.cause
    assert SECRET not in str(error)


def test_without_a_codec_an_encrypted_payload_says_so(encrypted: Fetched) -> None:
    error = refusal(encrypted, DataConverter.default, "")
    assert isinstance(error, PayloadUndecodable)
    assert error.problem.cause == "no codec is configured; its encoding is binary/encrypted, its key ours"


def test_the_text_of_a_codecs_exception_is_not_repeated(encrypted: Fetched) -> None:
    class Talkative(Misbehaving):
        async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
            raise ValueError(f"key {KEYS['ours']!r} does not fit {payloads[0].data!r}")

    error = refusal(encrypted, DataConverter(payload_codec=Talkative([])))
    assert "it raised ValueError (" in error.problem.cause
    assert "kkkk" not in str(error)
    assert "does not fit" not in str(error)


def test_metadata_that_is_no_word_is_not_shown(encrypted: Fetched) -> None:
    event = encrypted.history.events[0]
    spoilt = type(event)()
    spoilt.CopyFrom(event)
    payload = spoilt.workflow_execution_started_event_attributes.input.payloads[0]
    payload.metadata["encoding"] = b"\x1b[2J" + b"x" * 500
    error = refusal(Fetched(encrypted.identity, WorkflowHistory("x", [spoilt])), DataConverter.default, "")
    assert "its encoding is unprintable" in error.problem.cause


def test_plain_headers_are_no_business_of_the_codec(encrypted: Fetched) -> None:
    """Workers leave headers alone unless their HeaderCodecBehavior says otherwise; EncryptionCodec would pass them."""
    event = type(encrypted.history.events[0])()
    event.CopyFrom(encrypted.history.events[0])
    fields = event.workflow_execution_started_event_attributes.header.fields
    fields["trace"].CopyFrom(Payload(metadata={"encoding": b"json/plain"}, data=b'"t-1"'))
    [sealed] = asyncio.run(EncryptionCodec(KEYS).encode([fields["trace"]]))
    fields["user"].CopyFrom(sealed)
    seen: list[bytes] = []

    class Strict(EncryptionCodec):
        async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
            seen.extend(payload.metadata["encoding"] for payload in payloads)
            return await super().decode(payloads)

    held = Fetched(encrypted.identity, WorkflowHistory("x", [event]))
    found = decode(held, DataConverter(payload_codec=Strict(KEYS)))
    header = found.history.events[0].workflow_execution_started_event_attributes.header.fields
    assert set(seen) == {b"binary/encrypted"}
    assert json.loads(header["user"].data) == json.loads(header["trace"].data) == "t-1"


def test_without_codec_and_storage_nothing_is_copied(server: Server) -> None:
    held = run_sealed(server, DataConverter.default)
    found = asyncio.run(decoded(held, Decoder(DataConverter.default)))
    assert found.history is held.history
    assert not found.changed
