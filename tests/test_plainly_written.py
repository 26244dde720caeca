"""Whether payloads have to be looked at one by one is told by the text of their history."""

from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.history.v1 import HistoryEvent

from replaykit.adapters.corpus import to_bytes
from replaykit.adapters.decode import is_plainly_written
from replaykit.adapters.event_document import document_of
from replaykit.adapters.payloads import PLAIN, is_plain

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures").rglob("*.json"))


def text(*payloads: Payload, said: str = "") -> bytes:
    event = HistoryEvent(event_id=1)
    event.workflow_execution_started_event_attributes.input.CopyFrom(Payloads(payloads=payloads))
    event.workflow_execution_started_event_attributes.continued_failure.message = said
    return to_bytes(document_of([event]))


def payload(encoding: bytes, **more: bytes) -> Payload:
    return Payload(metadata={"encoding": encoding, **more}, data=b"1")


def test_histories_of_the_corpus_are() -> None:
    assert FIXTURES
    assert [path for path in FIXTURES if not is_plainly_written(path.read_bytes())] == []


def test_payloads_of_the_default_converter_are() -> None:
    assert all(is_plain(payload(encoding)) for encoding in PLAIN)
    assert is_plainly_written(text(*map(payload, PLAIN), payload(PLAIN[0], messageType=b"x")))


@pytest.mark.parametrize("encoding", [b"binary/encrypted", b"json/plain ", b""])
def test_one_payload_that_is_not_is_enough(encoding: bytes) -> None:
    assert not is_plainly_written(text(payload(b"json/plain"), payload(encoding)))


def test_a_payload_in_external_storage_is_not_whatever_its_encoding() -> None:
    stored = payload(b"json/plain")
    stored.external_payloads.add(size_bytes=12)
    assert not is_plainly_written(text(payload(b"json/plain"), stored))


def test_a_payload_that_names_no_encoding_is_not() -> None:
    assert not is_plainly_written(text(Payload(metadata={"key": b"ours"}, data=b"1")))


def test_words_within_a_text_do_not_count() -> None:
    words = 'he said {"metadata": {"encoding": "x"}, "externalPayloads": 1}'
    assert is_plainly_written(text(payload(b"json/plain"), said=words))
    assert not is_plainly_written(text(payload(b"binary/encrypted"), said='"encoding": "anNvbi9wbGFpbg=="'))
