"""The metrics of a shadow, by the SDK's own meter and exporter.

The workflow counts, and not the activities: a shard that a lost worker judged in part is judged again in part, and a
counter in the activity would count that twice. The workflow counts a run when its verdict is counted in its state,
and the workflow's meter is silent when the workflow is replayed.
"""

from collections.abc import Iterable
from datetime import timedelta

from temporalio.common import MetricMeter
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from replaykit.errors import ConfigInvalid
from replaykit.model.shadow import VERDICTS, Judged

PREFIX = "replaykit_shadow_"
LATENCY = f"{PREFIX}latency"
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_TOLD = {
    "replayed": "Histories that were replayed and had something to compare.",
    "clean": "Histories whose replay was clean.",
    "drifted": "Histories that drifted: the same steps, other values.",
    "diverged": "Histories that diverged: other steps, or more, or fewer.",
    "inconclusive": "Histories of which nothing can be said.",
    "skipped": "Runs that were not judged: gone, or of a workflow type that the workers have not.",
}


class Metrics:
    """Counters by verdict, and how long replays took."""

    def __init__(self, meter: MetricMeter, *, fresh: bool) -> None:
        """Make the metrics; a fresh shadow shows its counters at 0."""
        self._counters = {name: meter.create_counter(PREFIX + name, told) for name, told in _TOLD.items()}
        self._latency = meter.create_histogram_timedelta(LATENCY, "Time in which a history was judged.", "duration")
        if fresh:
            for counter in self._counters.values():
                counter.add(0)

    def judged(self, counted: Iterable[Judged]) -> None:
        """Count verdicts."""
        for judged in counted:
            if judged.verdict in VERDICTS:
                self._counters[judged.verdict].add(1)
            if judged.replayed:
                self._counters["replayed"].add(1)
            if judged.seconds:
                self._latency.record(timedelta(seconds=judged.seconds))

    def skipped(self, count: int) -> None:
        """Count runs that were skipped before they came into a shard."""
        if count:
            self._counters["skipped"].add(count)


def exporting(address: str) -> Runtime:
    """Make a runtime whose metrics Prometheus finds at http://ADDRESS/metrics.

    Raises:
        ConfigInvalid: Nothing can listen at the address.
    """
    prometheus = PrometheusConfig(
        bind_address=address,
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
        histogram_bucket_overrides={LATENCY: BUCKETS},
    )
    try:
        return Runtime(telemetry=TelemetryConfig(metrics=prometheus))
    except (RuntimeError, ValueError) as error:
        raise ConfigInvalid(
            f"Metrics cannot be served at {address}.",
            cause=str(error).splitlines()[0][:200] or "nothing can listen there",
            fix="another port, or one of this machine's own addresses: --metrics 127.0.0.1:9464",
        ) from None
