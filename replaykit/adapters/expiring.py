"""Who uses a cassette whose recordings are too old is warned, or kept from it."""

import warnings
from datetime import UTC, datetime

from replaykit.config import ExpiryPolicy
from replaykit.model.cassette import Cassette
from replaykit.rules.expiry import expired, problem_of


class CassetteExpiryWarning(UserWarning):
    """Recordings are older than their cassette allows."""


def check_age(cassette: Cassette, limit: str, *, policy: ExpiryPolicy, shown: str) -> None:
    """Compare the ages of recordings with a limit; without one they are good for ever.

    Raises:
        CassetteExpired: Some are older, and the policy is `error`.
    """
    old = expired(cassette, limit, now=datetime.now(UTC)) if limit else ()
    if not old:
        return
    problem = problem_of(old, limit, shown=shown)
    if policy is ExpiryPolicy.ERROR:
        raise problem
    warnings.warn(str(problem), CassetteExpiryWarning, stacklevel=2)
