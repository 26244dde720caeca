"""A few runs of every kind are chosen out of many: strata, and fair shares of a limit over them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from replaykit.model.history import RunStatus
from replaykit.model.run import Run

# How many runs of a stratum are looked at more closely: their last events cost a request each.
PROBED = 20


@dataclass(frozen=True, slots=True)
class Stratum:
    """A kind of runs. `last` is the shape of their last events, None where nobody looked."""

    workflow_type: str
    status: RunStatus
    patches: tuple[str, ...] = ()
    build_id: str = ""
    last: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """The runs of one stratum: how many there are, and the first of them in order of preference.

    `exact`: `found` was counted; otherwise it is reckoned from those that were looked at. `rest`: the runs of a larger
    stratum whose last events nobody looked at.
    """

    stratum: Stratum
    runs: tuple[Run, ...]
    found: int
    exact: bool = True
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """How many runs of a layer are taken, the first of its list."""

    layer: Layer
    taken: int


def stratum_of(run: Run) -> Stratum:
    """Name the kind of a run, by what visibility says of it."""
    return Stratum(run.identity.workflow_type, run.status, run.patches, run.build_id)


class Gathering:
    """Runs are gathered by stratum as they are listed; what is held does not grow with the number of runs.

    Held are at most about `limit` runs, and `PROBED` of each stratum: more than any choice can take.
    """

    def __init__(self, *, limit: int | None) -> None:
        """Gather for a choice of `limit` runs; None for all that are held."""
        self._limit = limit or 0
        self._most = max(PROBED, self._limit)
        self._found: Counter[Stratum] = Counter()
        self._eligible: Counter[Stratum] = Counter()
        self._held: defaultdict[Stratum, list[Run]] = defaultdict(list)
        self._size = 0

    def add(self, run: Run, *, eligible: bool = True) -> None:
        """Count a run; hold it where it may be chosen."""
        stratum = stratum_of(run)
        self._found[stratum] += 1
        if not eligible:
            return
        self._eligible[stratum] += 1
        held = self._held[stratum]
        held.append(run)
        self._size += 1
        if len(held) > 2 * self._most:
            self._trim(stratum)
        if self._size > 2 * (self._limit + PROBED * len(self._held)):
            self._most = max(PROBED, water_level(self._eligible.values(), self._limit))
            for each in self._held:
                self._trim(each)

    @property
    def size(self) -> int:
        """How many runs are held."""
        return self._size

    def layers(self) -> tuple[Layer, ...]:
        """Return the strata with their candidates, the preferred first.

        A run that closed while the list was read was listed twice: it counts where it was listed as closed.
        """
        closed = {run.identity.run_id for held in self._held.values() for run in held if run.closed is not None}
        layers = []
        for stratum, found in self._found.items():
            self._trim(stratum)
            runs = self._held.get(stratum, [])
            once = {
                run.identity.run_id: run for run in runs if run.closed is not None or run.identity.run_id not in closed
            }
            twice = len(runs) - len(once)
            if found > twice:
                layers.append(Layer(stratum, tuple(once.values()), found - twice))
        return in_order(layers)

    def _trim(self, stratum: Stratum) -> None:
        held = self._held.get(stratum)
        if held:
            held.sort(key=preference)
            self._size -= len(held[self._most :])
            del held[self._most :]


def preference(run: Run) -> tuple[float, str]:
    """Sort a stratum's runs: the oldest open ones first, which a deploy breaks; of the closed the newest."""
    return (run.started if run.closed is None else -run.closed, run.identity.run_id)


def water_level(sizes: Iterable[int], limit: int) -> int:
    """Return how many runs the largest strata get when `limit` is shared in turns."""
    left, level = limit, 0
    ordered = sorted(sizes)
    for index, size in enumerate(ordered):
        those = len(ordered) - index
        if (size - level) * those >= left:
            return level - (-left // those)
        left -= (size - level) * those
        level = size
    return limit


def refined(layer: Layer, last: Mapping[str, tuple[str, ...]]) -> tuple[Layer, ...]:
    """Split a layer by the last events of its first `PROBED` runs: run id → shape; a run without one is gone."""
    looked_at = [run for run in layer.runs[:PROBED] if run.identity.run_id in last]
    if not looked_at:
        return (replace(layer, runs=layer.runs[PROBED:]),)
    by_shape: defaultdict[tuple[str, ...], list[Run]] = defaultdict(list)
    for run in looked_at:
        by_shape[last[run.identity.run_id]].append(run)
    layers, seen = [], 0
    for shape, runs in by_shape.items():
        # Shares of a running total, so that they add up to what was found.
        before, seen = seen, seen + len(runs)
        found = layer.found * seen // len(looked_at) - layer.found * before // len(looked_at)
        stratum = replace(layer.stratum, last=shape)
        layers.append(Layer(stratum, tuple(runs), found, exact=layer.found == len(looked_at)))
    if beyond := layer.runs[PROBED:]:
        # Counted with the shapes above already, as far as one can tell.
        layers.append(Layer(layer.stratum, beyond, 0, exact=False, rest=True))
    return tuple(layers)


def in_order(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """Sort layers by who comes first when a limit is short: open runs, then rare types, then rare strata."""
    layers = tuple(layers)
    of_type: Counter[str] = Counter()
    for layer in layers:
        of_type[layer.stratum.workflow_type] += layer.found

    def rank(layer: Layer) -> tuple[object, ...]:
        stratum = layer.stratum
        return (
            layer.rest,
            stratum.status is not RunStatus.OPEN,
            of_type[stratum.workflow_type],
            layer.found,
            stratum.workflow_type,
            stratum.status.value,
            stratum.patches,
            stratum.build_id,
            stratum.last or (),
        )

    return tuple(sorted(layers, key=rank))


def choose(layers: Iterable[Layer], limit: int | None) -> tuple[Share, ...]:
    """Share a limit: every stratum gets one run before any gets two; None takes all candidates.

    Runs that nobody looked at come last, when every stratum has given all it had.
    """
    ordered = in_order(layers)
    taken = [0] * len(ordered)
    left = sum(len(layer.runs) for layer in ordered) if limit is None else limit
    for rest in (False, True):
        turn = [index for index, layer in enumerate(ordered) if layer.rest is rest]
        while turn and left:
            turn = [index for index in turn if taken[index] < len(ordered[index].runs)]
            for index in turn[:left]:
                taken[index] += 1
            left -= len(turn[:left])
    return tuple(Share(layer, count) for layer, count in zip(ordered, taken, strict=True))


def in_turns(shares: Sequence[Share]) -> Iterator[Run]:
    """Yield the runs taken, one of each stratum before the second of any."""
    for rest in (False, True):
        alike = [share for share in shares if share.layer.rest is rest]
        for turn in range(max((share.taken for share in alike), default=0)):
            for share in alike:
                if turn < share.taken:
                    yield share.layer.runs[turn]
