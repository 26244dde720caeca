"""What a child does with its document: measure it, let the model sum it up."""

from typing import TYPE_CHECKING

from temporalio import activity

from .models import Digest

if TYPE_CHECKING:  # the worker makes the client; a replay of the workflow need not load its SDK
    from openai import AsyncOpenAI


class EmptyDocumentError(Exception):
    """There is nothing to sum up: trying again will not help."""


class NoSummaryError(Exception):
    """The model answered and said nothing, or refused: the next attempt asks again."""


class FanOutActivities:
    """One model."""

    def __init__(self, llm: "AsyncOpenAI", *, model: str = "gpt-4o-mini") -> None:
        self._llm = llm
        self._model = model

    @activity.defn
    async def count_words(self, text: str) -> int:
        """Measure a text: quick and without effects, so it runs as a local activity."""
        words = len(text.split())
        if not words:
            raise EmptyDocumentError
        return words

    @activity.defn
    async def digest(self, digest: Digest) -> str:
        """Let the model sum the text up."""
        answer = await self._llm.chat.completions.create(
            model=self._model,
            messages=[{"role": "user", "content": f"Sum up:\n{digest.text}"}],
            extra_headers={"Idempotency-Key": digest.key},
        )
        choice = answer.choices[0] if answer.choices else None
        if choice is None or not choice.message.content:  # an empty summary is none
            raise NoSummaryError(choice and (choice.message.refusal or choice.finish_reason))
        return choice.message.content
