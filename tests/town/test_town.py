"""A namespace full of the examples' runs becomes, by one command, a corpus that is clean, safe, small and telling."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from openai import AsyncOpenAI
from temporalio.client import Client

from examples.llm_server import LoopbackServer
from examples.record.__main__ import perform
from examples.record.stage import Stage, open_stage
from replaykit.model.exports import Check
from tests.examples_project import project_in
from tests.namespaces import new_namespace
from tests.recording import Server
from tests.secrets import Secret
from tests.town.commands import EVERY_RUN, ROOT, Namespace, leaked, size_of
from tests.town.crowd import HOST, Planted, gather
from tests.town.hoard import hoard, plain_e_mails

LARGEST = 5_000_000
# The SDK warns where an approval is cancelled in the moment in which its draft is done; as an error the warning would
# end the worker.
pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore:Cannot find activity to cancel:UserWarning")]
EXAMPLES = frozenset({"agent", "ai_pipeline", "approval", "encrypted", "fan_out", "nightly", "order_saga", "versioned"})
AGENTS = frozenset({"openai_agents", "pydantic_ai"})
HOST_SECRET = Secret("host", HOST, HOST)


def test_one_command_makes_a_corpus_that_is_clean_and_safe_and_covers_what_any_run_reached(
    server: Server, tmp_path: Path
) -> None:
    async def fill(client: Client) -> tuple[Namespace, Sequence[Planted]]:
        async with _quarter(client, tmp_path) as stage:
            planted = await gather(stage, 45, secrets=hoard(19), addresses=plain_e_mails(4))
            await _settled(stage.client)
            return Namespace(stage.address, stage.client.namespace, project_in(tmp_path / "project")), planted

    namespace, planted = server.run(fill)
    everything = _proved(namespace, planted, tmp_path)
    assert everything >= 60


@pytest.mark.deep
def test_one_command_makes_a_corpus_out_of_thousands_of_runs(tmp_path: Path) -> None:
    async def story() -> None:
        async with open_stage() as stage:
            planted = await gather(stage, 1800, secrets=hoard(360), addresses=plain_e_mails(72))
            # The rare shapes: resets, tasks that fail, time out or are in progress, older generations of code.
            await perform(stage)
            await _settled(stage.client)
            # The agents among the rare shapes need the workers that this repository's own settings name.
            namespace = Namespace(stage.address, stage.client.namespace, ROOT)
            everything = await asyncio.to_thread(_proved, namespace, planted, tmp_path, examples=EXAMPLES | AGENTS)
            assert everything >= 2000
            await asyncio.to_thread(_redacted_whole, namespace, planted, tmp_path / "redacted")

    asyncio.run(story())


def _proved(
    namespace: Namespace, planted: Sequence[Planted], folder: Path, *, examples: frozenset[str] = EXAMPLES
) -> int:
    """Export, and hold the corpus against an export of everything as it was; returns how many runs there are."""
    corpus, everything = folder / "corpus", folder / "everything"
    exported = namespace.export(corpus, "--update")
    whole = namespace.export(everything, "--query", EVERY_RUN, "--no-redact")["summary"]
    kept = exported["summary"]["exported"]
    assert kept + exported["summary"]["familiar"] == whole["exported"]
    assert kept < whole["exported"] / 2

    replayed = namespace.replaykit("replay", str(corpus))["summary"]
    assert (replayed["total"], replayed["clean"]) == (kept, kept)
    assert not exported["summary"]["unverified"]

    found = leaked(everything, _hidden(planted))
    assert HOST_SECRET in found
    assert [one for one in planted if one.secret not in found] == [], "a secret never reached the server"
    assert not leaked(corpus, _hidden(planted))

    assert size_of(corpus) < LARGEST
    covered = _coverage(namespace, corpus)
    assert covered == _coverage(namespace, everything)
    assert {Path(str(file["file"])).parent.name for file in covered} == examples
    assert all(file["lines"] for file in covered)
    return int(whole["exported"])


def _redacted_whole(namespace: Namespace, planted: Sequence[Planted], out: Path) -> None:
    """Export every run redacted: none of them goes its way by a secret, and none leaks."""
    summary = namespace.export(out, "--query", EVERY_RUN)["summary"]
    assert summary["checks"][Check.REPLAYED.value] >= len(planted)
    assert not summary["unverified"]
    assert not leaked(out, _hidden(planted))


def _hidden(planted: Sequence[Planted]) -> list[Secret]:
    return [*(one.secret for one in planted), HOST_SECRET]


def _coverage(namespace: Namespace, corpus: Path) -> list[dict[str, object]]:
    """Which lines and branches the histories reach, file by file."""
    coverage: list[dict[str, object]] = namespace.replaykit("corpus", "stats", str(corpus))["coverage"]
    return coverage


@contextlib.asynccontextmanager
async def _quarter(client: Client, folder: Path) -> AsyncIterator[Stage]:
    """Open a stage in a namespace of its own on the session's server."""
    connection = await new_namespace(client)
    with LoopbackServer() as model:
        async with AsyncOpenAI(base_url=model.base_url, api_key="loopback", max_retries=0) as llm:
            yield Stage(connection.client, connection.address, model, llm, folder)


async def _settled(client: Client) -> None:
    """Wait until visibility, which lags behind, finds no more runs than a moment ago."""
    before, now = -1, 0
    while before != now:
        before = now
        await asyncio.sleep(1)
        now = (await client.count_workflows()).count
