"""The kinds of findings of a gate, and what each one means to whoever reads code scanning alone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind: its name in a line, what it means, and what to do."""

    title: str
    means: str
    todo: str


RULES = {
    "blocked": Rule(
        "Base replays the history, and head does not, or goes another way ahead of it",
        "A run like this one, in flight when the change is deployed, would stop with a non-determinism error, or would "
        "go on with other steps than the code that started it.",
        "Guard the change with workflow.patched, as the finding shows, so that running workflows keep the recorded "
        "path.",
    ),
    "drifted": Rule(
        "Head asks for the same steps with other values than base",
        "Temporal accepts the change: inputs, timeouts or results of steps that are recorded already are not compared "
        "on replay. Runs in flight use the new values from their next step on.",
        "Accept it in [tool.replaykit] accept if it is meant, or guard it with workflow.patched.",
    ),
    "intrinsic": Rule(
        "Base does not replay the history either: it is not blamed on the change, and not verified",
        "The corpus, the configuration or the code of the base is at fault: whether the change is safe for such runs "
        "is not known.",
        "Replay the base alone (replaykit replay) and mend what it says, or export the run anew.",
    ),
    "unverified": Rule(
        "What the change does to the history could not be decided",
        "A replay was over its deadline, a payload could not be decoded, or the workflow's type is not registered.",
        "Do what the finding says; until then the gate does not pass.",
    ),
    "patch-unsafe": Rule(
        "The change of a patch breaks open runs",
        "A patch was deprecated, removed, renamed or used again while runs are open that have or lack its marker.",
        "Wait until those runs have ended, or keep the branch that they need; replaykit patches lists them.",
    ),
    "patch-unverified": Rule(
        "Nobody could verify that the change of a patch is safe",
        "Which runs are open, and which of them hold the marker, was not known.",
        "Give the gate the server: replaykit gate --address HOST:PORT.",
    ),
    "demand": Rule(
        "The corpus is not what was asked of it",
        "It covers fewer changed lines than --min-coverage, or its newest histories are older than --require-fresh.",
        "Export more, or newer, histories: replaykit export --update.",
    ),
    "not-loaded": Rule(
        "A module of workflows does not load",
        "None of its workflows could be replayed, so the change is not verified for them.",
        "Mend the import that the finding names.",
    ),
    "unreached": Rule(
        "Lines that changed, and no history reaches them",
        "The gate cannot vouch for these lines: no replay executes them.",
        "Export a run that goes there (replaykit export --update), or test the lines with a cassette.",
    ),
    "untaken": Rule(
        "A branch of a patch that no history takes",
        "The gate cannot vouch for this branch: no replay goes there.",
        "Export a run from before, or from after, the patch, whichever the branch is for.",
    ),
}
