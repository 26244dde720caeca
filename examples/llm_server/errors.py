"""Refusals in the JSON form in which OpenAI sends them."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RefusalError(Exception):
    """A request that is answered with an error status."""

    status: int
    message: str
    kind: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


def outage(status: int) -> RefusalError:
    """What a service says that is busy, broken or wants nothing of it."""
    if status == 429:  # noqa: PLR2004 -- HTTP's own number
        return RefusalError(status, "Rate limit reached.", "requests", code="rate_limit_exceeded")
    if status < 500:  # noqa: PLR2004 -- as above
        return RefusalError(status, "The request was refused.")
    return RefusalError(status, "The server had an error while processing your request.", "server_error")
