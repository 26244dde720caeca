"""A scenario: the workflow that chaos strikes, what it is given, and what must hold, as the team's own values."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from replaykit.model.cassette import Content
from replaykit.model.chaos import RunResult

Invariant: TypeAlias = Callable[[RunResult], object]
Given: TypeAlias = Sequence[Any] | Callable[[str], Sequence[Any]]

PATIENCE = 30.0
"""Seconds after which a run hangs, where nobody says."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal that may come at any moment: chaos sends it at every boundary.

    Attributes:
        name: Its name.
        args: Its arguments.
    """

    name: str
    args: Sequence[Any] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is run again and again, each time with another failure.

    Attributes:
        workflow: The workflow's class, its run method, or its type's name.
        args: Its arguments; or a function that makes them of the run's workflow id, for activities whose own state
            would mix up runs of one sweep: they run side by side.
        activities: The real activities; or a function without arguments that makes them, once in each process.
        workflows: Further workflows of the worker, such as children; the class given as `workflow` is among them.
        name: What reports and plans call it; the workflow's type by default.
        worker: Further arguments of the Worker: `interceptors`, `plugins`, `workflow_failure_exception_types`, …; or a
            function without arguments that makes them, in each process anew: plugins often cannot be pickled.
        start: Further arguments with which a client starts it: `memo`, `search_attributes`, ….
        data_converter: The data converter of client and worker, or a function without arguments that makes it, in
            each process anew: what holds keys often cannot be pickled. None is Temporal's own.
        drive: Called with the workflow's handle once it runs: it sends what the run needs, such as an approval.
        signals: Signals that chaos may send at any moment, beside one that no workflow handles.
        updates: Updates that the scenario sends when it runs: name and arguments, each once.
        cassette: Path of the cassette that answers the run's activities, or their HTTP requests.
        recorded_as: The workflow id, and the run id, under which the cassette was recorded: in questions and answers
            they stand for the run's own.
        volatile: What differs from run to run in what the cassette is asked: `activity:plan input[0].run_id`.
        drift: Drift of replays that the team accepts, as in `[tool.replaykit] accept`.
        assumes_null: Whether an activity of whose type the cassette holds no answer at all returns nothing instead of
            failing; the report says so.
        unanswered: Activities, each a type and its input, that were still at work when the recorded run ended them or
            itself: they work until the run has ended.
        redacted: Whether secrets were replaced when the cassette was recorded, as they are by default.
        layers: What the cassette answers: `activity`, `http` or both.
        untrusted: Types of activities whose results may be malformed, such as one that hands on what a language model
            said; `*` is all. Temporal fails the workflow task, again and again, where a result has not the declared
            type, so that no code survives it whose types trust the activity.
        search_attributes: Custom search attributes that the workflow sets, and their types: `Keyword`, `Int`, ….
        failures: Types of failures with which the run may end, whatever struck it.
        accepts: A function of a run's result that says whether an end other than the baseline's is right.
        invariants: Functions of a run's result: what is false, a text, or an AssertionError is a finding.
        max_llm_calls: Calls of language models for which a run may be billed; None for twenty times those of the
            baseline. That is more than bounded retries make under any one fault, so that a right workflow passes, and
            less than what asks again for ever; whoever knows how often it may ask says so. What the provider refuses
            (429, 5xx) costs nothing and counts nothing; what it answered counts, though the answer was lost.
        max_tokens: Tokens that it may spend; None for no limit.
        max_dollars: Dollars that it may spend, as far as prices are known; None for no limit.
        inputs: A Hypothesis strategy of what `args` may be besides, for the search; None where the input stays.
        chain: Whether the runs that follow a continue-as-new belong to it.
        http_effects: Whether HTTP requests of activities that change something (all but GET, HEAD, OPTIONS and what
            asks a language model) are effects that need no declaration: one that is done more often than in the
            baseline is a finding, unless its header Idempotency-Key stayed the same. Inside a declared effect they
            are that one.
        timeout: Seconds after which a run that has not ended hangs.
    """

    workflow: Any
    args: Given = ()
    activities: Sequence[Callable[..., Any]] | Callable[[], Sequence[Callable[..., Any]]] = ()
    workflows: Sequence[type] = ()
    name: str = ""
    worker: Any = field(default_factory=dict)
    start: Mapping[str, Any] = field(default_factory=dict)
    data_converter: Any = None
    drive: Callable[..., Awaitable[Any]] | None = None
    signals: Sequence[Signal] = ()
    updates: Sequence[Signal] = ()
    cassette: str = ""
    recorded_as: Sequence[str] = ()
    volatile: Sequence[str] = ()
    drift: Sequence[str] = ()
    assumes_null: bool = False
    unanswered: Sequence[tuple[str, Sequence[Content]]] = ()
    redacted: bool = True
    layers: Sequence[str] = ("activity",)
    untrusted: Sequence[str] = ()
    search_attributes: Mapping[str, str] = field(default_factory=dict)
    failures: Sequence[str] = ()
    accepts: Callable[[RunResult], bool] | None = None
    invariants: Sequence[Invariant] = ()
    max_llm_calls: int | None = None
    max_tokens: int | None = None
    max_dollars: float | None = None
    inputs: Any = None
    chain: bool = True
    http_effects: bool = True
    timeout: float = PATIENCE
