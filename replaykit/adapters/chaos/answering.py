"""Activities of a sweep are answered from the cassette, each run from its own use of it."""

import asyncio
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.common import RawValue
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from replaykit.adapters import compact
from replaykit.adapters.activity_tape import ActivityTape, question
from replaykit.adapters.cassette_options import ACTIVITY, HTTP, layers_of, redaction_of
from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.family import names_of
from replaykit.adapters.chaos.held import Answers
from replaykit.adapters.chaos.registry import Registry
from replaykit.adapters.chaos.requests import StruckTape
from replaykit.adapters.contents import content_of
from replaykit.adapters.corpus import shown
from replaykit.adapters.player import Player
from replaykit.adapters.prices import price_of
from replaykit.model.cassette import Interaction, Layer, Mode
from replaykit.model.scenario import Scenario
from replaykit.rules.usage import bill_of

_BEAT = 0.05


class Recordings:
    """A scenario's cassette, read once; each run has a use of it of its own."""

    def __init__(self, scenario: Scenario) -> None:
        """Read the cassette.

        Raises:
            CassetteError: It cannot be used.
        """
        self._path = Path(scenario.cassette)
        self._shown = shown(self._path.absolute(), Path.cwd())
        self._layers = layers_of(scenario.layers)
        self._redact = redaction_of(redact=scenario.redacted)
        self._recorded_as = tuple(scenario.recorded_as)
        self._volatile = tuple(scenario.volatile)
        self._cassette = compact.load(self._path, shown=self._shown)
        names = {each.name for each in self._cassette.interactions if each.layer is not Layer.HTTP}
        self._known = frozenset(names) if scenario.assumes_null else None
        self._unanswered = tuple(scenario.unanswered)

    def answers(self) -> Answers:
        """Begin to use it for a run."""
        player = Player(
            self._path,
            mode=Mode.NONE,
            shown=self._shown,
            rules=self._volatile,
            redact=self._redact,
            cassette=self._cassette,
            # A history tells what its activities answered, however often a fault has them asked.
            plays_again=self._known is not None,
        )
        return Answers(
            player,
            activities=ACTIVITY in self._layers,
            http=None,
            recorded_as=self._recorded_as,
            known=self._known,
            unanswered=self._unanswered,
        )

    @property
    def answers_requests(self) -> bool:
        """Whether HTTP requests are answered."""
        return HTTP in self._layers


def given_to(armed: Armed, recordings: Recordings | None, *, effects: bool) -> tuple[Answers | None, StruckTape]:
    """Give a run its own use of the cassette, and what its requests go through."""
    if recordings is None:
        return None, StruckTape(armed, None, effects=effects)
    answers = recordings.answers()
    tape = StruckTape(armed, answers.player if recordings.answers_requests else None, effects=effects)
    answers.http = tape if recordings.answers_requests else None
    return answers, tape


class Answering(Interceptor):
    """Stands next to the activities themselves, behind whatever strikes them."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's
        """Answer what the run's cassette holds."""
        return _Answered(next, self._registry)


class _Answered(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, registry: Registry) -> None:
        super().__init__(following)
        self._registry = registry

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's names
        armed = self._registry.of(activity.info().workflow_id)
        if armed is None or armed.answers is None:
            return await super().execute_activity(input)
        answers = armed.answers
        info = activity.info()
        names = tuple(
            names_of(armed.workflow_id, info.workflow_id or "", info.workflow_run_id or "", answers.recorded_as)
        )
        if any(name == info.activity_type for name, _ in answers.unanswered):
            asked = question(input.args, names)
            if any(name == asked.name and tuple(given) == asked.input for name, given in answers.unanswered):
                armed.attempts.stays(info.workflow_run_id or "", info.activity_id)
                await _at_work(armed)
        if answers.known is not None and info.activity_type not in answers.known:
            armed.assumed[info.activity_type] = None
            return None
        tape = ActivityTape(
            self.next,
            answers.player,
            answers=answers.activities,
            http=answers.http,
            names=names,
        )
        result = await tape.execute_activity(input)
        if answers.activities and isinstance(result, RawValue):
            # What is answered again after a crash would have been asked, and paid for, again.
            said = Interaction(Layer.ACTIVITY, info.activity_type, None, content_of(result.payload), "")
            armed.spends(bill_of([said], price_of))
        return result


async def _at_work(armed: Armed) -> None:
    """Be at work until the run has ended or the activity is cancelled, which only a heartbeat learns."""
    while not armed.closed:
        activity.heartbeat()
        await asyncio.sleep(_BEAT)
    raise RuntimeError("the run has ended")
