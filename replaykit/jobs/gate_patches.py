"""What a change does to patches is judged, with the corpus and a server where it does anything to one."""

from contextlib import aclosing
from pathlib import Path

from replaykit.config import Config
from replaykit.jobs.gate_blind import Wish
from replaykit.jobs.patch_versions import sources
from replaykit.model.patches import PatchVerdict, of_change
from replaykit.rules.patch_sites import sites_of
from replaykit.rules.patches import judge_patches


async def patches_of_change(
    config: Config, commit: str, corpus: tuple[str, ...], wish: Wish, *, here: Path
) -> tuple[PatchVerdict, ...]:
    """Judge what the change from a commit to the working tree does to patches; those it leaves alone are no part of it.

    Raises:
        NothingConfigured: There is no workflow code to look at.
        ServerError: The server cannot be asked.
    """
    head, base = sources(config, (), commit, here=here)
    # Runs tell how safe a change of a patch is, and the code alone whether there is one.
    if base is None or head == base or not any(map(of_change, judge_patches(sites_of(base), sites_of(head)))):
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
