"""One pair of the benchmark: a recorded scenario, the change made since, and what must be said of it."""

from dataclasses import dataclass
from enum import StrEnum

from tests.planted.change import Edit


class Expected(StrEnum):
    """What an expert says of the change, for the run whose history it is judged on."""

    MUST_FAIL = "must fail"
    """A run in flight would wedge, or silently go another way."""

    MUST_WARN = "must warn"
    """Temporal accepts the new code, but the run would behave differently."""

    MUST_PASS = "must pass"  # noqa: S105 - a verdict
    """The run would go on as recorded."""


@dataclass(frozen=True, slots=True)
class Case:
    """A changed workflow and the history it is judged on.

    `edits` turn the base's source (not the recorded variant of it) into the changed source. `recorded` and `new` are
    the step to blame on each side, as reports write it: empty where that side is not asked for. `sandboxed` cases run
    in the SDK's workflow sandbox; `factory` names a function of the base that returns the worker's arguments.
    """

    name: str
    change_class: str
    scenario: str
    expected: Expected
    edits: tuple[Edit, ...] = ()
    recorded: str = ""
    new: str = ""
    note: str = ""
    sandboxed: bool = False
    factory: str = ""


def must_fail(
    name: str,
    change_class: str,
    scenario: str,
    *edits: Edit,
    recorded: str = "",
    new: str = "",
    note: str = "",
    sandboxed: bool = False,
) -> Case:
    """Make a case that must be called diverged."""
    return Case(name, change_class, scenario, Expected.MUST_FAIL, edits, recorded, new, note, sandboxed)


def must_warn(
    name: str,
    change_class: str,
    scenario: str,
    *edits: Edit,
    recorded: str = "",
    new: str = "",
    note: str = "",
    sandboxed: bool = False,
) -> Case:
    """Make a case that must be called drifted, or diverged."""
    return Case(name, change_class, scenario, Expected.MUST_WARN, edits, recorded, new, note, sandboxed)


def must_pass(
    name: str,
    change_class: str,
    scenario: str,
    *edits: Edit,
    note: str = "",
    sandboxed: bool = False,
    factory: str = "",
) -> Case:
    """Make a control, which must be called clean."""
    return Case(name, change_class, scenario, Expected.MUST_PASS, edits, "", "", note, sandboxed, factory)
