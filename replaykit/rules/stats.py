"""The entries of a corpus are counted."""

from collections import Counter
from collections.abc import Iterable, Sequence

from replaykit.errors import HistoryError, PathMissing, Problem
from replaykit.model.corpus import Basis, Entry, Run, Stats, TypeStats, size_of
from replaykit.model.coverage import FileCoverage
from replaykit.model.history import RunStatus
from replaykit.model.verdict import NOT_REGISTERED

# Problems of the file; all others are met while its history is replayed.
UNREAD = frozenset({PathMissing.slug, HistoryError.slug, *(error.slug for error in HistoryError.__subclasses__())})
NONE = "none"


def stats(
    entries: Sequence[Entry],
    basis: Basis,
    coverage: Sequence[FileCoverage],
    *,
    expired_before: float | None,
    problems: tuple[Problem, ...] = (),
) -> Stats:
    """Count a corpus.

    Args:
        entries: Its files.
        basis: What it was surveyed by.
        coverage: What the survey found of the workflow code.
        expired_before: Runs that ended before this, in seconds since the epoch, are gone from their namespace.
        problems: Why modules of workflows did not load: a type that is missing may be one of theirs.
    """
    runs: dict[str, list[tuple[Entry, Run]]] = {}
    for entry in sorted(entries, key=lambda e: e.path):
        if entry.run is not None:
            runs.setdefault(entry.run.workflow_type, []).append((entry, entry.run))
    troubled = [(entry, entry.problem.slug) for entry in sorted(entries, key=lambda e: e.path) if entry.problem]
    gone = [entry for entry, slug in troubled if slug == NOT_REGISTERED and not problems]
    return Stats(
        basis=basis,
        histories=len(entries),
        size=size_of(entries),
        types=tuple(_of_type(name, found) for name, found in sorted(runs.items())),
        verdicts=_counted(entry.verdict for entry in entries if entry.verdict),
        coverage=tuple(coverage),
        unread=tuple(entry for entry, slug in troubled if slug in UNREAD),
        unreplayed=tuple(entry for entry, slug in troubled if slug not in UNREAD and entry not in gone),
        gone=tuple(gone),
        expired=tuple(
            entry
            for found in runs.values()
            for entry, run in found
            if expired_before is not None and run.ended is not None and run.ended < expired_before
        ),
        problems=problems,
    )


def _of_type(name: str, found: list[tuple[Entry, Run]]) -> TypeStats:
    runs = [run for _, run in found]
    still_open = [(run.started, entry.path, entry) for entry, run in found if run.status is RunStatus.OPEN]
    return TypeStats(
        name=name,
        histories=len(found),
        events=sum(run.events for run in runs),
        size=size_of([entry for entry, _ in found]),
        statuses=_counted(run.status.value for run in runs),
        shapes=_counted(run.steps for run in runs),
        patches=_counted(run.patches or NONE for run in runs),
        sdks=_counted(sdk for run in runs for sdk in run.sdks),
        builds=_counted(build for run in runs for build in run.builds),
        started_first=min(run.started for run in runs),
        started_last=max(run.started for run in runs),
        ended_last=max((run.ended for run in runs if run.ended is not None), default=None),
        open_since=min(still_open)[2] if still_open else None,
    )


def _counted(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))
