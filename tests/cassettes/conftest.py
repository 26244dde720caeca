"""The servers on loopback that cassettes are recorded from; each file of tests has its own."""

from collections.abc import Iterator

import pytest

from examples.llm_server import LoopbackServer
from tests.cassettes.web import Web, web


@pytest.fixture(scope="module")
def llm_server() -> Iterator[LoopbackServer]:
    """A model's server, with its faults."""
    with LoopbackServer() as server:
        yield server


@pytest.fixture(scope="module")
def llm(llm_server: LoopbackServer) -> str:
    """The base URL of a model's server."""
    return llm_server.base_url


@pytest.fixture(scope="module")
def site() -> Iterator[Web]:
    """A server of pages, streams and faults."""
    with web() as server:
        yield server
