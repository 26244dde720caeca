"""What a gate cannot vouch for is gathered: changed lines, types and branches that no history reaches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from replaykit.adapters.code_coverage import changed_code
from replaykit.model.case import Case
from replaykit.model.gate import Aged, Blind, Demand, GateVerdict, PatchBranch, counted
from replaykit.model.passed import Traits
from replaykit.model.reached import Arc, Imported
from replaykit.report.sizes import date
from replaykit.rules.branches import branches_missed


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a gate.

    Attributes:
        base: The revision to compare with.
        cache: Whether verdicts of earlier runs may stand for replays.
        min_coverage: The share of changed workflow lines, in percent, that some history has to reach.
        fresh_since: The newest history of each type has to be younger than this, in seconds since the epoch.
        connection: The server whose open runs are asked about patches: as in `jobs.patches.Question`; None for none.
        limit: How many histories of open runs may be read there.
    """

    base: str
    cache: bool = True
    min_coverage: float | None = None
    fresh_since: float | None = None
    connection: Mapping[str, str] | None = None
    limit: int = 100


@dataclass(slots=True)
class Seen:
    """What the histories of a corpus told of themselves, gathered one by one."""

    traits: list[Traits] = field(default_factory=list)

    def reached(self, imported: Imported | None) -> dict[str, set[Arc]]:
        """Return the arcs of each file of workflow code that histories ran, with those that importing it runs."""
        found: dict[str, set[Arc]] = {file: set() for file in (imported.modules if imported else ())}
        for one in self.traits:
            for file, arcs in one.reached.files if one.reached else ():
                found.setdefault(file, set()).update(arcs)
        for file, arcs in imported.reached.files if imported else ():
            if file in found:
                found[file].update(arcs)
        return found

    @property
    def newest(self) -> dict[str, float]:
        """The time of the newest history of each type."""
        found: dict[str, float] = {}
        for one in self.traits:
            found[one.workflow_type] = max(one.newest, found.get(one.workflow_type, one.newest))
        return found

    @property
    def markers(self) -> frozenset[str]:
        """The patches whose marker some history holds."""
        return frozenset(name for one in self.traits for name in one.patches)


def blind_spots(  # noqa: PLR0913 - each tells another thing
    seen: Seen,
    verdicts: Sequence[GateVerdict],
    *,
    names: Iterable[str],
    imported: Imported | None,
    changed: Mapping[str, frozenset[int]],
    removed: tuple[str, ...],
    root: Path,
    fresh_since: float | None,
) -> Blind:
    """Say what the gate cannot vouch for.

    Args:
        seen: What the histories told.
        verdicts: Those on the histories.
        names: The workflow types of the head.
        imported: What importing the head's workflows ran; None where nothing could be measured.
        changed: The changed lines of files, as seen from `root`.
        removed: Histories that base holds and head does not.
        root: The project's directory.
        fresh_since: As in `Wish`.
    """
    reached = seen.reached(imported)
    newest = seen.newest
    return Blind(
        measured=imported is not None,
        changed=changed_code(reached, changed, root),
        types=tuple(sorted(set(names) - newest.keys())),
        branches=tuple(_branches(reached, seen.markers, root)),
        aged=tuple(
            Aged(name, time) for name, time in sorted(newest.items()) if fresh_since is not None and time < fresh_since
        ),
        removed=removed,
        unverified=counted(verdicts),
    )


def _branches(reached: Mapping[str, set[Arc]], markers: frozenset[str], root: Path) -> Iterable[PatchBranch]:
    for file, arcs in sorted(reached.items()):
        try:
            text = (root / file).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        yield from branches_missed(file, text, arcs, markers)


def demands(wish: Wish, blind: Blind) -> tuple[Demand, ...]:
    """Say whether what was asked of the corpus holds."""
    found = []
    if wish.min_coverage is not None:
        lines, reached = blind.changed_lines, blind.reached_lines
        share = 100.0 if not lines else 100 * reached / lines
        said = f"{reached} of {lines} changed lines of workflow code are reached" if blind.measured else "not measured"
        found.append(
            Demand(f"--min-coverage {wish.min_coverage:g}", blind.measured and share >= wish.min_coverage, said)
        )
    if wish.fresh_since is not None:
        said = ", ".join(f"{one.workflow_type} {date(one.newest)}" for one in blind.aged)
        newest = f"the newest history of {said}" if blind.aged else "every type has a younger history"
        found.append(Demand(f"--require-fresh {date(wish.fresh_since)}", not blind.aged, newest))
    return tuple(found)


def removed_histories(before: Iterable[str], found: Iterable[Case], *, base: Path) -> tuple[str, ...]:
    """List the histories that the base holds and the working tree does not, as seen from `base`.

    Args:
        before: Where those of the base would lie in the working tree.
        found: The histories of the working tree.
        base: What relative paths count from.
    """
    there = {case.path for case in found}
    return tuple(sorted(_shown(Path(path), base) for path in before if path not in there))


def _shown(path: Path, base: Path) -> str:
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path)
