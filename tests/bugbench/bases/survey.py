"""A survey that asks several questions at once."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@activity.defn
async def ask(question: str) -> str:
    return question.upper()


@activity.defn
async def count(question: str) -> int:
    return len(question)


@workflow.defn(name="Subject")
class Survey:
    @workflow.run
    async def run(self, topic: str) -> str:
        answer, number = await asyncio.gather(
            workflow.execute_activity(ask, topic, start_to_close_timeout=SOON),
            workflow.execute_activity(count, topic, start_to_close_timeout=SOON),
        )
        texts = await asyncio.gather(
            workflow.execute_activity(ask, "first", start_to_close_timeout=SOON),
            workflow.execute_activity(ask, "second", start_to_close_timeout=SOON),
        )
        return f"{answer} {number} {texts}"


ACTIVITIES = (ask, count)
