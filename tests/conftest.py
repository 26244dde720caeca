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

# Files of few and long tests begin first: begun last, one of them would keep one core busy and leave the other idle.
LONG = (
    "chaos/test_examples.py", "docs/test_tutorial_chaos.py", "docs/test_tutorial.py", "bugbench/test_bugbench.py",
    "chaos/test_wire.py", "chaos/test_faults.py", "chaos/test_simulator.py", "chaos/test_command.py",
    "chaos/test_search.py", "docs/test_tutorial_cassettes.py", "docs/test_gate_page.py", "chaos/test_kills.py",
    "chaos/test_chaos_real_report.py", "test_bad_input.py", "town/test_town.py",
    "shadow/test_shadow_killed.py", "shadow/test_shadow.py",
    "test_export_encrypted.py", "test_export_update.py", "benchmarks/test_benchmarks_run.py", "test_demo.py",
    "patches/test_server.py", "patches/test_command.py",
    "test_corpus_stats.py", "test_pytest_stories.py", "test_corpus_minimize.py", "test_replay_stories.py",
    "test_codec_stories.py", "cassettes/test_pytest.py", "test_export.py", "test_export_choosing.py",
    "test_export_from_files.py", "test_stores.py", "test_export_redacted.py", "test_seeds_and_prefixes.py",
    "examples/test_workers.py",
    "test_export_killed.py", "planted/test_planted_changes.py", "examples/test_local_model.py",
)  # fmt: skip

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; pytest-xdist hands files out in this order (`--no-loadscope-reorder`)."""
    here = Path(__file__).parent
    ranks = {here / name: rank for rank, name in enumerate(LONG)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


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
