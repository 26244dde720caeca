"""The pytest plugin: one test a history, and nothing loaded where `--replay-histories` is absent."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from _pytest._code.code import ExceptionInfo, TerminalRepr
    from _pytest.terminal import TerminalReporter

    from replaykit.config import Config
    from replaykit.jobs.background import BackgroundReplay
    from replaykit.model.case import Case, Judgement

VERDICT = "replay_verdict"
UNVERIFIED = "replay_unverified"
# Larger files are named by their file name: collection reads every history for its type and workflow id.
LARGEST_READ = 8 * 2**20


class ReplayDriftWarning(pytest.PytestWarning):
    """A history drifted: the same steps with other inputs, options or results."""


class ReplayFailed(Exception):
    """A history diverged, or drifted with `--replay-drift=fail`, or could not be decided."""

    def __init__(self, judgement: Judgement) -> None:
        super().__init__(judgement.case.shown)
        self.judgement = judgement


_REPLAY: pytest.StashKey[BackgroundReplay] = pytest.StashKey()
_CONFIG: pytest.StashKey[Config] = pytest.StashKey()


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
        "--replay-python-path",
        action="append",
        metavar="DIR",
        help="directory to import workflows from; may be repeated (default: the project's directory)",
    )
    group.addoption("--replay-no-sandbox", action="store_true", help="run workflows outside the SDK's sandbox")
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


def pytest_configure(config: pytest.Config) -> None:
    """Have pytest collect the histories beside the tests it was asked for."""
    paths = config.getoption("replay_histories")
    if not paths:
        return
    config.stash[_CONFIG] = _settings(config)
    _require_histories(config, paths)
    named = [_absolute(config, arg.split("::")[0]) for arg in config.args]
    for path in paths:
        below = _absolute(config, path)
        if not any(arg == below or below in arg.parents for arg in named):
            config.args.append(path)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say what is replayed."""
    paths = config.getoption("replay_histories")
    return f"replaykit: replaying {', '.join(paths)}" if paths else None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> HistoryFile | None:
    """Collect a history file below one of the paths."""
    paths = parent.config.getoption("replay_histories")
    if not paths or file_path.suffix != ".json":
        return None
    for path in paths:
        below = _absolute(parent.config, path)
        if file_path == below or below in file_path.parents:
            return HistoryFile.from_parent(parent, path=file_path)
    return None


class HistoryFile(pytest.File):
    """A file that holds one history."""

    def collect(self) -> Iterable[HistoryItem]:
        """Yield the one item, named by workflow type and workflow id."""
        yield HistoryItem.from_parent(self, name=_name_of(self.path))


class HistoryItem(pytest.Item):
    """The replay of one history."""

    @property
    def case(self) -> Case:
        """The case to be judged."""
        from replaykit.adapters.corpus import shown
        from replaykit.model.case import Case

        return Case(str(self.path), shown(self.path, self.config.invocation_params.dir))

    def runtest(self) -> None:
        """Judge the history.

        Raises:
            ReplayFailed: The verdict is not good enough.
        """
        from replaykit.config import DriftPolicy
        from replaykit.model.verdict import Clean, Drifted, name_of

        judgement = _replay(self).judge(self.case)
        verdict = judgement.verdict
        self.user_properties.append((VERDICT, name_of(verdict)))
        for note in getattr(verdict, "unverified", ()):
            self.user_properties.append((UNVERIFIED, f"{note.what} ({note.why})"))
        policy = self.config.stash[_CONFIG].drift or DriftPolicy.WARN
        match verdict:
            case Clean():
                return
            case Drifted() if policy is DriftPolicy.IGNORE:
                return
            case Drifted() if policy is DriftPolicy.WARN:
                # Item.warn would quote the first line of the JSON file beneath the finding; line 0 has none.
                warnings.warn_explicit(
                    ReplayDriftWarning("\n" + self._text(judgement)),
                    category=None,
                    filename=str(self.path),
                    lineno=0,
                )
            case _:
                raise ReplayFailed(judgement)

    def repr_failure(
        self,
        excinfo: ExceptionInfo[BaseException],
        style: Any = None,  # noqa: ANN401 - pytest's signature
    ) -> str | TerminalRepr:
        """Show the finding instead of a traceback."""
        from replaykit.errors import ReplaykitError

        if isinstance(excinfo.value, ReplayFailed):
            return _finding_repr(self, excinfo.value.judgement, self._text(excinfo.value.judgement))
        if isinstance(excinfo.value, ReplaykitError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def _text(self, judgement: Judgement) -> str:
        from replaykit.report.finding import Reading, finding

        reading = Reading(
            base=str(self.config.invocation_params.dir),
            verbose=self.config.get_verbosity() > 1,
            options=_options_shown(self.config),
        )
        return finding(judgement, reading)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the item in reports."""
        return self.path, 0, self.name


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the replay processes, also after Ctrl-C and -x."""
    replay = config.stash.get(_REPLAY, None)
    if replay is not None:
        replay.close()


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Count the verdicts and what could not be verified."""
    if not config.getoption("replay_histories"):
        return
    found: Counter[str] = Counter()
    unverified: Counter[str] = Counter()
    for name, value in _properties(terminalreporter.stats.values()):
        if name == VERDICT:
            found[value] += 1
        elif name == UNVERIFIED:
            unverified[value] += 1
    if not found:
        return
    counts = ", ".join(f"{found[word]} {word}" for word in ("clean", "drifted", "diverged", "inconclusive"))
    replayed = sum(found.values())
    noun = "history" if replayed == 1 else "histories"
    terminalreporter.write_line(f"replaykit: {replayed} {noun} replayed: {counts}")
    for note, count in unverified.most_common():
        terminalreporter.write_line(f"Not verified: {count} x {note}")


def _properties(stats: Iterable[Sequence[Any]]) -> Iterator[tuple[str, str]]:
    for reports in stats:
        for report in reports:
            if getattr(report, "when", None) == "call":
                yield from getattr(report, "user_properties", ())


def _settings(config: pytest.Config) -> Config:
    from replaykit.adapters.project import load_config
    from replaykit.config import DriftPolicy
    from replaykit.errors import ReplaykitError
    from replaykit.jobs.replay import check_workflows

    option = config.getoption
    here = config.invocation_params.dir
    processes = option("replay_processes")
    if processes is None and os.environ.get("PYTEST_XDIST_WORKER"):
        processes = 1
    try:
        settings = load_config(config.rootpath).with_options(
            drift=DriftPolicy(option("replay_drift")) if option("replay_drift") else None,
            workflows=tuple(option("replay_workflows") or ()),
            factory=option("replay_factory"),
            python_path=tuple(str(here / path) for path in option("replay_python_path") or ()),
            sandbox=False if option("replay_no_sandbox") else None,
            deadline=option("replay_deadline"),
            processes=processes,
        )
        check_workflows(settings)
    except ReplaykitError as error:
        raise pytest.UsageError(str(error)) from None
    return settings


def _options_shown(config: pytest.Config) -> str:
    from replaykit.report.finding import quoted

    words = []
    for name in config.getoption("replay_workflows") or ():
        words += ["-w", quoted(name)]
    if config.getoption("replay_factory"):
        words += ["--factory", quoted(config.getoption("replay_factory"))]
    for name in config.getoption("replay_python_path") or ():
        words += ["--python-path", quoted(name)]
    if config.getoption("replay_no_sandbox"):
        words.append("--no-sandbox")
    return " ".join(words)


def _require_histories(config: pytest.Config, paths: Sequence[str]) -> None:
    """Refuse paths without histories: a gate that checks nothing must not pass."""
    from replaykit.adapters.corpus import find
    from replaykit.jobs.replay import no_histories

    if not any(True for _ in find(paths, base=config.invocation_params.dir)):
        raise pytest.UsageError(str(no_histories(paths)))


def _replay(item: HistoryItem) -> BackgroundReplay:
    from replaykit.jobs.background import BackgroundReplay

    config = item.config
    replay = config.stash.get(_REPLAY, None)
    if replay is None:
        replay = config.stash[_REPLAY] = BackgroundReplay(config.stash[_CONFIG])
        if not os.environ.get("PYTEST_XDIST_WORKER"):
            replay.plan(i.case for i in item.session.items if isinstance(i, HistoryItem))
    return replay


def _absolute(config: pytest.Config, path: str) -> Path:
    return Path(os.path.normpath(config.invocation_params.dir / path))


def _name_of(path: Path) -> str:
    from replaykit.adapters.history_file import title_of

    workflow_type, workflow_id = title_of(path, largest=LARGEST_READ)
    shown = "".join(c if c.isprintable() else "?" for c in workflow_id).replace("::", "__")
    return f"{workflow_type or 'history'}[{shown}]"


def _finding_repr(item: HistoryItem, judgement: Judgement, text: str) -> TerminalRepr:
    from _pytest._code.code import ReprFileLocation, TerminalRepr

    from replaykit.report.finding import headline

    class FindingRepr(TerminalRepr):
        """A finding, with the one line that pytest's short summary and JUnit show."""

        reprcrash = ReprFileLocation(str(item.path), 1, headline(judgement))

        def toterminal(self, tw: Any) -> None:  # noqa: ANN401 - pytest's TerminalWriter
            tw.line(text)

        def __str__(self) -> str:
            return text

    return FindingRepr()
