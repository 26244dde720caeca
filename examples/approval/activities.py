"""What an approval does in the world: draft, remind, publish, withdraw."""

import asyncio
from typing import TYPE_CHECKING

from temporalio import activity

from .desk import Desk
from .models import DraftOrder, Notice, Withdrawal

if TYPE_CHECKING:  # the worker makes the client; a replay of the workflow need not load its SDK
    from openai import AsyncOpenAI


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
        async for chunk in stream:
            activity.heartbeat()
            pieces += [choice.delta.content or "" for choice in chunk.choices]
        return "".join(pieces)

    @activity.defn
    async def remind(self, notice: Notice) -> None:
        """Remind the reviewers, once per key."""
        await asyncio.to_thread(self._desk.put, notice.key, "reminder", notice.text)

    @activity.defn
    async def publish(self, notice: Notice) -> None:
        """Publish the text, once per key."""
        await asyncio.to_thread(self._desk.put, notice.key, "publication", notice.text)

    @activity.defn
    async def withdraw(self, withdrawal: Withdrawal) -> None:
        """Clear the draft from the desk, once per key."""
        await asyncio.to_thread(self._desk.put, withdrawal.key, "withdrawal", "")
