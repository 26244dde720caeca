"""The values that pass between the agent's workflow and its activities."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """What the agent is to find out, and how long it may try.

    Attributes:
        text: The goal in a sentence.
        points: What must be settled before the goal is reached.
        max_turns: The agent gives up after so many turns.
        turns_per_run: A run continues as new after so many, to keep its history short.
    """

    text: str
    points: list[str]
    max_turns: int = 50
    turns_per_run: int = 20


@dataclass(frozen=True, slots=True)
class Notes:
    """What the agent knows: handed from turn to turn and from run to run."""

    open_points: list[str]
    summary: str = ""
    turns: int = 0


@dataclass(frozen=True, slots=True)
class Planning:
    """Ask the model what to do next."""

    key: str
    goal: str
    notes: Notes


@dataclass(frozen=True, slots=True)
class Plan:
    """What the model chose: a tool and what to ask it; or to finish."""

    tool: str
    argument: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """Ask a tool."""

    key: str
    argument: str


@dataclass(frozen=True, slots=True)
class Observation:
    """Fold what a tool said into the summary."""

    key: str
    summary: str
    plan: Plan
    said: str


@dataclass(frozen=True, slots=True)
class AgentResult:
    """What the agent found out."""

    summary: str
    turns: int
