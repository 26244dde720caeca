"""Drift that the team has accepted is taken out of a comparison, and accepted paths that match nothing are named.

An entry reads `[WORKFLOW_TYPE/]KIND:NAME PATH`: the step's kind and name, and the path below it as a finding shows it.

    activity:run_llm_analysis input[1].temperature     one value of every step of this kind and name
    activity:run_llm_analysis input.temperature        the same in whichever argument it stands
    AiPipeline/timer: duration                         the timers of one workflow
    activity:* summary                                 every activity's summary

A path covers what lies below it; `*` stands for any text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from replaykit.errors import ConfigInvalid
from replaykit.model.finding import Drift
from replaykit.model.step import StepKind
from replaykit.rules.paths import covering

_FORM = re.compile(r"(?:(?P<workflow>[^/\s]+)/)?(?P<kind>[a-z][a-z ]*[a-z]):(?P<name>\S*)\s+(?P<path>\S+)")


@dataclass(frozen=True, slots=True)
class Accepted:
    """One accepted kind of drift; empty `workflow` is every workflow type."""

    text: str
    workflow: str
    kind: StepKind
    name: str
    path: str

    def covers(self, workflow_type: str, drift: Drift, path: str) -> bool:
        """Say whether a change of this path below a drifted step is accepted."""
        key = drift.recorded.key
        return (
            key.kind is self.kind
            and (not self.workflow or _matches(self.workflow, workflow_type))
            and _matches(self.name, key.name)
            and covering(self.path).fullmatch(path) is not None
        )


def parse(entries: Iterable[str]) -> tuple[Accepted, ...]:
    """Read the entries of the configuration.

    Raises:
        ConfigInvalid: An entry has another form, or names a kind of step that does not exist.
    """
    return tuple(_parsed(entry) for entry in entries)


def _parsed(entry: str) -> Accepted:
    found = _FORM.fullmatch(entry.strip())
    kinds = [kind.value for kind in StepKind]
    if found is None or found["kind"] not in kinds:
        raise ConfigInvalid(
            f"The accepted drift {entry!r} cannot be read.",
            cause=f"an entry is written [WORKFLOW_TYPE/]KIND:NAME PATH; the kinds are {', '.join(kinds)}",
            fix='accept = ["activity:run_llm_analysis input.temperature"]',
        )
    return Accepted(entry, found["workflow"] or "", StepKind(found["kind"]), found["name"], found["path"])


def without_accepted(
    drifts: Iterable[Drift], accepted: Iterable[Accepted], *, workflow_type: str
) -> tuple[tuple[Drift, ...], tuple[str, ...]]:
    """Take accepted changes out of drifts.

    Returns:
        The drifts that remain, and the texts of the entries that covered something.
    """
    entries = tuple(accepted)
    used: set[str] = set()
    remaining: list[Drift] = []
    for drift in drifts:
        kept = []
        for change in drift.changes:
            covering = {e.text for e in entries if e.covers(workflow_type, drift, change.path)}
            used |= covering
            if not covering:
                kept.append(change)
        if kept:
            remaining.append(replace(drift, changes=tuple(kept)))
    return tuple(remaining), tuple(sorted(used))


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), text) is not None
