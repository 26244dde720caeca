"""The counts of one replay of a corpus."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from replaykit.model.verdict import Clean, name_of

if TYPE_CHECKING:
    from replaykit.errors import Problem
    from replaykit.model.case import Judgement


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run of the replay job found, without the findings themselves.

    `stale` are the entries of accepted drift that covered nothing in the whole run.
    """

    clean: int = 0
    drifted: int = 0
    diverged: int = 0
    inconclusive: int = 0
    replayed: int = 0
    prefixes: int = 0
    seconds: float = 0.0
    processes: int = 0
    problems: tuple["Problem", ...] = ()
    accepted: frozenset[str] = frozenset()
    stale: tuple[str, ...] = ()
    unverified: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """The number of histories that got a verdict."""
        return self.clean + self.drifted + self.diverged + self.inconclusive

    def with_judgement(self, judgement: "Judgement") -> "Summary":
        """Count one more judgement."""
        name = name_of(judgement.verdict)
        notes = Counter(self.unverified)
        for note in getattr(judgement.verdict, "unverified", ()):
            notes[note.what, note.why] += 1
        vacuous = isinstance(judgement.verdict, Clean) and judgement.verdict.steps == 0
        judged = name != "inconclusive" and not vacuous
        return replace(
            self,
            **{name: getattr(self, name) + 1},
            unverified=notes,
            accepted=self.accepted | set(getattr(judgement.verdict, "accepted", ())),
            replayed=self.replayed + judged,
            prefixes=self.prefixes + judgement.prefixes,
        )
