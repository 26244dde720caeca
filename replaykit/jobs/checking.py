"""What is to be written is replayed: redacted it must say what it says unredacted."""

from collections.abc import Sequence
from dataclasses import dataclass

from replaykit.adapters.seeds import AnyPool
from replaykit.errors import RedactionMatters
from replaykit.jobs.preparing import Preparation, Prepared
from replaykit.jobs.unchanged import Changed, Unchecked, compare
from replaykit.model.case import Case, Judgement
from replaykit.model.exports import Check, Checked
from replaykit.rules.redaction.places import Place
from replaykit.rules.sameness import where

MOST_PLACES = 3
NO_WORKFLOWS = "no workflows are configured: [tool.replaykit] workflows"


@dataclass(frozen=True, slots=True)
class Checker:
    """Compares replays of one history with and without its secrets.

    `pool` is None where histories are not replayed at all, and `replays` False where the pool has no workflows.
    """

    preparation: Preparation
    pool: AnyPool | None
    replays: bool

    async def judge_file(self, case: Case) -> Judgement:
        """Replay a history of the corpus as it stands."""
        if self.pool is None:
            raise RuntimeError("nothing is replayed in this export")
        return await self.pool.replay(case)

    async def judge(self, case: Case, prepared: Prepared) -> Judgement | None:
        """Replay what is to be written."""
        return await self.pool.replay(case, content=prepared.content) if self.pool else None

    def settled(self, prepared: Prepared) -> Checked | None:
        """Say what is known without a replay; None where one has to tell."""
        if self.preparation.redactor is None:
            return Checked(Check.NOT_REDACTED)
        if not prepared.secrets:
            return Checked(Check.UNTOUCHED)
        return None if self.pool and self.replays else Checked(Check.UNVERIFIED, NO_WORKFLOWS)

    async def check(self, case: Case, prepared: Prepared, *, after: Judgement | None = None) -> Checked:
        """Say how far redaction is known to have changed nothing.

        Args:
            case: The history's name for messages.
            prepared: What is to be written.
            after: The judgement on it, where there is one already.

        Raises:
            RedactionMatters: It replays otherwise than before redaction.
        """
        settled = self.settled(prepared)
        if settled is not None or self.pool is None:
            return settled or Checked(Check.UNVERIFIED, NO_WORKFLOWS)
        redacted = after or await self.pool.replay(case, content=prepared.content)
        answer = await compare(
            self.pool, case, redacted, prepared.secrets, lambda keep: self.preparation.content(prepared, keep=keep)
        )
        match answer:
            case Changed():
                raise _matters(case, prepared.places, answer)
            case Unchecked(slug):
                return Checked(Check.UNVERIFIED, f"it could not be replayed, before or after: {slug}")
            case _:
                return Checked(Check.REPLAYED)


def _matters(case: Case, places: Sequence[Place], changed: Changed) -> RedactionMatters:
    # One secret may stand at many places: the first of each is where the code met it.
    first = {place.secret: place for place in reversed(places) if place.secret in changed.matters and place.visible}
    shown = sorted(first.values(), key=lambda place: place.event_id)
    named = [f"{place.kind} at {place.path} (event {place.event_id}, {place.event})" for place in shown[:MOST_PLACES]]
    if len(shown) > MOST_PLACES:
        named.append(f"{len(shown) - MOST_PLACES} more")
    return RedactionMatters(
        f"{case.shown} is not written: redacted, the history replays otherwise.",
        cause=f"{where(changed.before.verdict)} before, {where(changed.after.verdict)} after; what matters: "
        + "; ".join(named),
        fix="if that value is no secret, keep it: redact-keep in [tool.replaykit] (docs/reference/redaction.md); "
        "else change the code that goes by it, or leave the run out",
    )
