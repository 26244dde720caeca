"""Activities run, and the HTTP requests that they make are answered from a cassette."""

import asyncio
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError

from examples.llm_server.server import LoopbackServer
from replaykit import CassetteMiss, use_cassette
from replaykit.adapters import tapes
from tests.cassettes.calling import Call, Model, call_all
from tests.recording import Server

NOWHERE = "http://127.0.0.1:9/v1"
BOTH = ["activity", "http"]
CALLS = [Call("one"), Call("two", "ask_in_thread"), Call("three", "ask_carelessly")]


def test_requests_of_activities_are_answered_while_the_activities_run(
    server: Server, llm_server: LoopbackServer, tmp_path: Path
) -> None:
    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http") as cassette:
        recorded = server.run(lambda client: call_all(client, Model(llm_server.base_url), cassette, CALLS))
    model = Model(NOWHERE)
    with use_cassette(tmp_path / "c.yaml", layers="http", fail_unused=True) as cassette:
        played = server.run(lambda client: call_all(client, model, cassette, CALLS))
    assert played == recorded
    assert sorted(model.calls) == ["one", "three", "two"]
    within = {interaction.within for interaction in tapes.load(tmp_path / "c.yaml").interactions}
    assert within == {"ask", "ask_in_thread", "ask_carelessly"}


def test_worker_without_the_interceptor_is_answered_too(
    server: Server, llm_server: LoopbackServer, tmp_path: Path
) -> None:
    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http"):
        recorded = server.run(lambda client: call_all(client, Model(llm_server.base_url), None, CALLS))
    with use_cassette(tmp_path / "c.yaml", layers="http", fail_unused=True):
        assert server.run(lambda client: call_all(client, Model(NOWHERE), None, CALLS)) == recorded


@pytest.mark.parametrize("name", ["ask", "ask_in_thread", "ask_carelessly"])
def test_miss_fails_its_activity_for_good_and_reaches_the_test(
    server: Server, llm_server: LoopbackServer, tmp_path: Path, name: str
) -> None:
    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http") as cassette:
        server.run(lambda client: call_all(client, Model(llm_server.base_url), cassette, [Call("old", name)]))
    model = Model(llm_server.base_url)
    seen: list[BaseException] = []
    with pytest.raises(CassetteMiss, match=f'in activity {name} .*(?s:.)*"old" → "new"') as missed:  # noqa: PT012, SIM117
        with use_cassette(tmp_path / "c.yaml", layers="http") as cassette:
            try:
                server.run(lambda client: call_all(client, model, cassette, [Call("new", name)]))
            except WorkflowFailureError as error:
                seen.append(error)
                raise
    assert model.calls == ["new"], "the activity was tried again"
    [failure] = seen
    assert isinstance(failure, WorkflowFailureError)
    assert isinstance(failure.cause, ActivityError)
    assert isinstance(failure.cause.cause, ApplicationError)
    assert (failure.cause.cause.type, failure.cause.cause.non_retryable) == ("CassetteMiss", True)
    assert missed.value.__context__ is failure


def test_both_layers_are_recorded_at_once_and_each_plays_alone(
    server: Server, llm_server: LoopbackServer, tmp_path: Path
) -> None:
    with use_cassette(tmp_path / "c.yaml", mode="once", layers=BOTH) as cassette:
        recorded = server.run(lambda client: call_all(client, Model(llm_server.base_url), cassette, CALLS))
    assert len(tapes.load(tmp_path / "c.yaml").interactions) == 2 * len(CALLS)
    for layers, ran in ((["activity"], 0), (["http"], 3), (BOTH, 0)):
        model = Model(NOWHERE)
        with use_cassette(tmp_path / "c.yaml", layers=layers, fail_unused=True) as cassette:
            assert server.run(lambda client: call_all(client, model, cassette, CALLS)) == recorded  # noqa: B023 - called at once
        assert len(model.calls) == ran


def test_activity_that_is_new_runs_on_the_requests_that_are_known(
    server: Server, llm_server: LoopbackServer, tmp_path: Path
) -> None:
    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http") as cassette:
        recorded = server.run(lambda client: call_all(client, Model(llm_server.base_url), cassette, [Call("one")]))
    model = Model(NOWHERE)
    with use_cassette(tmp_path / "c.yaml", mode="new_episodes", layers=BOTH) as cassette:
        assert server.run(lambda client: call_all(client, model, cassette, [Call("one")])) == recorded
        assert (model.calls, cassette.played, cassette.recorded) == (["one"], 1, 1)


def test_two_workers_in_one_loop_record_into_their_own_cassettes(
    server: Server, llm_server: LoopbackServer, tmp_path: Path
) -> None:
    async def story(client: Client) -> None:
        # Both are open in one context: only the interceptors tell the activities apart.
        with (
            use_cassette(tmp_path / "one.yaml", mode="once", layers="http") as one,
            use_cassette(tmp_path / "two.yaml", mode="once", layers="http") as two,
        ):
            await asyncio.gather(
                call_all(client, Model(llm_server.base_url), one, [Call(f"one {n}") for n in range(4)]),
                call_all(
                    client, Model(llm_server.base_url), two, [Call(f"two {n}", "ask_in_thread") for n in range(4)]
                ),
            )

    server.run(story)
    for name in ("one", "two"):
        interactions = tapes.load(tmp_path / f"{name}.yaml").interactions
        asked = [str(interaction.input[0].json) for interaction in interactions if interaction.input]
        assert len(asked) == 4
        assert all(name in text for text in asked)


def test_recorded_error_is_tried_again_by_temporal_as_it_was(
    server: Server, llm_server: LoopbackServer, tmp_path: Path
) -> None:
    llm_server.fail("unlucky", status=500)
    for url, mode in ((llm_server.base_url, "once"), (NOWHERE, "none")):
        model = Model(url)
        with use_cassette(tmp_path / "c.yaml", mode=mode, layers="http", fail_unused=True) as cassette:
            server.run(lambda client: call_all(client, model, cassette, [Call("unlucky")]))  # noqa: B023 - called at once
        assert model.calls == ["unlucky", "unlucky"]
