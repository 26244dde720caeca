"""What is known of a run under a plan becomes the result that the rules judge."""

import functools
import time
from collections.abc import Sequence

from temporalio.client import WorkflowHistory
from temporalio.converter import PayloadConverter

from replaykit.adapters.chaos import ends
from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.histories import Family
from replaykit.adapters.chaos.ledger import Ledger
from replaykit.adapters.chaos.normal import normalised
from replaykit.model.chaos import End, RunResult, Sighting
from replaykit.model.scenario import Scenario
from replaykit.rules.volatile import parse


class Results:
    """Gathers results of one scenario's runs."""

    def __init__(self, scenario: Scenario, ledger: Ledger, converter: PayloadConverter) -> None:
        self._scenario = scenario
        self._ledger = ledger
        self._converter = converter
        self._volatile = parse(scenario.volatile)

    def of(self, armed: Armed, how: End | None, histories: Sequence[WorkflowHistory], family: Family) -> RunResult:
        """Gather all of a run; `how` is how it did not end, where it did not."""
        own = [history for history in histories if history.workflow_id == armed.workflow_id]
        ended = ends.end_of(own[-1].events, self._converter) if own else ends.Ended(End.HUNG)
        failure = ended.failure
        if how is End.WEDGED:
            failure = armed.task_failure or ends.task_failure(own[-1].events if own else ())
        return RunResult(
            plan=armed.plan,
            workflow_id=armed.workflow_id,
            end=how or ended.end,
            result=ended.result,
            failure=failure,
            failure_types=ended.failure_types,
            fired=frozenset(armed.fired),
            sightings=armed.sightings if self._scenario.chain else tuple(filter(_in_first, armed.sightings)),
            effects=self._ledger.of(armed.workflow_id),
            normal=tuple(
                line
                for history, (_, run_id) in zip(histories, family, strict=True)
                for line in normalised(
                    history.events, armed.workflow_id, self._volatile, staying=armed.attempts.staying(run_id)
                )
            ),
            orphans=tuple(
                armed.kin.within(history.workflow_id, "")
                for history in histories
                if history.workflow_id != armed.workflow_id and ends.is_open(history.events)
            ),
            unfinished=tuple(armed.unfinished),
            unhandled=tuple(name for history in histories for name in ends.never_seen(history.events)),
            assumed=tuple(armed.assumed),
            repeated=armed.repeated,
            misses=armed.missed,
            spend=armed.spend,
            timeline=tuple(sorted(armed.moments, key=lambda moment: moment.at)),
            seconds=time.monotonic() - armed.began,
            began=time.time() - (time.monotonic() - armed.began),
            replays=armed.replays,
            spurious=(*armed.attempts.late, *_spurious(armed, histories, family)),
        )


def _in_first(sighting: Sighting) -> bool:
    return not sighting.boundary.within.startswith("run ")


def _spurious(armed: Armed, histories: Sequence[WorkflowHistory], family: Family) -> tuple[str, ...]:
    found: list[str] = []
    for history, (_, run_id) in zip(histories, family, strict=True):
        found += ends.spurious(history.events, functools.partial(armed.attempts.ended_badly, run_id))
    return tuple(found)
