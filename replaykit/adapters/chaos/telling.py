"""A run in a process that is to be killed: all that happens to it is told to the parent as it happens."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.kill_messages import Arm, News, Parked, Told
from replaykit.adapters.chaos.registry import Registry
from replaykit.model.scenario import Scenario

Tell: TypeAlias = Callable[[News], None]

# Called with the same arguments on both sides, these make the same of a run.
_TOLD = (
    "begins",
    "child",
    "scheduled",
    "passes",
    "fires",
    "spends",
    "too_late",
    "task_fails",
    "task_succeeds",
    "leaves_unfinished",
    "ends_badly",
    "acts",
    "happens",
    "collapses",
)


def tells(armed: Armed, tell: Tell) -> None:
    """Have a run tell what happens to it, and park where it is to die."""
    for method in _TOLD:
        setattr(armed, method, _telling(armed, method, tell))
    armed.parks = lambda strike: tell(Parked(armed.workflow_id, strike))


def _telling(armed: Armed, method: str, tell: Tell) -> Callable[..., Any]:
    own = getattr(armed, method)

    def told(*args: Any) -> Any:  # noqa: ANN401 - as the method has it
        given = tuple(tuple(arg) if isinstance(arg, Iterator) else arg for arg in args)
        tell(Told(armed.workflow_id, method, given))
        return own(*given)

    return told


def retell(armed: Armed, said: Iterable[Told]) -> None:
    """Do to a run what was told of it in another process.

    Raises:
        ValueError: Something else was told.
    """
    for each in said:
        if each.method not in _TOLD:
            message = f"nobody tells {each.method!r}"
            raise ValueError(message)
        getattr(armed, each.method)(*each.args)


def arm(registry: Registry, scenario: Scenario, order: Arm, tell: Tell) -> Armed:
    """Arm a run as the parent has it, with what befell it in processes that are dead."""
    armed = registry.arm(order.workflow_id, order.plan, untrusted=scenario.untrusted, updates=bool(scenario.updates))
    retell(armed, order.before)
    for each in order.before:
        if each.method == "child":
            registry.joins(each.args[0], armed)
    tells(armed, tell)
    return armed
