"""Faults that are an answer of their own: a status, and an error in the form of OpenAI's API.

The forms are those of the API's reference (https://platform.openai.com/docs/guides/error-codes) and of what gateways in
front of it send.
"""

from collections.abc import Mapping

from replaykit.model.cassette import Answer, Content, Response
from replaykit.model.value import JsonData
from replaykit.rules.llm_faults.fault import Exchange, LlmFault, json_response

_PAGE = b"<html><head><title>500 Internal Server Error</title></head><body><center>nginx</center></body></html>\n"


def rate_limited(retry_after: float | None = None) -> LlmFault:
    """Make 429 `rate_limit_exceeded`.

    Args:
        retry_after: Seconds that the server asks to wait; openai's SDK honours up to 120.
    """
    headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}

    def apply(exchange: Exchange) -> Answer:
        message = f"Rate limit reached for {exchange.model}. Please try again later."
        return _error(429, message, kind="tokens", code="rate_limit_exceeded", headers=headers)

    return LlmFault("rate_limited", {"retry_after": retry_after}, apply)


def insufficient_quota() -> LlmFault:
    """Make 429 `insufficient_quota`, which no retry helps."""
    message = "You exceeded your current quota, please check your plan and billing details."
    return _plain("insufficient_quota", 429, message, kind="insufficient_quota", code="insufficient_quota")


def server_error() -> LlmFault:
    """Make 500 with a page of HTML, as a gateway sends it."""
    page = Response(500, (("content-type", "text/html"),), Content("text/html", raw=_PAGE))
    return LlmFault("server_error", {}, lambda _: page)


def unavailable() -> LlmFault:
    """Make 503."""
    message = "The engine is currently overloaded, please try again later."
    return _plain("unavailable", 503, message, kind="service_unavailable_error")


def overloaded() -> LlmFault:
    """Make 529, which some providers answer when they are overloaded."""
    return _plain("overloaded", 529, "Overloaded", kind="overloaded_error")


def unauthorized() -> LlmFault:
    """Make 401: the key was revoked."""
    message = "Incorrect API key provided."
    return _plain("unauthorized", 401, message, kind="invalid_request_error", code="invalid_api_key")


def context_too_long() -> LlmFault:
    """Make 400 `context_length_exceeded`."""
    message = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens."
    return _plain("context_too_long", 400, message, kind="invalid_request_error", code="context_length_exceeded")


def model_retired() -> LlmFault:
    """Make 404 `model_not_found`."""

    def apply(exchange: Exchange) -> Answer:
        message = f"The model `{exchange.model}` does not exist or you do not have access to it."
        return _error(404, message, kind="invalid_request_error", code="model_not_found")

    return LlmFault("model_retired", {}, apply)


def _plain(name: str, status: int, message: str, *, kind: str, code: str | None = None) -> LlmFault:
    answer = _error(status, message, kind=kind, code=code)
    return LlmFault(name, {}, lambda _: answer)


def _error(
    status: int, message: str, *, kind: str, code: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    return json_response(status, {"error": error_body(message, kind=kind, code=code)}, headers)


def error_body(message: str, *, kind: str, code: str | None = None) -> dict[str, JsonData]:
    """Write an error as the API does."""
    return {"message": message, "type": kind, "param": None, "code": code}
