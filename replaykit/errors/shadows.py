"""Errors of shadows: of their workers, and of their reports."""

from replaykit.errors.problem import ReplaykitError


class ShadowError(ReplaykitError):
    """A shadow could not be started, followed or stopped."""

    slug = "shadow-error"


class NoShadowWorker(ShadowError):
    """No worker polls the task queue that a shadow would be put on."""

    slug = "no-shadow-worker"


class NoShadowReport(ShadowError):
    """A workflow gives no report of a shadow: it is none, or it ended without one."""

    slug = "no-shadow-report"
