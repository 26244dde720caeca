"""What pytest collects and runs of a corpus: one item a history, judged in the background."""

import os
import warnings
from collections.abc import Collection, Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest._code.code import ExceptionInfo, ReprFileLocation, TerminalRepr

from replaykit.adapters.corpus import find, shown
from replaykit.adapters.history_file import title_of
from replaykit.adapters.project import load_config
from replaykit.config import Config, DriftPolicy
from replaykit.errors import ReplaykitError
from replaykit.jobs.background import BackgroundReplay
from replaykit.jobs.given import check_workflows, no_histories
from replaykit.model.case import Case, Judgement
from replaykit.model.verdict import Clean, Drifted, name_of
from replaykit.pytest_plugin import ACCEPTED, UNVERIFIED, VERDICT
from replaykit.report.command import options_text
from replaykit.report.finding import finding, headline
from replaykit.report.finding_words import title
from replaykit.report.reading import Reading
from replaykit.rules.clusters import cause_of

# Larger files are named by their file name: collection reads every history for its type and workflow id.
LARGEST_READ = 8 * 2**20


class ReplayDriftWarning(pytest.PytestWarning):
    """A history drifted: the same steps with other inputs, options or results."""


class ReplayFailed(Exception):
    """A history diverged, or drifted with `--replay-drift=fail`, or could not be decided."""

    def __init__(self, judgement: Judgement) -> None:
        """Carry the judgement to the report."""
        super().__init__(judgement.case.shown)
        self.judgement = judgement


class FindingRepr(TerminalRepr):
    """A finding, with the one line that pytest's short summary and JUnit show."""

    def __init__(self, path: Path, judgement: Judgement, text: str) -> None:
        """Show `text` in the terminal."""
        self.reprcrash = ReprFileLocation(str(path), 1, headline(judgement))
        self._text = text

    def toterminal(self, tw: Any) -> None:  # noqa: ANN401 - pytest's TerminalWriter
        """Write the finding."""
        tw.line(self._text)

    def __str__(self) -> str:
        return self._text


_REPLAY: pytest.StashKey[BackgroundReplay] = pytest.StashKey()
_CONFIG: pytest.StashKey[Config] = pytest.StashKey()
_OPTIONS: pytest.StashKey[str] = pytest.StashKey()
# The first item of each cause: 300 red items of one change read as one change.
_CAUSES: pytest.StashKey[dict[Hashable, str]] = pytest.StashKey()


def open_gate(config: pytest.Config) -> None:
    """Read the settings and make sure that there is something to replay.

    Raises:
        pytest.UsageError: A setting is unusable, or the paths hold no history: a gate that checks nothing must not
            pass.
    """
    configured = _configured(config)
    config.stash[_CONFIG] = _settings(config, configured)
    config.stash[_OPTIONS] = options_text(configured, config.stash[_CONFIG])
    config.stash[_CAUSES] = {}
    paths: Sequence[str] = config.getoption("replay_histories")
    if not any(True for _ in find(paths, base=config.invocation_params.dir)):
        raise pytest.UsageError(str(no_histories(paths)))


def close_gate(config: pytest.Config) -> None:
    """End the replay processes."""
    replay = config.stash.get(_REPLAY, None)
    if replay is not None:
        replay.close()


def stale_entries(config: pytest.Config, used: Collection[str]) -> tuple[str, ...]:
    """Return the entries of accepted drift that covered nothing in this session."""
    return tuple(entry for entry in config.stash[_CONFIG].accept if entry not in used)


class HistoryFile(pytest.File):
    """A file that holds one history."""

    def collect(self) -> Iterable["HistoryItem"]:
        """Yield the one item, named by workflow type and workflow id."""
        name = _name_of(self.path)
        # pytest 9.2 compares ids in parts and reads `Order[order-1]` back in two: --lf would match none of ours.
        yield HistoryItem.from_parent(self, name=name, nodeid=f"{self.nodeid}::{name}")


class HistoryItem(pytest.Item):
    """The replay of one history."""

    @property
    def case(self) -> Case:
        """The case to be judged."""
        return Case(str(self.path), shown(self.path, self.config.invocation_params.dir))

    def runtest(self) -> None:
        """Judge the history.

        Raises:
            ReplayFailed: The verdict is not good enough.
        """
        judgement = _replay(self).judge(self.case)
        verdict = judgement.verdict
        self.user_properties.append((VERDICT, name_of(verdict)))
        for note in getattr(verdict, "unverified", ()):
            self.user_properties.append((UNVERIFIED, f"{note.what} ({note.why})"))
        for entry in getattr(verdict, "accepted", ()):
            self.user_properties.append((ACCEPTED, entry))
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
        if isinstance(excinfo.value, ReplayFailed):
            judgement = excinfo.value.judgement
            return FindingRepr(self.path, judgement, self._text(judgement))
        if isinstance(excinfo.value, (ReplaykitError, ReplayDriftWarning)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def _text(self, judgement: Judgement) -> str:
        """Write the finding whole for the first item of its cause, and in a line for the others."""
        first = self.config.stash[_CAUSES].setdefault(cause_of(judgement), self.nodeid)
        if first != self.nodeid:
            return f"{title(judgement)}: for the same reason as {first}\n  {headline(judgement)}"
        reading = Reading(
            base=str(self.config.invocation_params.dir),
            verbose=self.config.get_verbosity() > 1,
            options=self.config.stash[_OPTIONS],
        )
        return finding(judgement, reading)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the item in reports."""
        return self.path, 0, self.name


def _configured(config: pytest.Config) -> Config:
    try:
        return load_config(config.rootpath)
    except ReplaykitError as error:
        raise pytest.UsageError(str(error)) from None


def _settings(config: pytest.Config, configured: Config) -> Config:

    option = config.getoption
    here = config.invocation_params.dir
    processes = option("replay_processes")
    if processes is None and os.environ.get("PYTEST_XDIST_WORKER"):
        processes = 1
    try:
        settings = configured.with_options(
            drift=DriftPolicy(option("replay_drift")) if option("replay_drift") else None,
            workflows=tuple(option("replay_workflows") or ()),
            factory=option("replay_factory"),
            data_converter=option("replay_data_converter"),
            codec=option("replay_codec"),
            codec_endpoint=option("replay_codec_endpoint"),
            python_path=tuple(str(here / path) for path in option("replay_python_path") or ()),
            sandbox=False if option("replay_no_sandbox") else None,
            seeds=option("replay_seeds"),
            every_prefix=True if option("replay_every_prefix") else None,
            deadline=option("replay_deadline"),
            processes=processes,
        )
        check_workflows(settings)
    except ReplaykitError as error:
        raise pytest.UsageError(str(error)) from None
    return settings


def _replay(item: HistoryItem) -> BackgroundReplay:
    config = item.config
    replay = config.stash.get(_REPLAY, None)
    if replay is None:
        replay = config.stash[_REPLAY] = BackgroundReplay(config.stash[_CONFIG])
        # A worker of pytest-xdist is given its items one by one, so it cannot replay ahead.
        if not os.environ.get("PYTEST_XDIST_WORKER"):
            replay.plan(i.case for i in item.session.items if isinstance(i, HistoryItem))
    return replay


def _name_of(path: Path) -> str:
    workflow_type, workflow_id = title_of(path, largest=LARGEST_READ)
    printable = "".join(c if c.isprintable() else "?" for c in workflow_id).replace("::", "__")
    return f"{workflow_type or 'history'}[{printable}]"
