"""Reports of a gate made by hand, with all that one can hold, and names that mean mischief where one asks for them."""

from dataclasses import replace

from replaykit.errors import Problem
from replaykit.model.case import Case, Judgement
from replaykit.model.coverage import Gap
from replaykit.model.finding import Change, Divergence, Drift, Shape, Unverified
from replaykit.model.gate import (
    Aged,
    Blind,
    ChangedFile,
    Demand,
    Effort,
    GateReport,
    GateVerdict,
    PatchBranch,
    Revision,
    Standing,
)
from replaykit.model.history import Identity, RunStatus
from replaykit.model.patches import Call as PatchCall
from replaykit.model.patches import Change as PatchChange
from replaykit.model.patches import PatchSite, PatchVerdict, Reason, Stage
from replaykit.model.safety import Safety
from replaykit.model.step import SourceLine, Step, StepKey, StepKind
from replaykit.model.verdict import Clean, Diverged, Drifted, Inconclusive
from replaykit.model.witness import Read, Witness
from replaykit.report.gate_findings import Told, told
from replaykit.report.reading import Reading

TOP = "/repository"
ROOT = f"{TOP}/shop"


def step(name: str, *, line: int, path: str = f"{ROOT}/order.py") -> Step:
    """Return an activity that a line of the shop asks for."""
    return Step(StepKey(StepKind.ACTIVITY, name, 1), task=1, site=SourceLine(path, line, "Order.run", "await it()"))


def case(name: str) -> Case:
    """Return a history of the shop."""
    return Case(f"{ROOT}/histories/{name}.json", f"histories/{name}.json")


def blocked(name: str, *, of: str = "Order", line: int = 41) -> GateVerdict:
    """Return a verdict on a step that no history holds."""
    parting = Divergence(
        Shape.REPLACED, task=1, number=2, before=(), recorded=(step("charge", line=41),),
        observed=(step(name, line=line),),
    )  # fmt: skip
    shown = Judgement(case(name), Clean(1), 0.1)
    return GateVerdict(case(name), Standing.BLOCKED, f"It goes to {name}.", of, shown, parting)


def drifted(name: str) -> GateVerdict:
    """Return a verdict on another value."""
    change = Change("input[0]", '"kept to ourselves"', f'"{name}"')
    drift = Drift(3, step("label", line=44), step("label", line=45), (change,))
    return GateVerdict(
        case(name), Standing.DRIFTED, "Base and head ask with other values.", "Order", None, None, (drift,)
    )


def undecided(name: str, standing: Standing) -> GateVerdict:
    """Return a verdict that is none."""
    problem = Problem("deadline-passed", f"{name} took too long.", "it waits", "replaykit replay -v")
    judgement = Judgement(case(name), Inconclusive(problem), 0.1)
    note = Unverified(None, "inputs", "markers carry none")
    return GateVerdict(case(name), standing, f"Nobody knows of {name}.", "Parcel", judgement, unverified=(note,))


def patch(name: str, safety: Safety) -> PatchVerdict:
    """Return a verdict on a patch that is introduced."""
    reason = {Safety.SAFE: Reason.NEW_ID, Safety.UNSAFE: Reason.MARKED_OPEN, Safety.UNVERIFIED: Reason.NO_SERVER}
    site = PatchSite(name, PatchCall.PATCHED, "Order", "order.py", 50, "Order.run")
    return PatchVerdict(name, "Order", Stage.PATCHED, PatchChange.REUSED, safety, reason[safety], sites=(site,))


def full(name: str = "plain") -> GateReport:
    """Return a report with one of everything."""
    return GateReport(
        root=ROOT,
        base=Revision(name, "a" * 40),
        head=Revision("working tree", "b" * 40, dirty=True),
        verdicts=(
            GateVerdict(case("passed"), Standing.PASSED, "Base and head ask for the same.", name),
            blocked(name, of=name),
            drifted(f"drifted-{name}"),
            undecided(f"intrinsic-{name}", Standing.INTRINSIC),
            undecided(f"unverified-{name}", Standing.UNVERIFIED),
        ),
        blind=Blind(
            changed=(ChangedFile("order.py", (60, 61, 62), (62,), (Gap(60, 61, f"await {name}()", name),)),),
            types=(name,),
            branches=(PatchBranch("order.py", 70, name, "old"),),
            aged=(Aged(name, 0.0),),
            removed=(f"histories/{name}.json",),
            unverified=((name, "no history holds it", 3),),
        ),
        demands=(Demand("--require-fresh", met=True, found=name), Demand("--min-coverage 80", met=False, found=name)),
        problems=(Problem("workflows-unloadable", f"Module {name} does not import.", "It says\nno", "mend it"),),
        effort=Effort(3, 4, 1, 1.5),
        patches=(
            patch(f"safe-{name}", Safety.SAFE),
            patch(name, Safety.UNSAFE),
            patch(f"no-{name}", Safety.UNVERIFIED),
        ),
    )


def many(count: int) -> GateReport:
    """Return a report with many causes."""
    return GateReport(
        ROOT, Revision("main", ""), Revision("tree", ""), tuple(blocked(f"step{n}") for n in range(count))
    )


def telling(report: GateReport, *, exit_code: int = 1, drift_fails: bool = True, following: str = "again") -> Told:
    """Put a report into words for somebody who stands in the shop."""
    return told(
        report, Reading(base=ROOT), top=TOP, exit_code=exit_code, drift_fails=drift_fails, following=following, now=9e8
    )


def diverging(name: str, *, at: int, status: RunStatus = RunStatus.OPEN) -> GateVerdict:
    """Return a verdict on a history of many steps that the head leaves at one of them."""
    before = [Step(StepKey(StepKind.ACTIVITY, f"step{number}", 1), task=number) for number in range(1, at)]
    divergence = Divergence(
        Shape.INSERTED, task=at, number=at, before=tuple(before[-3:]),
        recorded=(Step(StepKey(StepKind.ACTIVITY, "charge", 1), task=at, event_id=29), step("ship", line=45)),
        observed=(step("moderate", line=41), step("charge", line=43)), core_error="[TMPRL1100] no match",
    )  # fmt: skip
    witness = Witness((*before, *divergence.observed), (), Read())
    judgement = Judgement(
        case(name), Diverged(divergence), 0.1, Identity(name, "5f0c", "Order", "queue", ""), status, witness=witness
    )
    reason = f"Base replays it, head does not: diverged at step {at} (activity charge #1)."
    return GateVerdict(case(name), Standing.BLOCKED, reason, "Order", judgement)


def drifting(name: str, *, count: int) -> GateVerdict:
    """Return a verdict on a history whose steps have other values, with as many findings."""
    drifts = tuple(
        Drift(number, step("label", line=44), step("label", line=45), (Change("input[0]", f'"old {number}."', None),))
        for number in range(1, count + 1)
    )
    judgement = Judgement(case(name), Drifted(count, drifts), 0.1, Identity(name, "5f0c", "Order", "queue", ""))
    return GateVerdict(case(name), Standing.DRIFTED, "Base gives the recorded values.", "Order", judgement)


def rich() -> GateReport:
    """Return a report with one of everything, and a cause that many long histories show, below two others."""
    alike = tuple(diverging(f"job-{number:03}", at=60) for number in range(129))
    whole = full()
    return replace(whole, verdicts=(*whole.verdicts, *alike, drifting("many", count=8), blocked("later")))
