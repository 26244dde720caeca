"""What a change does to patches is judged, with the corpus and a server where it does anything to one."""

from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path

from replaykit.config import Config
from replaykit.jobs.gate_blind import Wish
from replaykit.model.patches import PatchVerdict, of_change
from replaykit.rules.patch_sites import sites_of
from replaykit.rules.patches import judge_patches


async def patches_of_change(
    code: Mapping[str, str],
    before: Mapping[str, str],
    config: Config,
    wish: Wish,
    *,
    commit: str,
    corpus: tuple[str, ...],
    here: Path,
) -> tuple[PatchVerdict, ...]:
    """Judge what the change from a commit to the working tree does to patches; those it leaves alone are no part of it.

    Args:
        code: The workflow code of the working tree.
        before: That of the commit.
        config: The settings.
        wish: What is asked of the gate.
        commit: The commit.
        corpus: Files and directories of histories.
        here: The directory that paths count from.

    Raises:
        ServerError: The server cannot be asked.
    """
    # Runs tell how safe a change of a patch is, and the code alone whether there is one.
    if not any(map(of_change, judge_patches(sites_of(before), sites_of(code)))):
        return ()
    # It speaks with servers, and parses histories: a gate that needs neither does not load the SDK.
    from replaykit.jobs.patches import Answered, Question, patches  # noqa: PLC0415 - it loads the SDK's client

    question = Question((), commit, corpus, wish.connection, wish.limit)
    found: tuple[PatchVerdict, ...] = ()
    async with aclosing(patches(config, question, here=here)) as events:
        async for event in events:
            if isinstance(event, Answered):
                found = event.verdicts
    return tuple(verdict for verdict in found if of_change(verdict))
