"""Faults of the connection: what a client runs into instead of an answer, or in the middle of a stream."""

from dataclasses import replace

from replaykit.model.cassette import Answer, Fault, Part, Response
from replaykit.rules.llm_faults.fault import CHAT, Exchange, LlmFault, event, impossible
from replaykit.rules.llm_faults.statuses import error_body

_CUT = Fault(
    "httpx2.RemoteProtocolError",
    "peer closed connection without sending complete message body (incomplete chunked read)",
)
_STALLED = Fault("httpx2.ReadTimeout", "The read operation timed out")
_MOMENT = 0.000001


def timed_out() -> LlmFault:
    """Make the client's own timeout before anything of the answer arrived."""
    return LlmFault("timed_out", {}, lambda _: _STALLED)


def connection_refused() -> LlmFault:
    """Make a server that nobody reaches."""
    return LlmFault("connection_refused", {}, lambda _: Fault("httpx2.ConnectError", "[Errno 111] Connection refused"))


def connection_reset() -> LlmFault:
    """Make a connection that is reset before the answer."""
    return LlmFault("connection_reset", {}, lambda _: Fault("httpx2.ReadError", "[Errno 104] Connection reset by peer"))


def cut_off(after: int = 1) -> LlmFault:
    """Make a stream whose connection breaks.

    Args:
        after: How many events of the recorded stream arrive.
    """
    return LlmFault("cut_off", {"after": after}, lambda exchange: _until(exchange, "cut_off", after, _CUT))


def stalled(after: int = 1) -> LlmFault:
    """Make a stream that says nothing more, until the client's read timeout; the wait itself is not played.

    Args:
        after: How many events of the recorded stream arrive.
    """
    return LlmFault("stalled", {"after": after}, lambda exchange: _until(exchange, "stalled", after, _STALLED))


def error_event(after: int = 1) -> LlmFault:
    """Make a stream that ends in an event `error`, inside an answer of status 200.

    Args:
        after: How many events of the recorded stream arrive before it.
    """

    def apply(exchange: Exchange) -> Answer:
        response, parts = _begun(exchange, "error_event", after)
        at = (parts[-1].at if parts else 0.0) + _MOMENT
        error = error_body("The server had an error while processing your request.", kind="server_error")
        if exchange.endpoint == CHAT:
            last = event({"error": error}, at=at)
        else:
            last = event({"type": "error", "sequence_number": len(parts), "error": error}, name="error", at=at)
        return replace(response, stream=(*parts, last), fault=None, left=False)

    return LlmFault("error_event", {"after": after}, apply)


def _until(exchange: Exchange, name: str, after: int, fault: Fault) -> Answer:
    response, parts = _begun(exchange, name, after)
    return replace(response, stream=parts, fault=fault, left=False)


def _begun(exchange: Exchange, name: str, after: int) -> tuple[Response, tuple[Part, ...]]:
    response = exchange.response
    if response is None or response.stream is None:
        raise impossible(exchange, name, "it happens to streams, and the recorded answer is none")
    if not 0 <= after <= len(response.stream):
        raise impossible(
            exchange, name, f"the recorded stream has {len(response.stream)} events, and it is to end after {after}"
        )
    return response, response.stream[:after]
