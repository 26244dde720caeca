"""An OpenAI endpoint for as long as a `with` block lasts, found by the openai SDK through its environment."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from .server import LoopbackServer


@contextmanager
def loopback_endpoint() -> Iterator[LoopbackServer]:
    """Serve on loopback and point OPENAI_BASE_URL at it."""
    with LoopbackServer() as server:
        os.environ["OPENAI_BASE_URL"] = server.base_url
        os.environ.setdefault("OPENAI_API_KEY", "loopback")
        try:
            yield server
        finally:
            del os.environ["OPENAI_BASE_URL"]


@cache
def lasting_endpoint() -> str:
    """Serve on loopback until the process ends, for what has no block to stand in; returns the base URL."""
    server = LoopbackServer()
    threading.Thread(target=server.serve_forever, name="llm-server", daemon=True).start()
    return server.base_url
