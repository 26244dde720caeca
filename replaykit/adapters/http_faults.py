"""What an HTTP client raised is recorded by the name of its class, and raised again as that class."""

import contextlib
import http.client
import importlib
import sys
from collections.abc import Mapping
from types import SimpleNamespace

from replaykit.errors import CassetteCorrupt
from replaykit.model.cassette import Fault

# A cassette names no other modules: whoever writes one must not choose what code runs.
MODULES = ("aiohttp", "builtins", "http.client", "httpx", "httpx2", "socket", "ssl", "urllib3.exceptions")
# The fork keeps the names of the original: what one client ran into, the other can.
HTTPX = ("httpx2", "httpx")
# Where the final error of an SDK's own attempts begins; it propagates as it is, so nothing is slept.
_SDK_ERRORS = "openai"


def fault_of(error: BaseException) -> Fault | None:
    """Name what was raised; nothing where no HTTP client raises it."""
    for kind in type(error).__mro__:
        for module in (_public_module(kind), *MODULES):
            if module in MODULES and getattr(sys.modules.get(module), kind.__name__, None) is kind:
                if module == "builtins" and not issubclass(kind, (OSError, EOFError)):
                    return None
                return Fault(f"{module}.{kind.__name__}", str(error))
    return None


def _public_module(kind: type[BaseException]) -> str:
    return kind.__module__.partition("._")[0]


def error_of(fault: Fault, *, like: str = "") -> Exception:
    """Make what is to be raised.

    Args:
        fault: What was raised.
        like: `httpx` or `httpx2`, where such a client asks.

    Raises:
        CassetteCorrupt: The cassette names something else than an error of an HTTP client.
    """
    module, _, name = fault.raised.rpartition(".")
    kind = None
    if module in MODULES:
        with contextlib.suppress(ImportError):
            kind = getattr(importlib.import_module(like if module in HTTPX and like else module), name, None)
    if not isinstance(kind, type) or not issubclass(kind, Exception):
        raise CassetteCorrupt(
            f"The cassette says that {fault.raised!r:.80} was raised, which no HTTP client here raises.",
            cause=f"it is no exception of {', '.join(MODULES)}",
            fix="correct the name in the file, install the client that raises it, or record again",
        )
    return _made(kind, fault.message)


def _made(kind: type[Exception], message: str) -> Exception:
    if issubclass(kind, OSError) and hasattr(kind, "host"):
        # aiohttp's errors of connecting take the connection's key and the system's error.
        key = SimpleNamespace(host=message, port=0, ssl=True, is_ssl=False)
        with contextlib.suppress(TypeError):
            return kind(key, OSError(0, message))
    for given in ((message,), (None, message), (b"",), ()):
        with contextlib.suppress(TypeError, AttributeError):
            return kind(*given)
    return http.client.HTTPException(message)


def final_error(fault: Fault, request: object, headers: Mapping[str, str]) -> Exception | None:
    """Make the error that openai's SDK raises after its last attempt, if it is that which asks.

    It passes errors of its own through as they are, where it would answer any other with a pause and another attempt.
    """
    sdk = sys.modules.get(_SDK_ERRORS)
    if sdk is None or "OpenAI/Python" not in headers.get("user-agent", ""):
        return None
    cause = error_of(fault, like=type(request).__module__.partition(".")[0])
    timed_out = fault.raised.rpartition(".")[2].endswith("Timeout")
    final: Exception = (sdk.APITimeoutError if timed_out else sdk.APIConnectionError)(request=request)
    final.__cause__ = cause
    return final
