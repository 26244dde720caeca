"""Verdicts of a gate that share one cause, gathered once for every form of its report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from replaykit.model.gate import GateVerdict
from replaykit.rules.clusters import Cluster, clusters


@dataclass(frozen=True, slots=True)
class Group:
    """Verdicts of one standing and one cause; the first is the example, `cluster` is there where histories show it."""

    verdicts: tuple[GateVerdict, ...]
    cluster: Cluster | None = None

    @property
    def example(self) -> GateVerdict:
        """The verdict that is shown for all of them."""
        return self.verdicts[0]


def groups(verdicts: Sequence[GateVerdict]) -> Iterator[Group]:
    """Yield each verdict of one standing in one group: what histories show, what is only told, what is foreseen."""
    by_case = {verdict.case.path: verdict for verdict in verdicts}
    plain = [one for one in verdicts if not one.foreseen and not one.drifts]
    shown: set[str] = set()
    for cluster in clusters(one.judgement for one in plain if one.judgement is not None):
        paths = [judgement.case.path for judgement in (cluster.example, *cluster.others)]
        shown.update(paths)
        yield Group(tuple(by_case[path] for path in paths), cluster)
    yield from (Group((verdict,)) for verdict in plain if verdict.case.path not in shown)
    yield from _alike([one for one in verdicts if one.foreseen or one.drifts])


def _alike(verdicts: Sequence[GateVerdict]) -> Iterator[Group]:
    found: dict[object, list[GateVerdict]] = {}
    for verdict in verdicts:
        found.setdefault(_cause(verdict), []).append(verdict)
    yield from (Group(tuple(alike)) for alike in found.values())


def _cause(verdict: GateVerdict) -> object:
    parting = verdict.parting
    steps = (*parting.recorded[:1], *parting.observed[:1]) if parting else ()
    drifted = tuple(
        (drift.observed.key.name, tuple(change.path for change in drift.changes)) for drift in verdict.drifts
    )
    return verdict.workflow_type, tuple((step.key.kind, step.key.name, step.site) for step in steps), drifted
