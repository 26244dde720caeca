"""What many plans show alike is one finding, with the simplest plan that shows it."""

from replaykit.model.chaos_report import ChaosFinding, Violation
from replaykit.rules.chaos.gather import gather
from tests.chaos.results import result


def finding(violation: Violation, what: str, *faults: str) -> ChaosFinding:
    return ChaosFinding(violation, what, "", "", result(*faults))


def test_of_plans_that_show_the_same_the_simplest_stays_whichever_came_first() -> None:
    simple = finding(Violation.DUPLICATED, "effect charge: 2 commits", "error_after")
    later = finding(Violation.DUPLICATED, "effect charge: 5 commits", "zombie")
    assert gather([later, simple]) == (simple,)
    assert gather([simple, later]) == (simple,)


def test_what_proves_nothing_comes_last() -> None:
    leaked = finding(Violation.LEAKED, "effect charge", "fatal_after")
    missed = finding(Violation.NOT_FIRED, "it did not strike", "error_before")
    assert gather([missed, leaked]) == (leaked, missed)
