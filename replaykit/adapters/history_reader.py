"""Histories are read and their shapes told without any workflow code, inside a replay process."""

import time

from replaykit.adapters import requested
from replaykit.adapters.codecs import converters_of
from replaykit.adapters.messages import Done, Unsaved
from replaykit.adapters.opened import Opener
from replaykit.adapters.stamps import stamps_of
from replaykit.config import Config
from replaykit.errors import NothingConfigured, Problem
from replaykit.model.case import Case, Judgement
from replaykit.model.reached import Imported
from replaykit.model.verdict import Inconclusive
from replaykit.model.witness import Read
from replaykit.rules.shape import shape_of


class HistoryReader:
    """Answers as a `ReplayWorker` does where no workflows are configured: there is a shape, and no verdict."""

    names: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    imported: Imported | None = None
    homes: tuple[tuple[str, str], ...] = ()
    read: Read | None = None

    def __init__(self, config: Config) -> None:
        """Take the settings, for the data converter and the codec they name."""
        self._opener = Opener(config, converters_of(config))

    async def open(self) -> None:
        """Start nothing."""

    async def answer(self, request: Case | Unsaved) -> Done:
        """Read one history; never raises for what it is."""
        started = time.perf_counter()
        case = requested.case_of(request)
        found = await requested.read(request, self._opener)
        if isinstance(found, Inconclusive):
            return Done(Judgement(case, found, time.perf_counter() - started))
        history, parsed = found
        shape = shape_of(history, stamps_of(parsed.events, history.status))
        return Done(
            Judgement(
                case=case,
                verdict=Inconclusive(_not_replayed()),
                seconds=time.perf_counter() - started,
                identity=history.identity,
                status=history.status,
                events=history.events,
                shape=shape,
            )
        )


def _not_replayed() -> Problem:
    return Problem(
        slug=NothingConfigured.slug,
        what="The history was not replayed.",
        cause="no workflows are configured",
        fix='in pyproject.toml: [tool.replaykit] workflows = ["your_package.workflows"]',
    )
