"""What an attempt told of a shard in its heartbeats is read back: Temporal gives it as plain JSON."""

from typing import Any

from temporalio.converter import value_to_type

from replaykit.model.shadow import Verdicts


def verdicts_in(told: Any) -> Verdicts:  # noqa: ANN401 - the JSON of a heartbeat
    """Read the details of a heartbeat."""
    read: Verdicts = value_to_type(Verdicts, told)
    return read
