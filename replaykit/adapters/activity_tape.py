"""Activities are answered from a cassette inside the worker; their real registrations stay."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from temporalio import activity
from temporalio.api.failure.v1 import Failure
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from replaykit.adapters.contents import content_of, error_of, failed, failure_from, failure_of, payload_of
from replaykit.adapters.player import Played, Player, Question, Ticket
from replaykit.errors import CassetteMiss
from replaykit.model.cassette import Content, Failed, Layer

# The type of the application error that a workflow sees where a recording is missing.
MISS = "CassetteMiss"


class ActivityTape(ActivityInboundInterceptor):
    """Stands in front of an activity: asks the cassette first, and records where the cassette does not know."""

    def __init__(self, following: ActivityInboundInterceptor, player: Player) -> None:
        super().__init__(following)
        self._player = player

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's names
        """Return the recorded payload verbatim, or raise the recorded failure."""
        try:
            answer = self._player.ask(_question(input.args))
        except CassetteMiss as miss:
            # An ordinary failure would be retried, by default for ever.
            raise ApplicationError(str(miss), type=MISS, non_retryable=True) from None
        if isinstance(answer, Ticket):
            return await self._record(input, answer)
        if isinstance(answer.answer, Content):
            return RawValue(payload_of(answer.answer))
        failure = _to_report(answer, answer.answer, repeats_attempts=self._player.repeats_attempts)
        raise error_of(failure, activity.payload_converter()) from None

    async def _record(self, input: ExecuteActivityInput, ticket: Ticket) -> Any:  # noqa: A002, ANN401 - the SDK's names
        try:
            result = await super().execute_activity(input)
        except Exception as error:
            failure = failure_from(error, activity.payload_converter())
            self._player.heard(ticket, failed(failure, retried=_is_retried(failure)))
            raise
        [payload] = activity.payload_converter().to_payloads([result])
        self._player.heard(ticket, content_of(payload))
        return result


def _question(args: Sequence[Any]) -> Question:
    info = activity.info()
    # A dynamic activity gets all its raw payloads as one argument.
    if len(args) == 1 and isinstance(args[0], list) and args[0] and all(isinstance(v, RawValue) for v in args[0]):
        args = args[0]
    payloads = activity.payload_converter().to_payloads(args)
    return Question(
        layer=Layer.LOCAL_ACTIVITY if info.is_local else Layer.ACTIVITY,
        name=info.activity_type,
        input=tuple(content_of(payload) for payload in payloads),
        call="/".join((info.namespace, info.workflow_run_id or info.activity_run_id or "", info.activity_id)),
        attempt=info.attempt,
        asked=moment(info.current_attempt_scheduled_time),
    )


def moment(time: datetime) -> str:
    """Write a time as cassettes do."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _to_report(played: Played, answer: Failed, *, repeats_attempts: bool) -> Failure:
    """Make the failure that ends the activity where its recording ends: by default now, without backoff."""
    failure = failure_of(answer)
    if failure.HasField("application_failure_info") and played.last:
        policy = activity.info().retry_policy
        # Without a limit, the last failure would be repeated for ever.
        if not repeats_attempts or policy is None or not policy.maximum_attempts:
            failure.application_failure_info.non_retryable = True
    return failure


def _is_retried(failure: Failure) -> bool:
    """Say whether Temporal makes another attempt after this failure."""
    info = activity.info()
    policy = info.retry_policy or RetryPolicy()
    if policy.maximum_attempts and info.attempt >= policy.maximum_attempts:
        return False
    if failure.HasField("application_failure_info"):
        said = failure.application_failure_info
        return not said.non_retryable and said.type not in (policy.non_retryable_error_types or ())
    return not (failure.HasField("canceled_failure_info") or failure.HasField("terminated_failure_info"))
