"""The tutorial is played once a session."""

from collections.abc import Iterator

import pytest

from tests.docs.played import Played, play_examples, played
from tests.docs.terminal import Shown


@pytest.fixture(scope="session")
def tutorial() -> Iterator[Played]:
    """The tutorial, played, with its terminal still running."""
    with played() as done:
        yield done


@pytest.fixture(scope="session")
def errors_shown(tutorial: Played) -> list[Shown]:
    """The examples of docs/errors.md with what they really print."""
    return play_examples(tutorial.terminal)
