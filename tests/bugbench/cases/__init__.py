"""The table of cases, by what they change."""

from itertools import chain

from tests.bugbench.cases import (
    activities,
    attributes,
    children,
    concurrency,
    controls,
    endings,
    external,
    local_activities,
    nexus,
    open_runs,
    patches,
    randomness,
    signals,
    timers,
    unsteady,
    updates,
)

_TABLES = (
    activities.CASES,
    local_activities.CASES,
    timers.CASES,
    children.CASES,
    signals.CASES,
    updates.CASES,
    external.CASES,
    nexus.CASES,
    attributes.CASES,
    patches.CASES,
    endings.CASES,
    concurrency.CASES,
    randomness.CASES,
    open_runs.CASES,
    unsteady.CASES,
    controls.CASES,
)

CASES = tuple(chain.from_iterable(_TABLES))
