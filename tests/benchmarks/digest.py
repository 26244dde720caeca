"""The workflow whose runs the benchmark of export fetches: 60 events, a few kilobytes of payloads."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow

SECTIONS = 9
EVENTS = 60
TEXT = "The tides at Mont-Saint-Michel rise faster than a horse can gallop, or so the guides like to say. " * 2


@dataclass(frozen=True, slots=True)
class Asked:
    """A digest to be written, and for whom."""

    number: int
    reader: str


@activity.defn
async def summarise(asked: Asked, section: int) -> dict[str, str | int]:
    """Answer as a model would, with a text of a few hundred bytes."""
    return {"section": section, "summary": f"{asked.number}/{section}: {TEXT}", "tokens": 1200 + section}


@workflow.defn
class Digest:
    """Nine sections, one activity each, and a memo: 60 events."""

    @workflow.run
    async def run(self, asked: Asked) -> int:
        """Write all sections; returns the tokens used."""
        workflow.upsert_memo({"number": asked.number})
        tokens = 0
        for section in range(SECTIONS):
            answer = await workflow.execute_activity(
                summarise, args=[asked, section], start_to_close_timeout=timedelta(seconds=30)
            )
            tokens += int(answer["tokens"])
        return tokens
