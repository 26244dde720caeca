"""The values that pass between the workflow and those who start it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visitor asks at the harbour desk.

    Attributes:
        question: In the visitor's words.
        follow_up: Asked when the first answer is there; empty for none.
    """

    question: str
    follow_up: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """What the visitor was told.

    Attributes:
        answers: One for each question.
        agent: Which agent answered last.
        tools: The tools that were called, in order.
    """

    answers: list[str]
    agent: str
    tools: list[str]
