"""The replay job for a caller without an event loop: judgements on demand, replayed ahead of the asking."""

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import Future
from typing import Any

from replaykit.adapters.seeds import pool_for
from replaykit.config import Config
from replaykit.errors import Problem
from replaykit.jobs.given import check_workflows
from replaykit.model.case import Case, Judgement


class BackgroundReplay:
    """A replay pool on a thread of its own; `close` ends its processes, whatever they are doing."""

    def __init__(self, config: Config) -> None:
        """Start the thread; processes start with the first history.

        Raises:
            NothingConfigured: No workflows are configured.
        """
        check_workflows(config)
        self._pool = pool_for(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="replaykit", daemon=True)
        self._thread.start()
        self._call(self._pool.__aenter__()).result()
        self._plan: Iterator[Case] = iter(())
        self._asked: dict[str, Future[Judgement]] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of modules that did not load."""
        return self._pool.problems

    def plan(self, cases: Iterable[Case]) -> None:
        """Tell which cases will be asked for, in this order, so that all processes stay busy."""
        self._plan = iter(tuple(cases))

    def judge(self, case: Case) -> Judgement:
        """Wait for the judgement on one case.

        Raises:
            WorkflowsUnloadable: No workflow could be loaded.
        """
        future = self._ask(case)
        while len(self._asked) < 2 * self._pool.size:
            following = next(self._plan, None)
            if following is None:
                break
            self._ask(following)
        try:
            return future.result()
        finally:
            self._asked.pop(case.path, None)

    def close(self) -> None:
        """End every process and the thread."""
        for future in self._asked.values():
            future.cancel()
        self._call(self._pool.__aexit__(None, None, None)).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _ask(self, case: Case) -> Future[Judgement]:
        if case.path not in self._asked:
            self._asked[case.path] = self._call(self._pool.replay(case))
        return self._asked[case.path]

    def _call(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)
