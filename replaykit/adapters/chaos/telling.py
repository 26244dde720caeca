"""A run in a process that is to be killed: all that happens to it is told to the parent as it happens."""

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any, TypeAlias

from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.kill_messages import Arm, News, Parked, Told
from replaykit.adapters.chaos.registry import Registry
from replaykit.model.scenario import Scenario

Tell: TypeAlias = Callable[[News], None]

CHILD, ENDS_BADLY, COLLAPSES = "kin.child", "attempts.ends_badly", "attempts.collapses"
# Methods of Armed and of its parts: called with the same arguments on both sides, these make the same of a run.
_TOLD = (
    "passes",
    "fires",
    "spends",
    "task_fails",
    "task_succeeds",
    "leaves_unfinished",
    "happens",
    "kin.begins",
    CHILD,
    "kin.scheduled",
    ENDS_BADLY,
    "attempts.acts",
    COLLAPSES,
    "attempts.stays",
    "attempts.too_late",
)


def tells(armed: Armed, tell: Tell) -> None:
    """Have a run tell what happens to it, and park where it is to die."""
    for method in _TOLD:
        part, _, name = method.rpartition(".")
        setattr(getattr(armed, part) if part else armed, name, _telling(armed, method, tell))
    armed.parks = lambda strike: tell(Parked(armed.workflow_id, strike))


def _telling(armed: Armed, method: str, tell: Tell) -> Callable[..., Any]:
    own = attrgetter(method)(armed)

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
        attrgetter(each.method)(armed)(*each.args)


def arm(registry: Registry, scenario: Scenario, order: Arm, tell: Tell) -> Armed:
    """Arm a run as the parent has it, with what befell it in processes that are dead."""
    armed = registry.arm(order.workflow_id, order.plan, untrusted=scenario.untrusted, updates=bool(scenario.updates))
    retell(armed, order.before)
    for each in order.before:
        if each.method == CHILD:
            registry.joins(each.args[0], armed)
    tells(armed, tell)
    return armed
