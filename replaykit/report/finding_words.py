"""What a finding says in sentences, for every form of report: Core's word, crash points, seeds, others, the command."""

from replaykit.model.case import Judgement
from replaykit.model.finding import Divergence
from replaykit.model.verdict import Diverged, Drifted, Inconclusive
from replaykit.report.command import quoted
from replaykit.report.printable import plain
from replaykit.rules.clusters import Cluster

_SHARED = {
    Diverged: "{} diverge here for the same reason",
    Drifted: "{} drift in the same way",
    Inconclusive: "{} could not be decided either",
}
KEEP_OR_ACCEPT = (
    "Temporal accepts this; runs in flight would take the new values from here on. If that is not meant, keep "
    "the recorded values for them under workflow.patched. If it is, accept it in [tool.replaykit]:"
)


def title(judgement: Judgement) -> str:
    """Name a judgement's run: type, workflow id, run."""
    who = judgement.identity
    if who is None:
        return judgement.case.shown
    run = f" (run …{who.run_id[-8:]})" if who.run_id else ""
    return plain(f"{who.workflow_type} · {who.workflow_id}{run}")


def shared_by(cluster: Cluster) -> str:
    """Say how many others of a cluster share its cause, and how many of them are open."""
    who = cluster.example.identity
    count = len(cluster.others)
    others = f"{count} other {'history' if count == 1 else 'histories'}"
    others += f" of {plain(who.workflow_type)}" if who else ""
    still_open = f", {cluster.still_open} of them still open" if cluster.still_open else ""
    return f"{_SHARED[type(cluster.example.verdict)].format(others)}{still_open}."


def core_note(divergence: Divergence) -> str:
    """Say where Temporal's own Replayer keeps silent; empty where it does not."""
    if not divergence.core_answered:
        return (
            "Temporal's own Replayer never answers here: with Exception or NondeterminismError among the workflow's "
            "failure_exception_types, production would fail the run."
        )
    if divergence.core_error is None:
        return "Temporal's own Replayer passes this change in silence."
    return ""


def prefix_note(judgement: Judgement) -> str:
    """Say of a verdict on a prefix that it is one; empty where it is on the whole history."""
    if judgement.prefix is None:
        return ""
    return (
        f"The whole history replays. Cut after workflow task {judgement.prefix} it does not: a run whose worker "
        "crashed there would not recover with this code."
    )


def seeds_note(judgement: Judgement) -> str:
    """Say which hash seeds gave which verdict; empty where they agree."""
    if not judgement.seeds:
        return ""
    verdicts = sorted({verdict for _, verdict in judgement.seeds})
    said = "; ".join(
        f"{verdict} under {', '.join(str(seed) for seed, one in judgement.seeds if one == verdict)}"
        for verdict in verdicts
    )
    return (
        f"Intrinsic: the code is non-deterministic in itself, whatever was changed. PYTHONHASHSEED decides: {said}. "
        "Look for a set that is iterated, hash(), or the order of asyncio.wait's sets: sort before you iterate."
    )


def reproducing(judgement: Judgement, options: str) -> str:
    """Write the command that shows a judgement again; `options` are those it needs beside the path."""
    return " ".join(filter(None, ["replaykit replay", quoted(judgement.case.shown), options, "-v"]))
