"""Whether an attempt that failed has another, and when: a server's rules, and Core's for local activities."""

from dataclasses import dataclass
from typing import Any

from temporalio.api.enums.v1 import RetryState
from temporalio.api.failure.v1 import Failure

# What a server fills in where a workflow says nothing.
_FIRST, _FACTOR, _MOST_TIMES = 1.0, 2.0, 100.0


@dataclass(frozen=True, slots=True)
class Next:
    """When the next attempt begins; or, where there is none, why not."""

    seconds: float = 0.0
    state: RetryState.ValueType = RetryState.RETRY_STATE_UNSPECIFIED

    @property
    def ends(self) -> bool:
        """Whether there is no next attempt."""
        return self.state != RetryState.RETRY_STATE_UNSPECIFIED


def next_attempt(said: Any, attempt: int, failure: Failure, *, deadline: float | None, now: float) -> Next:  # noqa: ANN401 - Core's command
    """Say what comes after an attempt that failed or timed out."""
    policy = said.retry_policy
    info = failure.application_failure_info
    if failure.HasField("application_failure_info") and (
        info.non_retryable or info.type in policy.non_retryable_error_types
    ):
        return Next(state=RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE)
    if policy.maximum_attempts and attempt >= policy.maximum_attempts:
        return Next(state=RetryState.RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED)
    seconds = _backoff(policy, attempt)
    if failure.HasField("application_failure_info") and info.HasField("next_retry_delay"):
        seconds = info.next_retry_delay.ToTimedelta().total_seconds()
    if deadline is not None and now + seconds >= deadline:
        return Next(state=RetryState.RETRY_STATE_TIMEOUT)
    return Next(seconds)


def _backoff(policy: Any, attempt: int) -> float:  # noqa: ANN401 - a message
    first = policy.initial_interval.ToTimedelta().total_seconds() or _FIRST
    factor = policy.backoff_coefficient or _FACTOR
    most = policy.maximum_interval.ToTimedelta().total_seconds() or first * _MOST_TIMES
    # Past a hundred attempts the power is too large to be a number of seconds.
    return float(min(first * factor ** min(attempt - 1, 100), most))
