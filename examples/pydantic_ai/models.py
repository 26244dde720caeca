"""The values that pass between the workflow and those who start it."""

from pydantic import BaseModel


class Visit(BaseModel, frozen=True):
    """What a visitor asks the guide; `follow_up` is asked when the first answer is there, empty for none."""

    question: str
    follow_up: str = ""


class Advice(BaseModel, frozen=True):
    """What the visitor was told: one answer for each question, and the tools that were called, in order."""

    answers: list[str]
    tools: list[str]
