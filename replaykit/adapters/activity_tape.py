"""Activities are answered from a cassette inside the worker; their real registrations stay."""

from collections.abc import Sequence
from typing import Any

from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import ApplicationFailureInfo, Failure
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from replaykit.adapters.asked import Question, moment
from replaykit.adapters.contents import content_of, error_of, failed, failure_from, failure_of, payload_of
from replaykit.adapters.http_tape import Activity, HttpTape, during
from replaykit.adapters.player import Played, Player, Ticket
from replaykit.errors import CassetteError
from replaykit.model.cassette import Content, Failed, Layer

# The types of application errors that stand for failures which only a server reports.
TYPES = {"timeout_failure_info": "TimeoutError", "server_failure_info": "ServerError"}


class ActivityTape(ActivityInboundInterceptor):
    """Stands in front of an activity: asks the cassette first, and records where the cassette does not know."""

    def __init__(
        self,
        following: ActivityInboundInterceptor,
        player: Player,
        *,
        answers: bool,
        http: HttpTape | None,
        names: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Stand before an activity.

        Args:
            following: What runs it.
            player: The use of a cassette that answers.
            answers: Whether activities are answered.
            http: What answers their requests.
            names: Names of this run, each with what it is called in the recordings.
        """
        super().__init__(following)
        self._names = names
        self._player = player
        self._answers = answers
        self._http = http

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's names
        """Return the recorded payload verbatim, or raise the recorded failure."""
        try:
            if not self._answers:
                return await self._run(input)
            asked = self._player.ask(question(input.args, self._names))
            if isinstance(asked, Ticket):
                return await self._record(input, asked)
            answer = _answer(asked, repeats_attempts=self._player.repeats_attempts)
        except CassetteError as problem:
            self._player.note(problem)
            # An ordinary failure would be retried, by default for ever.
            raise ApplicationError(str(problem), type=type(problem).__name__, non_retryable=True) from None
        if isinstance(answer, RawValue):
            return RawValue(_renamed(answer.payload, [(recorded, own) for own, recorded in self._names]))
        raise answer from None

    async def _record(self, input: ExecuteActivityInput, ticket: Ticket) -> Any:  # noqa: A002, ANN401 - the SDK's names
        try:
            result = await self._run(input)
        except (CancelledError, CassetteError):
            # A request of the workflow, or a miss: no answer of the activity.
            raise
        except Exception as error:
            failure = failure_from(error, activity.payload_converter())
            self._player.heard(ticket, failed(failure, retried=_is_retried(failure)))
            raise
        [payload] = activity.payload_converter().to_payloads([result])
        self._player.heard(ticket, content_of(payload))
        return result

    async def _run(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's names
        """Run the activity, its requests answered by the HTTP layer, if that is in use.

        Raises:
            CassetteError: One of them was not recorded, whatever the activity made of that.
        """
        if self._http is None:
            return await super().execute_activity(input)
        running = Activity(self._http, activity.info().activity_type)
        try:
            with during(running):
                result = await super().execute_activity(input)
        except Exception:
            if running.problems:
                raise running.problems[0] from None
            raise
        if running.problems:
            raise running.problems[0]
        return result


def _renamed(payload: Payload, names: Sequence[tuple[str, str]]) -> Payload:
    """Return a payload with other names in it, where it is JSON."""
    if not names or not payload.metadata.get("encoding", b"").startswith(b"json/"):
        return payload
    data = payload.data
    for old, new in names:
        if old and new:
            data = data.replace(old.encode(), new.encode())
    return Payload(metadata=payload.metadata, data=data)


def _renamed_text(text: str, names: Sequence[tuple[str, str]]) -> str:
    for old, new in names:
        if old and new:
            text = text.replace(old, new)
    return text


def question(args: Sequence[Any], names: Sequence[tuple[str, str]]) -> Question:
    """Say what the activity that runs is asked, in the names of the recordings."""
    info = activity.info()
    # A dynamic activity gets all its raw payloads as one argument.
    if len(args) == 1 and isinstance(args[0], list) and args[0] and all(isinstance(v, RawValue) for v in args[0]):
        args = args[0]
    payloads = activity.payload_converter().to_payloads(args)
    return Question(
        layer=Layer.LOCAL_ACTIVITY if info.is_local else Layer.ACTIVITY,
        name=info.activity_type,
        input=tuple(content_of(_renamed(payload, names)) for payload in payloads),
        call="/".join((info.namespace, info.workflow_run_id or info.activity_run_id or "", info.activity_id)),
        attempt=info.attempt,
        asked=moment(info.current_attempt_scheduled_time),
        workflow=_renamed_text(info.workflow_id or "", names),
    )


def _answer(played: Played, *, repeats_attempts: bool) -> RawValue | BaseException:
    """Make what Temporal is answered: the payload, or a failure that ends the activity where its recording ends."""
    if isinstance(played.answer, Content):
        return RawValue(payload_of(played.answer))
    if not isinstance(played.answer, Failed):
        message = "an answer to a request was found for an activity"
        raise TypeError(message)
    failure = failure_of(played.answer)
    if not failure.HasField("application_failure_info"):
        # A server takes no other failure from a worker: it lets the activity run into its own timeout.
        info = ApplicationFailureInfo(type=TYPES.get(str(failure.WhichOneof("failure_info")), "Failure"))
        failure = Failure(message=failure.message, application_failure_info=info, cause=failure)
    if played.last:
        policy = activity.info().retry_policy
        # By default at once, without backoff; and without a limit the last failure would be repeated for ever.
        if not repeats_attempts or policy is None or not policy.maximum_attempts:
            failure.application_failure_info.non_retryable = True
    return error_of(failure, activity.payload_converter())


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
