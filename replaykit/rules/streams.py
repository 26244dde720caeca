"""The steps that two versions of the code asked for are compared, also those that no history holds yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from replaykit.model.finding import Divergence, Drift
from replaykit.model.step import Step, StepKind
from replaykit.model.witness import Witness
from replaykit.rules.diff import AHEAD, CONTEXT, changes_of, same_step, shape_of


@dataclass(frozen=True, slots=True)
class Difference:
    """Where head's steps leave base's, and which values differ in the steps before that.

    `guards` are the patches, unknown to base, behind which head goes another way ahead of the history.
    """

    divergence: Divergence | None
    drifts: tuple[Drift, ...]
    guards: tuple[str, ...] = ()


def compare(base: Witness, head: Witness) -> Difference:
    """Compare step by step; base is what counts as recorded.

    A patch marker tells which branch was taken and asks for nothing, so markers are left out. What head does ahead of
    the history behind a patch that base does not know is guarded: a run that base takes further keeps base's branch.
    """
    left, right = _asking(base), _asking(head)
    same = _alike(left, right)
    drifts = tuple(
        Drift(number, one, other, changes)
        for number, (one, other) in enumerate(zip(left[:same], right[:same], strict=True), start=1)
        if (changes := changes_of(one, other)[0])
    )
    guards = _new_patches(base, head)
    if guards:
        # All that is ahead of the history belongs to one workflow task.
        drifts = tuple(drift for drift in drifts if drift.observed.task < guards[0].task)
    parted = left[same:] + right[same:]
    divergence = _divergence(left, right, same) if parted else None
    if divergence is not None and guards and parted[0].task >= guards[0].task:
        divergence = None
    return Difference(divergence, drifts, tuple(step.key.name for step in guards))


def _asking(witness: Witness) -> list[Step]:
    return [step for step in (*witness.steps, *witness.ahead) if step.key.kind is not StepKind.PATCH]


def _alike(left: Sequence[Step], right: Sequence[Step]) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    apart = next((at for at, (one, other) in pairs if one.task != other.task or not same_step(one, other)), None)
    return min(len(left), len(right)) if apart is None else apart


def _new_patches(base: Witness, head: Witness) -> list[Step]:
    known = {step.key.name for step in (*base.steps, *base.ahead) if step.key.kind is StepKind.PATCH}
    return [step for step in head.ahead if step.key.kind is StepKind.PATCH and step.key.name not in known]


def _divergence(left: Sequence[Step], right: Sequence[Step], same: int) -> Divergence:
    one, other = list(left[same:]), list(right[same:])
    return Divergence(
        shape=shape_of(one, other, [], tail=True),
        task=(one + other)[0].task,
        number=same + 1,
        before=tuple(left[:same][-CONTEXT:]),
        recorded=tuple(one[:AHEAD]),
        observed=tuple(other[:AHEAD]),
    )
