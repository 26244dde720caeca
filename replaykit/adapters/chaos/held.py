"""What others hang on a run under a plan: a task held back, a server that goes down, answers of a cassette."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from replaykit.adapters.http_tape import HttpTape
from replaykit.adapters.player import Player
from replaykit.model.cassette import Content


@dataclass(slots=True)
class Hold:
    """A workflow task that is held back until whoever holds it lets go."""

    began: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class Outage:
    """The server goes down once all runs of a batch stand at their boundaries, and they go on when it is back."""

    standing: set[str] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class Answers:
    """A run's own use of the cassette: what it answers of activities, and of the requests that they make."""

    player: Player
    activities: bool
    http: HttpTape | None
    recorded_as: tuple[str, ...] = ()
    known: frozenset[str] | None = None
    unanswered: Sequence[tuple[str, Sequence[Content]]] = ()
