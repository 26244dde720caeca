"""A server that refuses the credentials gives one clear error, and the key stays out of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from tests.project import Project

SECRET = "tmprl-key-4711"  # noqa: S105 - what must not be printed


class Refusing(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpcio ships no types
    """Answers every call that is not allowed with one status."""

    def __init__(self, status: Any, allowed: frozenset[str]) -> None:  # noqa: ANN401 - grpcio ships no types
        self._status = status
        self._allowed = allowed

    def service(self, handler_call_details: Any) -> Any:  # noqa: ANN401 - grpcio ships no types
        def answer(_request: bytes, context: Any) -> bytes:  # noqa: ANN401 - grpcio ships no types
            if handler_call_details.method.rsplit("/", 1)[-1] not in self._allowed:
                context.abort(self._status, "Request unauthorized.")
            return b""

        return grpc.unary_unary_rpc_method_handler(answer)


@contextmanager
def refusing(status: str, *allowed: str) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((Refusing(getattr(grpc.StatusCode, status), frozenset(allowed)),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@pytest.mark.parametrize(
    ("status", "allowed"),
    [("UNAUTHENTICATED", []), ("PERMISSION_DENIED", []), ("PERMISSION_DENIED", ["GetSystemInfo"])],
)
def test_refused_credentials_are_one_clear_error_without_the_key(status: str, allowed: list[str]) -> None:
    with refusing(status, *allowed) as address:
        result = Project().run_cli(
            "export", "order-1", "--address", address, "--no-tls", env={"TEMPORAL_API_KEY": SECRET}
        )

    assert result.code == 2
    assert result.stderr.startswith(f"The Temporal server at {address} refuses access to namespace default.\n")
    assert result.stderr.count("Cause:") == 1
    assert "docs/errors.md#no-permission" in result.stderr
    assert SECRET not in result.stdout + result.stderr
