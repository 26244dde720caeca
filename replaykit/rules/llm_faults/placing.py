"""Faults are put into a cassette: in front of a recording, or in its place."""

from dataclasses import replace

from replaykit.errors import FaultImpossible
from replaykit.model.cassette import Cassette
from replaykit.rules.llm_faults.fault import LlmFault


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
    if not 1 <= number <= len(cassette.interactions) or times < 1:
        raise FaultImpossible(
            f"There is no recording #{number} to have a fault {times} times.",
            cause=f"the cassette holds {len(cassette.interactions)} recordings, counted from 1",
            fix="replaykit cassette show FILE   lists them with their numbers; a fault happens at least once",
        )
    before, recording = cassette.interactions[: number - 1], cassette.interactions[number - 1]
    struck = (fault.instead_of(recording),) * times
    kept = () if instead else (recording,)
    return replace(cassette, interactions=(*before, *struck, *kept, *cassette.interactions[number:]))
