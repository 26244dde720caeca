"""Activities: other ones, in another order, asked otherwise."""

from tests.bugbench.case import must_fail, must_warn
from tests.planted.change import Edit, before, replacing, swapping

CHARGE = "        receipt = await workflow.execute_activity("
RESERVE = "        shelf = await workflow.execute_activity("
REST = "        await workflow.sleep(0.1)\n"
LOOP = "        for text in"
RETURN = '        return f"{receipt}'
CHARGED = "charge, args=[order, cents], start_to_close_timeout=SOON"
RESERVED = "reserve, order, start_to_close_timeout=SOON"
AUDIT = '        await workflow.execute_activity("audit", order, start_to_close_timeout=SOON)\n'


def charged(options: str) -> Edit:
    """Charge with more or other options."""
    return replacing(CHARGED, f"charge, args=[order, cents], {options}")


STEPS = (
    must_fail(
        "activity-swapped", "activities reordered", "order", swapping(CHARGE, RESERVE, REST),
        recorded="activity charge #1", new="activity reserve #1",
    ),
    must_fail(
        "activity-added-first", "activity added", "order", before(CHARGE, AUDIT), recorded="activity charge #1",
        new="activity audit #1",
    ),
    must_fail(
        "activity-added-last", "activity added", "order", before(RETURN, AUDIT), recorded="complete",
        new="activity audit #1",
    ),
    must_fail(
        "activity-added-beside-timer", "activity added", "order", before(REST, AUDIT), recorded="timer #1",
        new="activity audit #1", sandboxed=True,
    ),
    must_fail(
        "activity-removed", "activity removed", "order", replacing(f"{RESERVE}{RESERVED})\n", "        shelf = 7\n"),
        recorded="activity reserve #1", new="timer #1",
    ),
    must_fail(
        "activity-renamed", "activity renamed", "order",
        replacing("@activity.defn\nasync def reserve(", '@activity.defn(name="book")\nasync def reserve('),
        recorded="activity reserve #1", new="activity book #1",
    ),
    must_fail(
        "activity-with-own-id", "explicit activity id", "order",
        charged('start_to_close_timeout=SOON, activity_id="charge-1"'), recorded="activity charge #1",
        new="activity charge #1",
    ),
    must_fail(
        "activity-made-local", "activity to local activity", "order",
        replacing(f"{RESERVE}{RESERVED}", f"        shelf = await workflow.execute_local_activity({RESERVED}"),
        recorded="activity reserve #1", new="local activity reserve #1",
    ),
    must_fail(
        "activity-made-timer", "activity to timer", "order",
        replacing(f"{RESERVE}{RESERVED})\n", "        shelf = 7\n        await workflow.sleep(0.2)\n"),
        recorded="activity reserve #1", new="timer #1",
    ),
    must_fail(
        "activity-loop-longer", "loop count", "order",
        replacing('("picked", "packed")', '("picked", "packed", "sent")'), recorded="complete",
        new="activity notify #3",
    ),
    must_fail(
        "activity-loop-shorter", "loop count", "order", replacing('("picked", "packed")', '("picked",)'),
        recorded="activity notify #2", new="complete",
    ),
    must_fail(
        "activity-branch-on-result", "branch on a result", "order",
        before(REST, '        if receipt.startswith("receipt"):\n    ' + AUDIT), recorded="timer #1",
        new="activity audit #1",
    ),
    must_fail(
        "activity-branch-on-input", "branch on the input", "order",
        before(CHARGE, f"        if cents > 4000:\n    {AUDIT}"), recorded="activity charge #1",
        new="activity audit #1", sandboxed=True,
    ),
    must_warn(
        "activity-not-awaited", "activity started, not awaited", "order",
        replacing(f"{RESERVE}{RESERVED})\n", f"        workflow.start_activity({RESERVED})\n        shelf = 7\n"),
        new="timer #1", note="the recorded timer came a workflow task later",
    ),
)  # fmt: skip

OPTIONS = (
    must_warn(
        "activity-same-type-swapped", "same-type activities reordered", "order",
        replacing('("picked", "packed")', '("packed", "picked")'), recorded="activity notify #1",
        new="activity notify #1",
    ),
    must_warn(
        "activity-input", "activity input", "order", replacing("args=[order, cents]", "args=[order, cents + 1]"),
        recorded="activity charge #1", new="activity charge #1",
    ),
    must_warn(
        "activity-input-type", "activity input", "order",
        replacing("cents: int) -> str:\n        receipt", "cents: float) -> str:\n        receipt"),
        recorded="activity charge #1", new="activity charge #1",
        note="4200 becomes 4200.0, which an activity that takes an int refuses",
    ),
    must_warn(
        "activity-more-input", "activity input", "order",
        replacing("args=[order, cents]", 'args=[order, cents, "EUR"]'), recorded="activity charge #1",
        new="activity charge #1",
    ),
    must_warn(
        "activity-start-to-close", "activity timeouts", "order", charged("start_to_close_timeout=2 * SOON"),
        recorded="activity charge #1", new="activity charge #1",
    ),
    must_warn(
        "activity-schedule-to-close", "activity timeouts", "order",
        charged("start_to_close_timeout=SOON, schedule_to_close_timeout=2 * SOON"), recorded="activity charge #1",
        new="activity charge #1",
    ),
    must_warn(
        "activity-schedule-to-start", "activity timeouts", "order",
        charged("start_to_close_timeout=SOON, schedule_to_start_timeout=SOON"), recorded="activity charge #1",
        new="activity charge #1",
    ),
    must_warn(
        "activity-heartbeat", "activity timeouts", "order",
        charged("start_to_close_timeout=SOON, heartbeat_timeout=SOON / 2"), recorded="activity charge #1",
        new="activity charge #1",
    ),
    must_warn(
        "activity-retry-policy", "activity retry policy", "order",
        replacing(
            "from temporalio import activity, workflow\n",
            "from temporalio import activity, workflow\nfrom temporalio.common import RetryPolicy\n",
        ),
        charged("start_to_close_timeout=SOON, retry_policy=RetryPolicy(maximum_attempts=1)"),
        recorded="activity charge #1", new="activity charge #1",
    ),
    must_warn(
        "activity-task-queue", "activity task queue", "order",
        charged('start_to_close_timeout=SOON, task_queue="tills"'), recorded="activity charge #1",
        new="activity charge #1", sandboxed=True,
    ),
    must_warn(
        "activity-summary", "activity summary", "order", charged('start_to_close_timeout=SOON, summary="the till"'),
        recorded="activity charge #1", new="activity charge #1",
    ),
    must_warn(
        "activity-priority", "activity priority", "order",
        replacing(
            "from temporalio import activity, workflow\n",
            "from temporalio import activity, workflow\nfrom temporalio.common import Priority\n",
        ),
        charged("start_to_close_timeout=SOON, priority=Priority(priority_key=1)"), recorded="activity charge #1",
        new="activity charge #1",
    ),
)  # fmt: skip

CASES = STEPS + OPTIONS
