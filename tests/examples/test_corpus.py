"""fixtures/ holds every shape of history that the gate must know."""

import base64
import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory

from .corpus_shapes import SHAPES, Recorded, read

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture(scope="module")
def corpus() -> Sequence[Recorded]:
    return [read(path) for path in sorted(FIXTURES.rglob("*.json"))]


@pytest.mark.parametrize("shape", SHAPES)
def test_corpus_holds_a_history_of_each_shape(corpus: Sequence[Recorded], shape: str) -> None:
    assert [recorded.path.name for recorded in corpus if SHAPES[shape](recorded)]


def test_corpus_holds_at_least_forty_histories_and_three_long_ones(corpus: Sequence[Recorded]) -> None:
    assert len(corpus) >= 40
    assert sum(len(recorded.events) >= 1000 for recorded in corpus) >= 3
    assert sum(recorded.path.stat().st_size for recorded in corpus) < 6_000_000


def test_each_reset_run_stands_beside_the_run_it_left(corpus: Sequence[Recorded]) -> None:
    resets = [recorded for recorded in corpus if recorded.reset_from]
    assert resets
    first_task = {recorded.path.name: recorded.events[0] for recorded in corpus}
    for recorded in resets:
        started = recorded.events[0]
        siblings = [
            other
            for other in corpus
            if other is not recorded
            and first_task[other.path.name]["eventTime"] == started["eventTime"]
            and other.path.parent == recorded.path.parent
        ]
        assert [other.reset_from for other in siblings] == [None]


def test_every_example_has_left_histories(corpus: Sequence[Recorded]) -> None:
    assert {recorded.path.parent.name for recorded in corpus} >= {
        "Agent",
        "AiPipeline",
        "Approval",
        "DocumentSummary",
        "FanOut",
        "HarbourDesk",
        "HarbourGuide",
        "LabReport",
        "NightlyJobs",
        "OrderSaga",
        "VersionedDigest",
    }


def test_histories_of_the_encrypted_example_are_held_decoded(corpus: Sequence[Recorded]) -> None:
    reports = [
        recorded.path.read_text(encoding="utf-8") for recorded in corpus if recorded.path.parent.name == "LabReport"
    ]
    assert len(reports) == 4
    encrypted = base64.b64encode(b"binary/encrypted").decode()
    for text in reports:
        assert json.loads(text)["replaykit"]["payloads"] == "decoded"
        assert encrypted not in text
        assert "Encoded failure" not in text


def test_sdk_reads_every_history_and_writes_its_events_back(corpus: Sequence[Recorded]) -> None:
    for recorded in corpus:
        if len(recorded.events) < 200:  # the long ones cost the SDK's parser half a second each
            history = WorkflowHistory.from_json("any", recorded.path.read_text(encoding="utf-8"))
            assert history.to_json_dict()["events"] == recorded.events


def test_corpus_does_not_tell_where_it_was_made(corpus: Sequence[Recorded]) -> None:
    for recorded in corpus:
        text = recorded.path.read_text(encoding="utf-8")
        assert not re.search(r'File \\"/', text)
        names = set(re.findall(r'"identity": "([^"]*)"', text))
        assert not [name for name in names if "@" in name], recorded.path.name
