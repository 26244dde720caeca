"""All cases of this process are swept on one server."""

import asyncio
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from temporalio.client import Client

from replaykit.adapters.chaos.opening import open_server
from replaykit.jobs.chaos import sweep
from replaykit.jobs.chaos_events import Swept, Wanted
from replaykit.model.chaos_report import ChaosReport
from replaykit.model.scenario import Scenario

_T = TypeVar("_T")
JOBS = 10
# Seconds; a slow machine must not keep pairs from being run.
BUDGET = 600.0


class Server:
    """A server, and the event loop that it is used from."""

    def __init__(self, runner: asyncio.Runner, client: Client, directory: Path) -> None:
        self._runner = runner
        self._client = client
        self._directory = directory

    def swept(self, scenario: Scenario, *, pairs: bool, search: float) -> ChaosReport:
        """Sweep a scenario with every fault that can be injected here."""
        return self._runner.run(self._swept(scenario, Wanted(pairs=pairs, jobs=JOBS, budget=BUDGET, search=search)))

    async def _swept(self, scenario: Scenario, wanted: Wanted) -> ChaosReport:
        directory = Path(tempfile.mkdtemp(dir=self._directory))
        async with aclosing(sweep(scenario, wanted, directory=directory, server=self._client)) as events:
            async for event in events:
                if isinstance(event, Swept):
                    return event.report
        raise AssertionError("a sweep ends with its report")


@contextmanager
def opened(directory: Path) -> Iterator[Server]:
    """Open a server while the block runs."""
    with asyncio.Runner() as runner:
        held = open_server(directory)
        client = runner.run(_begun(held.__aenter__()))
        try:
            yield Server(runner, client, directory)
        finally:
            runner.run(_begun(held.__aexit__(None, None, None)))


async def _begun(awaited: Coroutine[Any, Any, _T]) -> _T:
    return await awaited
