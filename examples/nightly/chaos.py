"""Nights under chaos, with the pipeline that each starts: `replaykit chaos examples/nightly`."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio.common import SearchAttributePair, TypedSearchAttributes

from examples.ai_pipeline.chaos import activities as pipeline_activities
from examples.ai_pipeline.workflows import AiPipeline
from replaykit import Scenario

from .activities import NightlyActivities
from .models import Night
from .workflows import SCHEDULED, NightlyJobs


def activities() -> Sequence[Callable[..., Any]]:
    """The night's report, and what the pipeline's own worker would do."""
    return [NightlyActivities(Path(".replaykit/chaos/reports")).write_report, *pipeline_activities()]


# What the server sets on a run that a Schedule starts.
MEANT_FOR = TypedSearchAttributes([SearchAttributePair(SCHEDULED, datetime(2026, 1, 5, 2, tzinfo=UTC))])

NIGHT = Scenario(
    name="nightly",
    workflow=NightlyJobs,
    workflows=[AiPipeline],
    args=[Night()],
    activities=activities,
    start={"search_attributes": MEANT_FOR},
)
