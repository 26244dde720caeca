"""Chaos reports as values, made by hand."""

from dataclasses import replace

from replaykit.model.chaos import Boundary, Effect, End, FaultPlan, Moment, Place, RunResult, Sighting, Strike
from replaykit.model.chaos_report import ChaosFinding, ChaosReport, Equivalence, Held, Judged, Violation

BEGAN = 1_000.0
CHARGE = Boundary(Place.ACTIVITY, "charge")
RESERVE = Boundary(Place.ACTIVITY, "reserve")
TASK = Boundary(Place.TASK, "activity charge #1")
COMMAND = "replaykit chaos examples/order_saga --plan plans/charge.json --explain"
UNSHOWN = "a-result-that-no-report-shows"


def effect(attempt: int = 1, *, at: float = 0.2, name: str = "charge", key: str = "order-17") -> Effect:
    """Return a committed row of the ledger, `at` seconds after the run's start."""
    return Effect(name, key, f"a-{attempt}", "digest", "refund", True, "activity charge #1", attempt, "wf", BEGAN + at)  # noqa: FBT003 - the row's order


def run(*strikes: Strike, moments: tuple[Moment, ...] = (), effects: tuple[Effect, ...] | None = None) -> RunResult:
    """Return a completed run: as the baseline's, with each strike at 0.1 s."""
    struck = tuple(Moment(0.1, str(strike), struck=True) for strike in strikes)
    steady = (Moment(0.0, "the workflow is started"), Moment(0.3, "activity charge #1 is done"))
    return RunResult(
        plan=FaultPlan(strikes),
        workflow_id="wf",
        end=End.COMPLETED,
        result=UNSHOWN,
        failure=UNSHOWN,
        fired=frozenset(strikes),
        sightings=tuple(map(Sighting, (TASK, CHARGE, RESERVE))),
        effects=(effect(),) if effects is None else effects,
        timeline=tuple(sorted((*steady, *struck, *moments), key=lambda moment: moment.at)),
        seconds=0.5,
        began=BEGAN,
    )


def duplicated(result: RunResult, *, what: str = "effect charge, key order-17: 2 commits, 1 allowed") -> ChaosFinding:
    """Return the finding of a double charge."""
    why = "attempt 1 committed, its completion never arrived, attempt 2 committed again"
    return ChaosFinding(Violation.DUPLICATED, what, why, "give the effect a key that attempts share", result)


def a_report() -> ChaosReport:
    """Return a sweep with one of everything: held, found, not fired, a pair that held and one that cannot happen."""
    crash, error = Strike(CHARGE, "crash_after"), Strike(CHARGE, "error_before")
    fails, late = Strike(TASK, "task_fails"), Strike(RESERVE, "error_after")
    again = Moment(0.35, "activity charge #1, attempt 2 is done")
    found = duplicated(run(crash, moments=(again,), effects=(effect(), effect(2, at=0.34))))
    odd = replace(run(fails), fired=frozenset())
    silent = ChaosFinding(Violation.NOT_FIRED, f"{fails} did not strike", "it was not passed", "run it again", odd)
    return ChaosReport(
        scenario="order_saga",
        baseline=run(),
        judged=(
            Judged(run(error), Held.SAME),
            Judged(found.result, None, (found,)),
            Judged(odd, None, (silent,)),
            Judged(run(late, moments=(Moment(0.2, "activity release #1 is done"),)), Held.COMPENSATED),
            Judged(run(error, late), Held.SAME),
            Judged(run(crash, late), None, unreachable=True),
        ),
        findings=(found, silent),
        enumerated=6,
        singles=4,
        fired=5,
        pruned=3,
        unreachable=1,
        equivalences=(Equivalence("crash_after", 18), Equivalence("crash_before", 2, ("reserve",))),
        replayed=4,
        unverified=("faults of the wire: pip install grpcio",),
        seconds=2.0,
    )


COMMANDS = (COMMAND, "replaykit chaos examples/order_saga")


def spoilt(text: str) -> ChaosReport:
    """Return a sweep in which every name and text is `text`."""
    strike = Strike(Boundary(Place.ACTIVITY, text, within=text), "crash_after")
    result = replace(
        run(strike, moments=(Moment(0.2, text),), effects=(effect(name=text, key=text),)), failure_types=(text,)
    )
    finding = replace(duplicated(result, what=text), why=text, fix=text)
    judged = Judged(result, None, (finding,))
    return ChaosReport(scenario=text, baseline=run(), judged=(judged,), findings=(finding,), unverified=(text,))


def a_large_report(runs: int) -> ChaosReport:
    """Return a sweep of many runs, each of which went another way than the baseline, with forty lines each."""
    names = [f"step_number_{number}_of_a_long_workflow" for number in range(runs // 10)]
    strikes = [Strike(Boundary(Place.ACTIVITY, name, nth), "crash_after") for name in names for nth in range(1, 11)]
    judged = tuple(
        Judged(
            run(each, moments=tuple(Moment(n / 10, f"activity {names[n]} #1 is done") for n in range(40))), Held.SAME
        )
        for each in strikes
    )
    return ChaosReport(scenario="large", baseline=run(), judged=judged, enumerated=runs, singles=runs, fired=runs)
