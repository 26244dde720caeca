"""What an approval does in the world: draft, remind, publish, withdraw."""

import asyncio
from typing import TYPE_CHECKING

from temporalio import activity

from replaykit import effect

from .desk import Desk
from .models import DraftOrder, Notice, Withdrawal

if TYPE_CHECKING:  # the worker makes the client; a replay of the workflow need not load its SDK
    from openai import AsyncOpenAI


class NoDraftError(Exception):
    """The model's stream held no text, or ended before the model had: the next attempt asks again."""


class ApprovalActivities:
    """One desk and one model."""

    def __init__(self, desk: Desk, llm: "AsyncOpenAI", *, model: str = "gpt-4o-mini") -> None:
        self._desk = desk
        self._llm = llm
        self._model = model

    @activity.defn
    async def draft(self, order: DraftOrder) -> str:
        """Let the model write; each piece of its stream is a heartbeat."""
        wishes = "\n".join(order.wishes)
        stream = await self._llm.chat.completions.create(
            model=self._model,
            messages=[{"role": "user", "content": f"Write a short notice about {order.topic}.\n{wishes}"}],
            stream=True,
            extra_headers={"Idempotency-Key": order.key},
        )
        pieces: list[str] = []
        finished = ""
        async for chunk in stream:
            activity.heartbeat()
            pieces += [choice.delta.content or "" for choice in chunk.choices]
            finished = next((choice.finish_reason for choice in chunk.choices if choice.finish_reason), finished)
        text = "".join(pieces)
        if not (text and finished):  # no text, or the beginning of one, must not reach the reviewers as a draft
            raise NoDraftError(finished or "the stream broke off")
        return text

    @activity.defn
    async def remind(self, notice: Notice) -> None:
        """Remind the reviewers, once per key."""
        with effect("reminder", key=notice.key, idempotency_key=notice.key, input=notice.text):
            await asyncio.to_thread(self._desk.put, notice.key, "reminder", notice.text)

    @activity.defn
    async def publish(self, notice: Notice) -> None:
        """Publish the text, once per key."""
        with effect("publication", key=notice.key, idempotency_key=notice.key, input=notice.text):
            await asyncio.to_thread(self._desk.put, notice.key, "publication", notice.text)

    @activity.defn
    async def withdraw(self, withdrawal: Withdrawal) -> None:
        """Clear the draft from the desk, once per key."""
        with effect("withdrawal", key=withdrawal.key, idempotency_key=withdrawal.key):
            await asyncio.to_thread(self._desk.put, withdrawal.key, "withdrawal", "")
