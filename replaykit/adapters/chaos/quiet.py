"""What the SDK says of failures that are meant stays out of the report."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

_LOUD = "temporalio"


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the SDK's logs of injected failures away while the block runs."""
    logger = logging.getLogger(_LOUD)
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    with warnings.catch_warnings():
        # Handlers that do not end are findings, each with its run; the SDK's warning names neither.
        warnings.filterwarnings("ignore", module="temporalio")
        try:
            yield
        finally:
            logger.setLevel(before)


def quiet_runtime() -> Runtime:
    """Return a runtime of Core's own that logs nothing but errors."""
    return Runtime(
        telemetry=TelemetryConfig(logging=LoggingConfig(TelemetryFilter(core_level="ERROR", other_level="ERROR")))
    )
