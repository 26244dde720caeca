"""The faults of a sweep are selected: by name or group, and by what can be injected here."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from replaykit.errors import ConfigInvalid, NothingToStrike
from replaykit.model.chaos import Trait
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.kinds import FaultKind, Fidelity, Group

WHY_NOT = {
    Fidelity.PROXY: "the wire: pip install 'temporal-replaykit[chaos]'",
    Fidelity.KILL: "real SIGKILLs: the scenario cannot be carried to another process",
    Fidelity.HTTP: "language models: no activity of this scenario asks one",
}


def select(names: Iterable[str], injects: Collection[str]) -> tuple[tuple[FaultKind, ...], tuple[str, ...]]:
    """Return the faults that are wanted and can be injected, and say of which that is not so.

    Args:
        names: Names of faults and of groups; none is all.
        injects: The names of faults that can be injected here.

    Raises:
        ConfigInvalid: There is no fault or group of a name.
    """
    chosen: dict[str, FaultKind] = {}
    asked = list(names)
    for name in asked or [group.value for group in Group]:
        found = {kind.name: kind for kind in KINDS.values() if name in {kind.name, kind.group.value}}
        if not found:
            raise ConfigInvalid(
                f"There is no fault or group of faults {name!r:.60}.",
                cause=f"the groups are {', '.join(group.value for group in Group)}",
                fix="replaykit chaos --list-faults",
            )
        # Who asks for malformed results by name wants them wherever there is a result.
        chosen |= (
            {each: replace(kind, needs=kind.needs - {Trait.UNTRUSTED}) for each, kind in found.items()}
            if asked
            else found
        )
    notes = dict.fromkeys(
        f"faults of {WHY_NOT[kind.fidelity]}"
        for kind in chosen.values()
        if kind.name not in injects and kind.fidelity in WHY_NOT
    )
    ordered = tuple(chosen[name] for name in KINDS if name in chosen and name in injects)
    return ordered, tuple(notes)


def nothing_to_strike(name: str, faults: Iterable[str]) -> NothingToStrike:
    """Make the error of a scenario to which no fault of those asked for can happen."""
    return NothingToStrike(
        f"Nothing of what is asked for can happen to {name}.",
        cause=f"none of the faults {', '.join(faults)} fits a boundary of its run",
        fix="replaykit chaos --list-faults   shows where each can strike",
    )
