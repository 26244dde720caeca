"""Why a run hangs, as far as the plan tells, and what to do about it."""

from replaykit.model.chaos import RunResult


def of_a_hang(result: RunResult) -> tuple[str, str]:
    """Return the likely cause of a run that does not end, and what to do."""
    for strike in result.plan.strikes:
        if strike.fault == "heartbeat_stops":
            why = (
                f"{strike.at.name} heartbeats, but no heartbeat timeout waits for that: a worker that dies is noticed "
                "when the start-to-close timeout comes"
            )
            return why, f"give {strike.at.name} a heartbeat_timeout of a few of its heartbeats"
    return (
        "it waits for something that does not come",
        "look at the timeline (--explain) for what it waits for; Scenario(timeout=…) where it needs longer",
    )
