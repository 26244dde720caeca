"""Faults are put into a cassette: in front of a recording, or in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from replaykit.errors import FaultImpossible
from replaykit.model.cassette import Cassette, Interaction
from replaykit.rules.llm_faults.fault import LlmFault

Faults: TypeAlias = Mapping[int, LlmFault | Sequence[LlmFault]]
"""Faults by the number of the recording that each stands in front of, from 1."""


def with_fault(cassette: Cassette, fault: LlmFault, *, number: int, times: int = 1, instead: bool = False) -> Cassette:
    """Put a fault where a recording is.

    Recordings of one question are played in order, so whoever asks runs into the fault first; asking again brings the
    recording.

    Args:
        cassette: The cassette.
        fault: What goes wrong.
        number: The recording's number, from 1, as `show` prints it.
        times: How many times one after another.
        instead: Whether the recording goes.

    Raises:
        FaultImpossible: There is no such recording, or the fault cannot happen to it.
    """
    struck, places = with_faults(cassette, {number: (fault,) * times})
    if not instead:
        return struck
    replaced = max(places) + 1
    return replace(struck, interactions=(*struck.interactions[:replaced], *struck.interactions[replaced + 1 :]))


def with_faults(cassette: Cassette, faults: Faults) -> tuple[Cassette, frozenset[int]]:
    """Put faults in front of recordings, each under the number of one.

    Returns:
        The cassette, and the places of the faults in it, from 0.

    Raises:
        FaultImpossible: There is no such recording, or a fault cannot happen to it.
    """
    interactions: list[Interaction] = []
    places: set[int] = set()
    for number, recording in enumerate(cassette.interactions, start=1):
        here = faults.get(number, ())
        for fault in (here,) if isinstance(here, LlmFault) else here:
            places.add(len(interactions))
            interactions.append(fault.instead_of(recording))
        interactions.append(recording)
    for number in set(faults) - set(range(1, len(cassette.interactions) + 1)):
        raise _no_recording(cassette, number)
    return replace(cassette, interactions=tuple(interactions)), frozenset(places)


def _no_recording(cassette: Cassette, number: int) -> FaultImpossible:
    return FaultImpossible(
        f"There is no recording #{number} to have a fault.",
        cause=f"the cassette holds {len(cassette.interactions)} recordings, counted from 1",
        fix="replaykit cassette show FILE   lists them with their numbers",
    )
