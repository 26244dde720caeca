"""The pytest plugin: one test a history, a cassette a test, and nothing loaded where neither is asked for."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from _pytest.terminal import TerminalReporter

    from replaykit.adapters.open_cassette import OpenCassette
    from replaykit.pytest_chaos import Chaos
    from replaykit.pytest_items import HistoryFile

# The names of user_properties on each item's report: they reach the summary from pytest-xdist's workers too.
VERDICT = "replay_verdict"
UNVERIFIED = "replay_unverified"
ACCEPTED = "replay_accepted"
CASSETTE = "replay_cassette"

CASSETTE_FIXTURE = "cassette"
CHAOS_FAULT = "chaos_fault"
OPEN_CASSETTE: pytest.StashKey[OpenCassette] = pytest.StashKey()
# The cassettes that tests of this session recorded into.
CASSETTE_SESSION: pytest.StashKey[dict[str, None]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options; all but the paths have a key in `[tool.replaykit]` too."""
    group = parser.getgroup("replaykit", "replay Temporal workflow histories")
    group.addoption(
        "--replay-histories",
        action="append",
        metavar="PATH",
        help="history file or directory to replay, one test a history; may be repeated",
    )
    group.addoption(
        "--replay-drift",
        choices=["fail", "warn", "ignore"],
        help="what a drifted history does to its test (default: warn)",
    )
    group.addoption(
        "--replay-workflows",
        action="append",
        metavar="MODULE[:CLASS]",
        help="module or class of workflows; may be repeated (default: [tool.replaykit] workflows)",
    )
    group.addoption(
        "--replay-factory",
        metavar="MODULE:FUNCTION",
        help="function that returns the keyword arguments of your Worker",
    )
    group.addoption(
        "--replay-data-converter",
        metavar="MODULE:OBJECT",
        help="your DataConverter, or a function that returns it (default: the factory's, or the SDK's)",
    )
    group.addoption(
        "--replay-codec",
        metavar="MODULE:OBJECT",
        help="your PayloadCodec, or what gives one (default: the data converter's)",
    )
    group.addoption(
        "--replay-codec-endpoint",
        metavar="URL",
        help="a codec server to decode payloads with; its Authorization header comes from TEMPORAL_CODEC_AUTH",
    )
    group.addoption(
        "--replay-python-path",
        action="append",
        metavar="DIR",
        help="directory to import workflows from; may be repeated (default: the project's directory)",
    )
    group.addoption("--replay-no-sandbox", action="store_true", help="run workflows outside the SDK's sandbox")
    group.addoption(
        "--replay-seeds",
        type=int,
        metavar="N",
        help="replay each history under N hash seeds (default: 1)",
    )
    group.addoption(
        "--replay-every-prefix",
        action="store_true",
        help="replay each history cut at every workflow task, too: a worker crash there must recover",
    )
    group.addoption(
        "--replay-deadline",
        type=float,
        metavar="SECONDS",
        help="time one history may take before its process is killed (default: 30)",
    )
    group.addoption(
        "--replay-processes",
        type=int,
        metavar="N",
        help="replay processes (default: one a core; under pytest-xdist one a worker)",
    )

    group.addoption(
        "--cassette-mode",
        choices=["none", "once", "new_episodes", "all"],
        help="what cassettes do about a question they hold no answer to (default: none, it fails the test)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and have pytest collect the histories beside the tests it was asked for."""
    config.addinivalue_line(
        "markers",
        "cassette(path=None, *, mode=None, volatile=(), fail_unused=False, redact=True, repeat_attempts=False, "
        'layers="activity", stream_timing=0.0, faults=None, allow_hosts=(), expires=""): '
        "answer activities or HTTP requests from a cassette of replaykit",
    )
    config.addinivalue_line(
        "markers", "chaos(faults=...): which faults a test with the fixture chaos_fault is repeated for"
    )
    paths = config.getoption("replay_histories")
    if not paths:
        return
    from replaykit.pytest_items import open_gate

    open_gate(config)
    named = [_absolute(config, arg.split("::")[0]) for arg in config.args]
    for path in paths:
        below = _absolute(config, path)
        if not any(arg == below or below in arg.parents for arg in named):
            config.args.append(path)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the replay processes, also after Ctrl-C and -x."""
    if config.getoption("replay_histories"):
        from replaykit.pytest_items import close_gate

        close_gate(config)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say what is replayed."""
    paths = config.getoption("replay_histories")
    return f"replaykit: replaying {', '.join(paths)}" if paths else None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Look into every directory of the corpus: a workflow type may be named `build` or `dist`."""
    inside = _is_below(collection_path, config) and not collection_path.name.startswith(".")
    return False if inside and collection_path.is_dir() else None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> HistoryFile | None:
    """Collect a history file below one of the paths."""
    if file_path.suffix != ".json" or file_path.name.startswith(".") or not _is_below(file_path, parent.config):
        return None
    from replaykit.pytest_items import HistoryFile

    return HistoryFile.from_parent(parent, path=file_path)


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Count what cassettes did, the verdicts, and what could not be verified."""
    _summarise_cassettes(terminalreporter)
    if not config.getoption("replay_histories"):
        return
    found: Counter[str] = Counter()
    unverified: Counter[str] = Counter()
    accepted: set[str] = set()
    for name, value in _properties(terminalreporter.stats.values()):
        if name == VERDICT:
            found[value] += 1
        elif name == UNVERIFIED:
            unverified[value] += 1
        elif name == ACCEPTED:
            accepted.add(value)
    if not found:
        return
    counts = ", ".join(f"{found[word]} {word}" for word in ("clean", "drifted", "diverged", "inconclusive"))
    replayed = sum(found.values())
    noun = "history" if replayed == 1 else "histories"
    terminalreporter.write_line(f"replaykit: {replayed} {noun} replayed: {counts}")
    from replaykit.pytest_items import stale_entries
    from replaykit.report.summary import stale_line

    for entry in stale_entries(config, accepted):
        terminalreporter.write_line(stale_line(entry))
    for note, count in unverified.most_common():
        terminalreporter.write_line(f"Not verified: {count} x {note}")


def _summarise_cassettes(terminalreporter: TerminalReporter) -> None:
    used = [value for name, value in _properties(terminalreporter.stats.values()) if name == CASSETTE]
    if used:
        from replaykit.report.cassettes import session_lines

        for line in session_lines(used):
            terminalreporter.write_line(line)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give a test that is only marked the fixture that its marker configures."""
    # Not earlier: pytest forgets names added to a function before it is parametrized.
    names = getattr(item, "fixturenames", None)
    if names is not None and CASSETTE_FIXTURE not in names and item.get_closest_marker("cassette"):
        names.append(CASSETTE_FIXTURE)


@pytest.fixture
def cassette(request: pytest.FixtureRequest) -> Iterator[OpenCassette]:
    """A cassette of replaykit for this test; give it to the worker: `Worker(…, interceptors=[cassette])`."""
    from replaykit.pytest_cassettes import opened_for

    with opened_for(request) as opened:
        yield opened


@pytest.fixture
def chaos(request: pytest.FixtureRequest) -> Chaos:
    """Sweep a scenario with every failure at every step: `chaos(SCENARIO).check()`."""
    from replaykit.pytest_chaos import chaos_of

    item: pytest.Item = request.node
    return chaos_of(item)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make each fault a test of its own where a test asks for `chaos_fault`."""
    if CHAOS_FAULT in metafunc.fixturenames:
        from replaykit.pytest_chaos import fault_names

        metafunc.parametrize(CHAOS_FAULT, fault_names(metafunc))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Have a miss or bypass reach the test as itself, and not as what Temporal made of it."""
    try:
        result = yield
    except (Exception, pytest.fail.Exception) as error:
        if OPEN_CASSETTE in item.stash:
            from replaykit.pytest_cassettes import after_failure

            after_failure(item, error)
        if CHAOS_FAULT in getattr(item, "fixturenames", ()):
            from replaykit.pytest_chaos import skip_what_cannot_happen

            skip_what_cannot_happen(error)
        raise
    if OPEN_CASSETTE in item.stash:
        from replaykit.pytest_cassettes import after_pass

        after_pass(item)
    return result


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 - pytest-xdist's WorkerController
    """Learn from a worker of pytest-xdist which cassettes it recorded into."""
    recorded = getattr(node, "workeroutput", {}).get(CASSETTE)
    if recorded:
        from replaykit.pytest_cassettes import note_recorded

        note_recorded(node.config, recorded)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Merge what was recorded into the cassettes, once, when every test of every worker has ended."""
    if CASSETTE_SESSION in session.config.stash:
        from replaykit.pytest_cassettes import finish

        finish(session.config)


def _properties(stats: Iterable[Sequence[Any]]) -> Iterator[tuple[str, str]]:
    for reports in stats:
        for report in reports:
            if getattr(report, "when", None) == "call":
                yield from getattr(report, "user_properties", ())


def _is_below(path: Path, config: pytest.Config) -> bool:
    for given in config.getoption("replay_histories") or ():
        below = _absolute(config, given)
        if path == below or below in path.parents:
            return True
    return False


def _absolute(config: pytest.Config, path: str) -> Path:
    return Path(os.path.normpath(config.invocation_params.dir / path))
