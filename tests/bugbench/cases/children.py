"""Child workflows: other ones, under other ids, with other options."""

from tests.bugbench.case import Case, must_fail, must_pass, must_warn
from tests.bugbench.scenarios import LONG_CHILD
from tests.planted.change import before, replacing, swapping

FIRST = "        first = await"
SECOND = "        second = await"
CLOSE = "        await workflow.execute_activity(close"
ID = 'id=f"{fleet}-truck"'
TRUCK = "child workflow Truck #1"
VAN = "child workflow Van #1"
MORE = "        await workflow.execute_child_workflow(Van.run, 'sand', id='van-9')\n"
COMMON = "from temporalio import activity, workflow\n"


def option(name: str, change_class: str, text: str, imported: str = "") -> Case:
    """Start the first child with one more option."""
    edits = [replacing(ID, f"{ID}, {text}")]
    if imported:
        edits.append(replacing(COMMON, f"{COMMON}from temporalio.common import {imported}\n"))
    return must_warn(name, change_class, "fleet", *edits, recorded=TRUCK, new=TRUCK)


STEPS = (
    must_fail("child-id", "child id", "fleet", replacing(ID, 'id=f"truck-{fleet}"'), recorded=TRUCK, new=TRUCK),
    must_fail(
        "child-type", "child type", "fleet", replacing('Truck.run, "bricks"', 'Van.run, "bricks"'), recorded=TRUCK,
        new=VAN, sandboxed=True,
    ),
    must_fail(
        "child-random-id-shifted", "child id", "fleet", before(FIRST, "        workflow.uuid4()\n"), recorded=VAN,
        new=VAN, note="the second child's id is drawn from the workflow's random seed",
    ),
    must_fail(
        "child-added", "child added", "fleet", before(CLOSE, MORE), recorded="activity close #1",
        new="child workflow Van #2",
    ),
    must_fail(
        "child-removed", "child removed", "fleet",
        replacing(f'{SECOND} workflow.execute_child_workflow(Van.run, "glass")\n', '        second = ""\n'),
        recorded=VAN, new="activity close #1",
    ),
    must_fail(
        "child-swapped", "children reordered", "fleet", swapping(FIRST, SECOND, CLOSE), recorded=TRUCK, new=VAN,
    ),
    must_fail(
        "child-made-activity", "child to activity", "fleet",
        replacing(
            'execute_child_workflow(Van.run, "glass")',
            'execute_activity("carry", "glass", start_to_close_timeout=SOON)',
        ),
        recorded=VAN, new="activity carry #1",
    ),
    must_warn(
        "child-not-awaited", "child started, not awaited", "fleet",
        replacing(
            "first = await workflow.execute_child_workflow(Truck.run",
            "first = await workflow.start_child_workflow(Truck.run",
        ),
        new=VAN,
    ),
)  # fmt: skip

OPTIONS = (
    must_warn("child-input", "child input", "fleet", replacing('"bricks"', '"tiles"'), recorded=TRUCK, new=TRUCK),
    option("child-task-queue", "child options", 'task_queue="trucks"'),
    option("child-run-timeout", "child options", "run_timeout=SOON"),
    option("child-execution-timeout", "child options", "execution_timeout=SOON"),
    option("child-task-timeout", "child options", "task_timeout=SOON / 2"),
    option("child-close-policy", "child options", "parent_close_policy=workflow.ParentClosePolicy.ABANDON"),
    option(
        "child-reuse-policy", "child options", "id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE",
        "WorkflowIDReusePolicy",
    ),
    option("child-retry-policy", "child options", "retry_policy=RetryPolicy(maximum_attempts=2)", "RetryPolicy"),
    option("child-memo", "child options", 'memo={"load": "heavy"}'),
    option("child-cron", "child options", 'cron_schedule="0 0 * * *"'),
    option("child-summary", "child options", 'static_summary="a truck"'),
)  # fmt: skip

CANCELLED = (
    must_fail(
        "child-abandoned", "child cancellation type", "fleet-cancelled", *LONG_CHILD,
        replacing(ID, f"{ID}, cancellation_type=workflow.ChildWorkflowCancellationType.ABANDON"),
        recorded="external cancel #1",
    ),
    must_fail(
        "child-cancel-not-awaited", "child cancellation type", "fleet-cancelled", *LONG_CHILD,
        replacing(ID, f"{ID}, cancellation_type=workflow.ChildWorkflowCancellationType.TRY_CANCEL"), new="cancel",
    ),
    must_fail(
        "child-open-swapped", "open run: pending child replaced", "fleet-waiting", swapping(FIRST, SECOND, CLOSE),
        recorded=TRUCK, new=VAN,
    ),
    must_pass(
        "child-open-change-behind", "open run: change not reached", "fleet-waiting", *LONG_CHILD, before(CLOSE, MORE),
    ),
)  # fmt: skip

CASES = STEPS + OPTIONS + CANCELLED
