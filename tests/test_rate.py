"""Requests keep to a rate, and those that a busy server refuses are repeated."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

from replaykit.adapters.choosing import chosen
from replaykit.adapters.fetch import fetch
from replaykit.adapters.rate import ATTEMPTS, DEFAULT_RPS, Rate
from replaykit.adapters.visibility import count, runs
from replaykit.errors import ConfigInvalid, NoServer, ServerBusy
from replaykit.model.selection import Selection
from replaykit.model.traffic import Traffic
from tests.grpc_proxy import Proxy, proxy
from tests.namespaces import FAST, connected, new_namespace
from tests.recording import Server


@dataclass(slots=True)
class Clock:
    """Time that passes where someone sleeps, and nowhere else."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def rate(self, rps: float) -> Rate:
        return Rate(rps, clock=lambda: self.now, sleep=self.sleep)


def answers(clock: Clock, *statuses: RPCStatusCode | None) -> Callable[..., Awaitable[float]]:
    """Answer with the time, or with a status where there is one."""
    left = list(statuses)

    async def call(_request: object, *, timeout: object) -> float:  # noqa: ASYNC109 - as the SDK has it
        assert timeout
        if left and (status := left.pop(0)):
            raise RPCError("as asked", status, b"")
        return clock.now

    return call


def ask(clock: Clock, rate: Rate, times: int, *statuses: RPCStatusCode | None) -> list[float]:
    call = answers(clock, *statuses)

    async def all_of_them() -> list[float]:
        return [await rate.ask(call, None) for _ in range(times)]

    return asyncio.run(all_of_them())


@pytest.mark.parametrize("rps", [0.5, 1, 20, 250])
def test_requests_are_spaced_evenly(rps: float) -> None:
    clock = Clock()
    at = ask(clock, clock.rate(rps), 10)
    assert at == pytest.approx([1000 + number / rps for number in range(10)])


def test_concurrent_requests_share_the_rate() -> None:
    clock = Clock()
    started: list[float] = []

    async def sleep(seconds: float) -> None:
        started.append(clock.now + seconds)

    rate = Rate(10, clock=lambda: clock.now, sleep=sleep)

    async def all_at_once() -> None:
        await asyncio.gather(*(rate.ask(answers(clock), None) for _ in range(11)))

    asyncio.run(all_at_once())
    assert started == pytest.approx([1000 + number / 10 for number in range(1, 11)])


def test_a_pause_is_not_made_up_for() -> None:
    clock = Clock()
    rate = clock.rate(10)
    ask(clock, rate, 1)
    clock.now += 60
    assert ask(clock, rate, 3) == pytest.approx([1060, 1060.1, 1060.2])


@pytest.mark.parametrize("rps", [0, -1, float("nan")])
def test_a_rate_that_sends_nothing_is_told(rps: float) -> None:
    with pytest.raises(ConfigInvalid, match="sends none"):
        Rate(rps)


def test_a_busy_server_halves_the_rate_and_answers_give_it_back() -> None:
    clock = Clock()
    rate = clock.rate(100)
    ask(clock, rate, 1, RPCStatusCode.RESOURCE_EXHAUSTED)
    assert rate.rps == pytest.approx(50 + 100 / 40)
    assert rate.traffic == Traffic(requests=2, slowed=1)
    before = clock.now
    ask(clock, rate, 4)
    assert clock.now - before > 4 / 100
    ask(clock, rate, 40)
    assert rate.rps == 100


def test_requests_refused_together_halve_the_rate_once() -> None:
    clock = Clock()
    rate = Rate(100, clock=lambda: clock.now, sleep=lambda _: asyncio.sleep(0))

    async def together() -> None:
        refused = [answers(clock, RPCStatusCode.RESOURCE_EXHAUSTED) for _ in range(8)]
        await asyncio.gather(*(rate.ask(call, None) for call in refused))

    asyncio.run(together())
    assert rate.traffic.slowed == 8
    assert rate.rps > 50


def test_a_server_that_stays_busy_is_left_alone_after_growing_pauses() -> None:
    clock = Clock()
    rate = clock.rate(1000)
    with pytest.raises(RPCError):
        ask(clock, rate, 1, *[RPCStatusCode.RESOURCE_EXHAUSTED] * 20)
    assert rate.traffic.requests == ATTEMPTS
    pauses = [seconds for seconds in clock.slept if seconds > 0.2]
    assert pauses == sorted(pauses)
    assert 20 < sum(pauses) < 40
    # Whatever happened, it never sinks to nothing.
    for _ in range(10):
        with pytest.raises(RPCError):
            ask(clock, rate, 1, *[RPCStatusCode.RESOURCE_EXHAUSTED] * 20)
    assert rate.rps >= 1000 / 32


@pytest.mark.parametrize("status", [RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.UNKNOWN])
def test_an_absent_server_is_asked_again_at_the_same_rate(status: RPCStatusCode) -> None:
    clock = Clock()
    rate = clock.rate(100)
    ask(clock, rate, 1, status, status)
    assert rate.traffic == Traffic(requests=3, unanswered=2)
    assert rate.rps == 100


@pytest.mark.parametrize(
    "status", [RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.PERMISSION_DENIED]
)
def test_a_refusal_that_stays_is_not_repeated(status: RPCStatusCode) -> None:
    clock = Clock()
    rate = clock.rate(100)
    with pytest.raises(RPCError):
        ask(clock, rate, 1, status)
    assert rate.traffic == Traffic(requests=1)


def through(server: Server, relay: Proxy, work: Callable[..., Any], *, rate: Rate | None = None) -> Any:  # noqa: ANN401 - what the work gives
    """Do something with a new namespace of ten runs, through the proxy."""

    async def do(client: Any) -> Any:  # noqa: ANN401 - the session's client
        own = (await new_namespace(client)).client
        for number in range(10):
            await own.start_workflow("Nobody", id=f"run-{number}", task_queue="nobody-listens")
        connection = await connected(relay.address, own.namespace)
        for _ in range(100):
            if await count(connection, "", rate=Rate(FAST)) == 10:
                break
            await asyncio.sleep(0.05)
        relay.requests.clear()
        return await work(connection, rate or Rate(FAST))

    return server.run(do)


def test_a_server_that_refuses_a_few_times_is_asked_again(server: Server) -> None:
    with proxy(server.address) as relay:
        rate = Rate(FAST)

        async def work(connection: Any, rate: Rate) -> list[str]:  # noqa: ANN401 - a Connection
            relay.refuse("RESOURCE_EXHAUSTED", 1, method="ListWorkflowExecutions")
            relay.refuse("UNAVAILABLE", 1, method="GetWorkflowExecutionHistory")
            found = [run.identity async for run in runs(connection, "", rate=rate, page_size=4)]
            return [
                (await fetch(connection, who.workflow_id, run_id=who.run_id, rate=rate)).identity.run_id
                for who in found
            ]

        fetched = through(server, relay, work, rate=rate)

        assert len(set(fetched)) == 10
        assert relay.counts == {"ListWorkflowExecutions": 4, "GetWorkflowExecutionHistory": 11}
        assert rate.traffic == Traffic(requests=15, slowed=1, unanswered=1)


def test_the_rate_holds_at_the_server(server: Server) -> None:
    with proxy(server.address) as relay:

        async def work(connection: Any, rate: Rate) -> None:  # noqa: ANN401 - a Connection
            async for each in chosen(connection, Selection(limit=10), rate=rate):
                await fetch(connection, each.identity.workflow_id, run_id=each.identity.run_id, rate=rate)

        through(server, relay, work, rate=Rate(DEFAULT_RPS))

        at = [request.at for request in relay.requests]
        assert len(at) == 11
        # Ten gaps of a twentieth of a second; a slow machine makes them longer, never shorter on the whole.
        assert at[-1] - at[0] > 0.45


def test_a_server_that_comes_back_is_waited_for(server: Server) -> None:
    with proxy(server.address) as relay:

        async def work(connection: Any, rate: Rate) -> int:  # noqa: ANN401 - a Connection
            relay.latency = 0.5
            asking = asyncio.create_task(count(connection, "", rate=rate))
            await asyncio.sleep(0.2)
            await asyncio.to_thread(relay.cut)
            await asyncio.sleep(0.3)
            relay.latency = 0
            relay.listen()
            return await asking

        rate = Rate(FAST)
        assert through(server, relay, work, rate=rate) == 10
        assert rate.traffic.unanswered >= 1


def impatient() -> Rate:
    return Rate(FAST, sleep=lambda _: asyncio.sleep(0))


def test_a_server_that_stays_busy_is_named_so(server: Server) -> None:
    with proxy(server.address) as relay:

        async def work(connection: Any, rate: Rate) -> None:  # noqa: ANN401 - a Connection
            relay.refuse("RESOURCE_EXHAUSTED", 2 * ATTEMPTS)
            with pytest.raises(ServerBusy, match="was too busy to give the runs of namespace"):
                _ = [each async for each in runs(connection, "", rate=rate)]
            with pytest.raises(ServerBusy, match="was too busy to give the history of run-1"):
                await fetch(connection, "run-1", rate=rate)

        through(server, relay, work, rate=impatient())


def test_a_server_that_stays_away_is_named_so(server: Server) -> None:
    with proxy(server.address) as relay:

        async def work(connection: Any, rate: Rate) -> None:  # noqa: ANN401 - a Connection
            await asyncio.to_thread(relay.cut)
            with pytest.raises(NoServer, match="did not give the history of run-1"):
                await fetch(connection, "run-1", rate=rate)

        through(server, relay, work, rate=impatient())


def test_a_connection_that_breaks_in_the_middle_is_opened_again(server: Server) -> None:
    """The SDK calls it UNKNOWN: transport error."""
    host, _, port = server.address.rpartition(":")
    ends: list[asyncio.StreamWriter] = []
    joined: set[asyncio.Task[Any] | None] = set()

    async def pipe(source: asyncio.StreamReader, drain: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                drain.write(data)
        except ConnectionError:
            drain.transport.abort()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        joined.add(asyncio.current_task())
        onward, answer = await asyncio.open_connection(host, int(port))
        ends.extend((writer, answer))
        try:
            await asyncio.gather(pipe(reader, answer), pipe(onward, writer))
        finally:
            for end in (writer, answer):
                end.transport.abort()

    async def work(client: Any) -> Traffic:  # noqa: ANN401 - the session's client
        own = await new_namespace(client)
        async with await asyncio.start_server(join, "127.0.0.1", 0) as relay:
            connection = await connected(f"127.0.0.1:{relay.sockets[0].getsockname()[1]}", own.namespace)
            rate = Rate(FAST)
            for _ in range(6):
                asking = [asyncio.create_task(count(connection, "", rate=rate)) for _ in range(3)]
                await asyncio.sleep(0)
                for end in ends:
                    end.transport.abort()
                ends.clear()
                assert await asyncio.gather(*asking) == [0, 0, 0]
            for task in filter(None, joined):
                task.cancel()
            # What is left of the connections ends with this test, not with another.
            await asyncio.gather(*filter(None, joined), return_exceptions=True)
            await asyncio.sleep(0)
            return rate.traffic

    assert server.run(work).unanswered > 0
