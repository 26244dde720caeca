"""Fixtures that record once a session what several tests share."""

import compileall
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

import replaykit
from tests.recording import Server, dev_server, record_all

# A Python process that ends within milliseconds after a call of temporalio's client can die of SIGSEGV while the
# client's native threads still run (temporalio 1.35: 12 of 30 runs). The session waits for them.
GRACE = 0.5

SNAPSHOTS = Path(__file__).parent / "snapshots"

# Enough to find what these tests look for; a shared machine makes Hypothesis' own deadline a matter of luck.
settings.register_profile("suite", max_examples=60, deadline=None)
settings.load_profile("suite")

# A job in the background is started with Ctrl-C ignored, and so would be all that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Compile the package once: the processes of the tests write no bytecode, and each would compile it anew."""
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(Path(replaykit.__file__).parent, quiet=2)


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Compare a whole terminal's text with the file of this test; UPDATE_SNAPSHOTS=1 writes the file instead."""
    file = SNAPSHOTS / f"{request.node.name}.txt"

    def compare(text: str) -> None:
        if os.environ.get("UPDATE_SNAPSHOTS"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, "utf-8")
        assert text == file.read_text("utf-8")

    return compare


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A Temporal dev server, one for each session (and for each process of pytest-xdist)."""
    with dev_server() as running:
        yield running
    time.sleep(GRACE)


@pytest.fixture(scope="session")
def recorded(server: Server) -> Mapping[str, str]:
    """Histories in the SDK's JSON form, by name (see `record_all`)."""
    return server.run(record_all)
