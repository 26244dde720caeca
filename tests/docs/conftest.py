"""The tutorial is played once a session."""

from collections.abc import Iterator

import pytest

from tests.docs.played import Played, played


@pytest.fixture(scope="session")
def tutorial() -> Iterator[Played]:
    """The tutorial, played, with its terminal still running."""
    with played() as done:
        yield done
