"""Errors of chaos: of scenarios, of their baselines, and of plans."""

from replaykit.errors.problem import ReplaykitError


class ChaosError(ReplaykitError):
    """A scenario could not be swept."""

    slug = "chaos-error"


class ScenarioUnusable(ChaosError):
    """What was named is no scenario, or one that cannot be run."""

    slug = "scenario-unusable"


class BaselineUnstable(ChaosError):
    """Two runs without any fault did not do the same, so no difference can be blamed on a fault."""

    slug = "baseline-unstable"


class BaselineBroken(ChaosError):
    """The run without any fault does not end, or does not hold by itself what must hold."""

    slug = "baseline-broken"


class PlanUnreadable(ChaosError):
    """A file is no fault plan."""

    slug = "plan-unreadable"


class NothingToStrike(ChaosError):
    """No fault of those asked for can happen to this scenario."""

    slug = "nothing-to-strike"
    exit_code = 3
