"""The model on loopback that every example's test talks to."""

from collections.abc import Iterator

import pytest

from examples.llm_server import LoopbackServer


@pytest.fixture
def model() -> Iterator[LoopbackServer]:
    """A model server of this test's own."""
    with LoopbackServer() as running:
        yield running
