"""Bugs of families: children that nobody waits for, or whose failure nobody sees; and workers that forget."""

from collections.abc import Sequence

from temporalio import activity, workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError, is_cancelled_exception
from temporalio.workflow import ParentClosePolicy

from replaykit import effect
from replaykit.model.chaos_report import Violation
from replaykit.model.scenario import Scenario, Signal
from tests.planted.bugs.case import PlantedBug, Twin, at, at_run, plan
from tests.planted.bugs.steps import STEPS, own_id, step

# What a worker keeps in its memory between two activities.
SESSIONS: dict[str, str] = {}


@activity.defn(dynamic=True)
async def write_to(_args: Sequence[RawValue]) -> str:
    """Write to whom the step is named after."""
    name = activity.info().activity_type
    with effect("letter", key=f"{own_id()}/{name}", idempotency_key=f"{own_id()}/{name}"):
        return name


@activity.defn
async def ship_once_a_run() -> str:
    """Send the goods, under a key that the next run does not know."""
    with effect("ship", key=own_id(), idempotency_key=str(activity.info().workflow_run_id)):
        return "shipped"


@activity.defn
async def log_in() -> str:
    """Open a session, and keep it in memory."""
    SESSIONS[own_id()] = "session"
    return "session"


@activity.defn
async def fetch(session: str) -> str:
    """Use the session that was handed on, or the one in memory."""
    if not session and own_id() not in SESSIONS:
        raise ApplicationError("no session", type="NoSession", non_retryable=True)
    return "fetched"


@workflow.defn(sandboxed=False)
class Waits:
    """A child that waits until it is told to go, and releases the goods."""

    def __init__(self) -> None:
        self._told = False

    @workflow.run
    async def run(self) -> str:
        """Wait, then release."""
        await workflow.wait_condition(lambda: self._told)
        return str(await step("release"))

    @workflow.signal
    def go(self) -> None:
        """Go."""
        self._told = True


@workflow.defn(sandboxed=False)
class Parent:
    """Starts a child, checks, and has it go."""

    @workflow.run
    async def run(self, how: str) -> str:
        """Release by a child."""
        policy = ParentClosePolicy.ABANDON if how == "abandons" else ParentClosePolicy.TERMINATE
        child = await workflow.start_child_workflow(
            "Waits", id=f"{workflow.info().workflow_id}/child", parent_close_policy=policy
        )
        await step("notify")
        await child.signal("go")
        try:
            return str(await child)
        except ChildWorkflowError as error:
            if how != "ignores" or is_cancelled_exception(error):
                raise
        return "whatever"


@workflow.defn(sandboxed=False)
class Fetching:
    """Logs in, and fetches in a second activity."""

    @workflow.run
    async def run(self, how: str) -> str:
        """Fetch."""
        session = await step("log_in")
        return str(await step("fetch", session if how == "hands on" else ""))


@workflow.defn(sandboxed=False)
class Spreading:
    """Does steps in the order of a set, or of their names: of so many, no two processes have one order."""

    @workflow.run
    async def run(self, how: str) -> str:
        """Do all there is, in any order."""
        names = {"ann", "bob", "cleo", "dora", "emil", "fred", "gus"}
        for name in sorted(names) if how == "sorted" else names:
            try:
                await step(name)
            except ActivityError as error:
                raise ApplicationError("stopped", type="Stopped", non_retryable=True) from error
        return "done"


@workflow.defn(sandboxed=False)
class Chained:
    """Takes an update in each of two runs."""

    def __init__(self) -> None:
        self._orders = 0

    @workflow.run
    async def run(self, number: int) -> str:
        """Ship what is ordered, then go on as a new run."""
        await workflow.wait_condition(lambda: self._orders > 0 or number > 1)
        await workflow.wait_condition(workflow.all_handlers_finished)
        if number == 1:
            workflow.continue_as_new(number + 1)
        await workflow.sleep(60)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return "shipped"

    @workflow.update
    async def order(self) -> str:
        """Order once more."""
        self._orders += 1
        return str(await step("ship_once_a_run"))


def _scenario(workflow_class: type, arg: object, **more: object) -> Scenario:
    return Scenario(
        workflow=workflow_class,
        args=[arg],
        workflows=[Waits],
        activities=[*STEPS, log_in, fetch, ship_once_a_run, write_to],
        **more,  # type: ignore[arg-type]  # fields of it
    )


BUGS = (
    PlantedBug(
        "child_left_when_the_parent_fails",
        _scenario(Parent, "abandons"),
        plan(at("notify", "fatal_before")),
        Violation.ORPHANED,
        "the child waits for a parent that has ended",
    ),
    PlantedBug(
        "failure_of_the_child_ignored",
        _scenario(Parent, "ignores"),
        plan(at("release", "fatal_before", within="child workflow Waits #1")),
        Violation.DIVERGED,
        "the run completes though nothing was released",
    ),
    PlantedBug(
        "session_in_the_memory_of_a_worker",
        _scenario(Fetching, "forgets"),
        plan(at("fetch", "kill_before")),
        Violation.DIVERGED,
        "the worker that takes over knows no session",
    ),
    PlantedBug(
        "steps_in_the_order_of_a_set",
        _scenario(Spreading, "any", failures=["Stopped"]),
        plan(at("ann", "kill_before")),
        Violation.WEDGED,
        "the order of a set of texts is another in each process: the worker that takes over asks for another step",
    ),
    PlantedBug(
        "update_again_after_continue_as_new",
        _scenario(Chained, 1, updates=[Signal("order")]),
        plan(at_run("update_repeated")),
        Violation.DUPLICATED,
        "ids of updates are told apart within one run only",
    ),
)
TWINS = (
    Twin("session_handed_on", _scenario(Fetching, "hands on")),
    Twin("steps_in_the_order_of_their_names", _scenario(Spreading, "sorted", failures=["Stopped"])),
    Twin("child_ends_with_its_parent", _scenario(Parent, "ends")),
)
