"""What a verdict on a patch says in words: what happened, why it is so, and what to do."""

from replaykit.model.patches import Change, Offer, PatchRun, PatchVerdict, Reason, Rule, Stage
from replaykit.model.safety import Safety
from replaykit.report.printable import plain
from replaykit.report.sizes import moment
from replaykit.report.summary import plural

DAY = 86400
# Where open runs decide nothing, neither does Worker Versioning.
UNASKED = frozenset({Reason.BRANCHES_STAY, Reason.NEW_ID, Reason.NOT_CONSTANT, Reason.NO_EVIDENCE})
# Visibility does not tell a live marker from a deprecated one.
UNTOLD = frozenset({Reason.LIVE_OPEN, Reason.UNREAD, Reason.UNKNOWN_CALL})
# What is left of a command beside the query in it.
LIST = 'temporal workflow list --query "{}"'


def headline(verdict: PatchVerdict) -> str:
    """Name the patch, its workflow and what is done to it."""
    whose = f" of {verdict.workflow}" if verdict.workflow else ""
    place = f"   {was(verdict)}{verdict.sites[0].path}:{verdict.sites[0].line}" if verdict.sites else ""
    return f"{verdict.id}{whose}: {_done(verdict)}{place}"


def was(verdict: PatchVerdict) -> str:
    """Say of a place that it is one of the base, where the new code has none."""
    return "was " if verdict.stage is Stage.ABSENT else ""


def _done(verdict: PatchVerdict) -> str:
    match verdict.change:
        case Change.RENAMED:
            return f"renamed to {verdict.renamed_to}"
        case Change.UNCALLED:
            return "its marker is in runs, its call not in the code that was read"
        case Change.REMOVED if verdict.before is Stage.PATCHED:
            return "removed without deprecate_patch"
        case Change.KEPT:
            return f"{verdict.stage.value}, unchanged"
        case _:
            return verdict.change.value


_WHY = {
    Reason.ID_USED_BEFORE: "The id was used before; whether open runs still hold its marker was not looked at.",
    Reason.SECOND_PLACE: "The id guards a second place now; a run that holds the marker takes the new code there, too, "
    "even where it passed before. Whether such runs are open was not looked at.",
    Reason.BRANCHES_STAY: "Both branches are in the code, so each run finds its own.",
    Reason.NO_WORKFLOW: "No workflow class was found that gets to this call, so nobody knows which runs to look for.",
    Reason.NOT_CONSTANT: "The id is no constant that the source tells, so nothing can be said of its runs.",
    Reason.NO_EVIDENCE: "There is neither a corpus, nor a server, nor a base to tell whether the id was used before.",
    Reason.UNREAD: "{runs} may hold its live marker; the limit of histories to read was reached:",
    Reason.NEW_ID: "The id is new: none of {looked} holds its marker.",
    Reason.NO_SERVER: "No server was asked, and of {looked} none is open and in danger: others may be.",
    Reason.UNMARKED_OPEN: "{runs} {hold} no marker of it and may have passed by the branch that is gone:",
    Reason.LIVE_OPEN: "{runs} {hold} its live marker, and Core fails a run whose code no longer asks for it:",
    Reason.MARKED_OPEN: "{runs} {hold} its marker from what it meant before:",
    Reason.NONE_IN_DANGER: "No open run on the server is struck by it.",
    Reason.UNKNOWN_CALL: "A library may ask for it. If the call was removed, Core fails open runs with its live marker"
    " (seen: {runs}).",
}


def why(verdict: PatchVerdict) -> str:
    """Say why the verdict is what it is."""
    count = len(verdict.evidence.in_danger)
    if verdict.evidence.open is None:
        runs = plural(count, "run", "runs") + " of the corpus, open when exported,"
    else:
        runs = plural(count, "open run", "open runs") + " on the server"
    return _WHY[verdict.reason].format(
        runs=runs,
        hold="holds" if count == 1 else "hold",
        looked=_looked_at(verdict),
    )


def _looked_at(verdict: PatchVerdict) -> str:
    histories = verdict.evidence.histories
    parts = [plural(histories.marked + histories.without, "history", "histories")]
    if (runs := verdict.evidence.open) is not None:
        parts.append(plural(runs.marked + runs.without, "open run", "open runs"))
    return " and ".join(parts)


def advice(verdict: PatchVerdict) -> str:
    """Say what to do about a verdict that is not `safe`; empty where nothing has to be done."""
    if verdict.safety is Safety.SAFE:
        return ""
    patched = f'workflow.patched("{verdict.id}")'
    deprecate = f'workflow.deprecate_patch("{verdict.id}")'
    match verdict.reason:
        case Reason.NO_SERVER | Reason.NO_EVIDENCE | Reason.ID_USED_BEFORE | Reason.SECOND_PLACE:
            return "ask the server that runs it: the same command with --address HOST:PORT."
        case Reason.UNREAD:
            return "the same command with a higher --limit."
        case Reason.NOT_CONSTANT:
            return "write the id out, or give it as a constant of the module."
        case Reason.UNKNOWN_CALL:
            return f"put {deprecate} back where its call was removed too early; nothing, where a library asks for it."
        case Reason.NO_WORKFLOW:
            return "name the files of the workflow that calls it, too, or look at its runs by hand."
        case _:
            pass
    match verdict.change:
        case Change.REUSED:
            return "take an id that was never used."
        case Change.RENAMED:
            return f"keep {verdict.id}: a patch with another name is another patch."
        case Change.REMOVED if verdict.before is Stage.PATCHED:
            return f"keep {patched} until no open run lacks the marker, then {deprecate}, then remove it."
        case Change.REMOVED:
            return f"keep {deprecate} until these runs have ended."
        case _:
            return (
                f"keep `if {patched}` with both branches until these runs have ended. One that has not come to the "
                "place yet is in no danger: export it and replay it to know."
            )


def offered(verdict: PatchVerdict) -> str:
    """Say what can be cleaned up."""
    match verdict.offer:
        case Offer.DEPRECATE:
            return (
                "no open run takes the old branch any more: remove it, and write "
                f'workflow.deprecate_patch("{verdict.id}") in place of the condition.'
            )
        case Offer.REMOVE:
            return "no open run holds its live marker any more: remove the call."
        case None:
            return ""


def is_quiet(verdict: PatchVerdict) -> bool:
    """Tell whether there is nothing to say of a verdict beside its row."""
    return (
        verdict.safety is Safety.SAFE and verdict.offer is None and verdict.change is Change.KEPT and not verdict.notes
    )


def versioning(verdict: PatchVerdict) -> str:
    """Say which rule of Worker Versioning counted; empty where none did."""
    evidence = verdict.evidence
    if evidence.rule is Rule.UNKNOWN or verdict.reason in UNASKED:
        return ""
    staying = f"; {plural(evidence.staying, 'pinned run', 'pinned runs')} left out" if evidence.staying else ""
    return f"Worker Versioning: {evidence.rule.value}{staying}."


def finding_them(verdict: PatchVerdict) -> tuple[str, str]:
    """Return which runs a search finds beside those in danger, and its command; both empty where there is none."""
    if verdict.safety is Safety.SAFE or not verdict.evidence.query:
        return "", ""
    query = "".join(f"\\{char}" if char in '"\\$`' else char for char in verdict.evidence.query)
    return ", among all that hold its marker" if verdict.reason in UNTOLD else "", LIST.format(query)


def run_text(run: PatchRun, *, now: float) -> str:
    """Name a run, since when it is open, and where it was seen; `now` is in seconds since the epoch."""
    days = int(max(now - run.started, 0) // DAY)
    ago = f", {plural(days, 'day', 'days')} ago" if days else ""
    since = f"{moment(run.started):%Y-%m-%d %H:%M} UTC{ago}"
    return f"{plain(run.workflow_id)}  since {since}  {run.source or f'run {run.run_id}'}"
