"""The search for findings that need several faults: plans are drawn where earlier ones showed something new."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from replaykit.model.chaos import Boundary, FaultPlan, Place, RunResult, Strike
from replaykit.model.chaos_report import PROVES_NOTHING, ChaosFinding, Judged
from replaykit.model.scenario import Given, Scenario
from replaykit.model.search import Budget, Hit, Searched
from replaykit.model.simulation import NotSimulated
from replaykit.rules.chaos.alike import said_by, same_finding
from replaykit.rules.chaos.gather import BY_PLACE
from replaykit.rules.chaos.invariants import judge_run
from replaykit.rules.chaos.kinds import FaultKind
from replaykit.rules.chaos.plans import MOST_ATTEMPTS, cost, earlier, simpler, singles
from replaykit.rules.chaos.strategies import Draw, Opener, Rounds, round_of, smallest_input

Trial: TypeAlias = Callable[[FaultPlan, Given | None], RunResult | NotSimulated]

# What a round has found the next one builds on: short rounds hear of it soon.
_ROUND = 40
# So many rounds that drew nothing new, and there is nothing new to draw.
_MOST_IDLE = 5
# Of one violation in one place, so many different smallest plans are enough to read.
_MOST_ALIKE = 5


def search(
    trial: Trial,
    scenario: Scenario,
    kinds: Sequence[FaultKind],
    budget: Budget,
    *,
    clock: Callable[[], float],
    enough: Callable[[Hit], bool] = lambda _hit: False,
    rounds: Rounds = round_of,
) -> Searched:
    """Search for plans that show findings.

    Args:
        trial: Runs a plan with an input.
        scenario: What is declared.
        kinds: The faults.
        budget: How long.
        clock: Tells the seconds.
        enough: Says of a hit that no other is looked for.
        rounds: Draws the plans of a round; Hypothesis by default.
    """
    looking = _Search(trial, scenario, kinds, budget, clock, enough, rounds)
    looking.run()
    return looking.searched()


@dataclass(slots=True)
class _Search:
    trial: Trial
    scenario: Scenario
    kinds: Sequence[FaultKind]
    budget: Budget
    clock: Callable[[], float]
    enough: Callable[[Hit], bool]
    rounds: Rounds
    until: float = 0.0
    stop: bool = False
    plans: int = 0
    known: dict[Boundary, None] = field(default_factory=dict)
    every: dict[Strike, None] = field(default_factory=dict)
    classes: dict[Hashable, Strike] = field(default_factory=dict)
    seen: set[Hashable] = field(default_factory=set)
    openers: list[Opener] = field(default_factory=list)
    memory: dict[tuple[FaultPlan, str], Judged | NotSimulated] = field(default_factory=dict)
    baselines: dict[str, RunResult | NotSimulated] = field(default_factory=dict)
    found: list[tuple[ChaosFinding, Given | None]] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    trail: list[FaultPlan] = field(default_factory=list)
    not_simulated: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        self.until = self.clock() + self.budget.seconds
        base = self.baseline(None)
        if isinstance(base, NotSimulated):
            self.not_simulated[base.why] += 1
            return
        self._learns(FaultPlan(), base, None)
        for strike in tuple(self.every):
            self.attempt(FaultPlan((strike,)), None)
            self._keep_found()
        chance, idle = self.budget.seed, 0
        while not self.spent() and self.every:
            before = self.plans
            drawn = Draw(
                (Opener(FaultPlan()), *(each for each in self.openers if len(each.plan.strikes) < self.budget.strikes)),
                tuple(dict.fromkeys(self.classes.values())),
                tuple(self.every),
                self.budget.strikes,
                self.scenario.inputs,
            )
            left = min(_ROUND, self.budget.examples - self.plans)
            self.rounds(drawn, self.attempt, examples=left, chance=chance)
            self._keep_found()
            chance += 1
            idle = 0 if self.plans > before else idle + 1
            if idle == _MOST_IDLE:
                return

    def spent(self) -> bool:
        return self.stop or self.plans >= self.budget.examples or self.clock() >= self.until

    # Runs.

    def baseline(self, given: Given | None) -> RunResult | NotSimulated:
        key = _of(given)
        if key not in self.baselines:
            self.baselines[key] = self.trial(FaultPlan(), given)
        return self.baselines[key]

    def judged(self, plan: FaultPlan, given: Given | None) -> Judged | NotSimulated:
        """Run a plan once; strikes that did not come to strike are left out, for the run is the same without them."""
        key = (plan, _of(given))
        if key not in self.memory:
            base = self.baseline(given)
            self.trail.append(plan)
            result = self.trial(plan, given)
            if isinstance(result, NotSimulated) or isinstance(base, NotSimulated):
                found: Judged | NotSimulated = result if isinstance(result, NotSimulated) else NotSimulated(plan, "")
            else:
                result = replace(result, plan=FaultPlan(tuple(result.fired)))
                found = judge_run(result, base, self.scenario)
                self.memory[result.plan, key[1]] = found
            self.memory[key] = found
        return self.memory[key]

    def attempt(self, plan: FaultPlan, given: Any) -> float:  # noqa: ANN401 - what a strategy gives
        """Run a drawn plan, and keep what it shows; returns how many boundaries it passed beyond the baseline."""
        if self.spent() or self.found:
            # What has been found is made small before more is run: much of the rest may show the same.
            return 0.0
        self.plans += (plan, _of(given)) not in self.memory
        judged = self.judged(plan, given)
        if isinstance(judged, NotSimulated):
            self.not_simulated[judged.why] += 1
            return 0.0
        result = judged.result
        self._learns(result.plan, result, given)
        for finding in judged.findings:
            if finding.violation not in PROVES_NOTHING and not self._explained(finding):
                self.found.append((finding, given))
        base = self.baseline(given)
        usual = set() if isinstance(base, NotSimulated) else {sighting.boundary for sighting in base.sightings}
        return float(len({sighting.boundary for sighting in result.sightings} - usual))

    def _learns(self, plan: FaultPlan, result: RunResult, given: Given | None) -> None:
        """Take in the boundaries of a run, and build on its plan where it went another way than all before it."""
        near = [sighting for sighting in result.sightings if sighting.boundary.attempt <= MOST_ATTEMPTS]
        signals = [signal.name for signal in self.scenario.signals]
        new = [sighting for sighting in near if sighting.boundary not in self.known]
        self.known.update(dict.fromkeys(sighting.boundary for sighting in new))
        self.every.update(dict.fromkeys(singles(new, self.kinds, signals=signals)))
        if len(plan.strikes) == 1:
            self.classes.setdefault(_class_of(result), plan.strikes[0])
        way = (_outcome(result), frozenset(sighting.boundary for sighting in near))
        if way in self.seen:
            return
        self.seen.add(way)
        base = self.baseline(None)
        usual = set() if isinstance(base, NotSimulated) else {sighting.boundary for sighting in base.sightings}
        # Where nobody has been before it is worth most to strike.
        beyond = new if plan.strikes and new else [sighting for sighting in near if sighting.boundary not in usual]
        strikes = [each for each in singles(beyond, self.kinds, signals=signals) if each.at.place is not Place.RUN]
        if plan.strikes or given is not None:
            self.openers.append(Opener(plan, tuple(strikes), given))

    # Findings.

    def _explained(self, finding: ChaosFinding) -> bool:
        """Say whether a smaller plan that shows the same is known."""
        plan = finding.result.plan
        alike = [hit for hit in self.hits if said_by(hit.finding) == said_by(finding)]
        if finding.violation not in BY_PLACE:
            return any(cost(hit.plan) <= cost(plan) for hit in alike)
        return len(alike) >= _MOST_ALIKE or any(set(hit.plan.strikes) <= set(plan.strikes) for hit in alike)

    def _keep_found(self) -> None:
        """Shrink what has been found since the last time."""
        found, self.found = self.found, []
        for finding, given in sorted(found, key=lambda each: cost(each[0].result.plan)):
            if not self._explained(finding):
                self._keep(finding, given)

    def _keep(self, finding: ChaosFinding, given: Given | None) -> None:
        if given is not None:
            plain = self._shows(finding, finding.result.plan, None)
            if plain is not None:
                finding, given = plain, None
        best = self._shrunk(finding, given)
        if given is not None:
            given = smallest_input(
                self.scenario.inputs, lambda held: self._shows(best, best.result.plan, held) is not None, given
            )
            best = self._shows(best, best.result.plan, given) or best
        hit = Hit(best, given)
        if self._explained(best):
            return
        if best.violation not in BY_PLACE:
            self.hits = [other for other in self.hits if said_by(other.finding) != said_by(best)]
        self.hits.append(hit)
        self.stop = self.stop or self.enough(hit)

    def _shrunk(self, finding: ChaosFinding, given: Given | None) -> ChaosFinding:
        """Go to simpler plans as long as one of them shows the same, by `plans.cost`."""
        best = finding
        while True:
            for plan in self._simpler(best.result.plan):
                found = self._shows(best, plan, given)
                if found is not None and cost(found.result.plan) < cost(best.result.plan):
                    best = found
                    break
            else:
                return best

    def _simpler(self, plan: FaultPlan) -> Iterator[FaultPlan]:
        yield from simpler(plan)
        yield from sorted(set(earlier(plan)), key=cost)
        beside: set[FaultPlan] = set()
        for strike in plan.strikes:
            rest = tuple(other for other in plan.strikes if other != strike)
            beside.update(FaultPlan((*rest, other)) for other in self.every if other not in rest)
        yield from sorted((other for other in beside if cost(other) < cost(plan)), key=cost)

    def _shows(self, finding: ChaosFinding, plan: FaultPlan, given: Given | None) -> ChaosFinding | None:
        judged = self.judged(plan, given)
        if isinstance(judged, NotSimulated):
            return None
        return same_finding(finding, judged.findings)

    def searched(self) -> Searched:
        return Searched(
            hits=tuple(sorted(self.hits, key=lambda hit: cost(hit.plan))),
            runs=len(self.trail) + len(self.baselines),
            plans=self.plans,
            boundaries=len(self.known),
            not_simulated=tuple(self.not_simulated.items()),
            trail=tuple(self.trail),
        )


def _class_of(result: RunResult) -> Hashable:
    """Tell runs apart by what can be told from outside: how they end and with what, where they pass, what they do."""
    name = result.workflow_id
    ledger = tuple(
        (effect.name, effect.key.replace(name, ""), effect.committed, effect.attempt) for effect in result.effects
    )
    passed = frozenset(sighting.boundary for sighting in result.sightings)
    # In whatever order: what differs only in when it came is nearly the same, and there is much of it.
    return _outcome(result), passed, ledger, frozenset(Counter(result.normal).items())


def _outcome(result: RunResult) -> Hashable:
    """Tell ends apart: a run that did without something may end as the others do, with another result."""
    return result.end, result.failure_types, repr(result.result).replace(result.workflow_id, "")


def _of(given: Given | None) -> str:
    return "" if given is None else repr(given)
