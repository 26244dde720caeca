"""Ends of runs: results, failures, continue-as-new, cancellation."""

from tests.bugbench.case import must_fail, must_warn
from tests.planted.change import before, cutting, replacing

ORDER_RETURN = '        return f"{receipt} on shelf {shelf}"\n'
AGAIN = "            workflow.continue_as_new(args=[at + 2, end])\n"
ON = "continue as new Subject"
REGRET = "                await workflow.execute_activity(regret, seat, start_to_close_timeout=SOON)\n"
RELEASE = "            await workflow.execute_activity(release, seat, start_to_close_timeout=SOON)\n"
NOT_BOOKED = 'raise ApplicationError("not booked", seat, type="NotBooked", non_retryable=True) from error'
FAILURE = '"not booked", seat, type="NotBooked", non_retryable=True'
APPLICATION_ERROR = replacing(
    "from temporalio import activity, workflow\n",
    "from temporalio import activity, workflow\nfrom temporalio.exceptions import ApplicationError\n",
)

RESULTS = (
    must_warn("result", "result", "order", replacing("on shelf", "at shelf"), recorded="complete", new="complete"),
    must_warn(
        "result-none", "result", "order", replacing(ORDER_RETURN, "        return None\n"), recorded="complete",
        new="complete",
    ),
    must_warn(
        "result-type", "result", "order",
        replacing(ORDER_RETURN, '        return {"receipt": receipt, "shelf": shelf}\n'), recorded="complete",
        new="complete", sandboxed=True,
    ),
    must_fail(
        "complete-to-fail", "complete to fail", "order", APPLICATION_ERROR,
        replacing(ORDER_RETURN, '        raise ApplicationError("no")\n'), recorded="complete", new="fail",
    ),
    must_fail(
        "complete-to-continue", "complete to continue-as-new", "order",
        replacing(ORDER_RETURN, "        workflow.continue_as_new(args=[order, cents])\n"), recorded="complete",
        new="continue as new Subject",
    ),
    must_fail(
        "complete-to-waiting", "complete to waiting", "order",
        before(ORDER_RETURN, "        await workflow.wait_condition(lambda: False)\n"), recorded="complete",
    ),
    must_fail(
        "complete-to-crash", "workflow task fails", "order",
        replacing(ORDER_RETURN, '        raise RuntimeError("bug")\n'), recorded="complete",
    ),
    must_fail(
        "result-of-activity-unread", "workflow task fails", "order",
        replacing("-> int:\n    return len(order)", "-> dict[str, int]:\n    return {}"), recorded="timer #1",
        note="the recorded result no longer decodes",
    ),
    must_fail(
        "input-unread", "workflow task fails", "order",
        replacing(
            "order: str, cents: int) -> str:\n        receipt",
            "order: dict[str, int], cents: int) -> str:\n        receipt",
        ),
        recorded="activity charge #1", note="the recorded input no longer decodes",
    ),
    must_fail(
        "input-more", "workflow task fails", "order",
        replacing(
            "order: str, cents: int) -> str:\n        receipt",
            "order: str, cents: int, currency: str) -> str:\n        receipt",
        ),
        recorded="activity charge #1", note="the recorded input lacks an argument",
    ),
)  # fmt: skip

FAILURES = (
    must_fail(
        "fail-to-complete", "fail to complete", "booking-failed", replacing(NOT_BOOKED, 'return f"no: {error}"'),
        recorded="fail", new="complete",
    ),
    must_fail(
        "except-narrowed", "except narrowed", "booking-failed",
        replacing("except ActivityError as error", "except TimeoutError as error"), recorded="activity release #1",
        new="fail",
    ),
    must_fail(
        "except-removed", "except removed", "booking-failed",
        cutting("        except ActivityError", "\n\nACTIVITIES"), replacing("        try:\n", "        if True:\n"),
        recorded="activity release #1", new="fail",
    ),
    must_fail(
        "except-branch-on-cause", "except narrowed", "booking-failed",
        replacing(
            "as error:\n",
            "as error:\n            if isinstance(error.cause, ApplicationError):\n                raise\n",
        ),
        recorded="activity release #1", new="fail",
    ),
    must_fail(
        "compensation-removed", "compensation removed", "booking-failed",
        replacing(f"{RELEASE}            {NOT_BOOKED}", f"            {NOT_BOOKED}"), recorded="activity release #1",
        new="fail",
    ),
    must_warn(
        "failure-message", "failure message", "booking-failed",
        replacing(FAILURE, FAILURE.replace("not booked", "sold out")), recorded="fail", new="fail",
    ),
    must_warn(
        "failure-type", "failure type", "booking-failed", replacing(FAILURE, FAILURE.replace("NotBooked", "SoldOut")),
        recorded="fail", new="fail",
    ),
    must_warn(
        "failure-details", "failure details", "booking-failed",
        replacing(FAILURE, FAILURE.replace(" seat,", " seat, 1,")), recorded="fail", new="fail",
    ),
    must_warn(
        "failure-retryable", "failure retryable", "booking-failed",
        replacing(FAILURE, FAILURE.replace("=True", "=False")), recorded="fail", new="fail",
        note="a workflow with a retry policy would run again",
    ),
    must_warn(
        "failure-cause", "failure cause", "booking-failed",
        replacing(NOT_BOOKED, NOT_BOOKED.replace("from error", "from None")), recorded="fail", new="fail",
    ),
)  # fmt: skip

CONTINUED = (
    must_fail(
        "continue-to-complete", "continue-as-new to complete", "batches-continued",
        replacing("at + 2 < end", "at + 9 < end"), recorded=ON, new="complete",
    ),
    must_fail(
        "continue-to-fail", "continue-as-new to fail", "batches-continued", APPLICATION_ERROR,
        replacing(AGAIN, '            raise ApplicationError("no")\n'), recorded=ON, new="fail",
    ),
    must_fail(
        "continue-later", "loop count", "batches-continued", replacing("range(at, at + 2)", "range(at, at + 3)"),
        recorded=ON, new="activity work #3",
    ),
    must_fail(
        "continue-once-more", "complete to continue-as-new", "batches-last", replacing("at + 2 < end", "at < end"),
        recorded="complete", new="continue as new Subject",
    ),
    must_warn(
        "continue-arguments", "continue-as-new arguments", "batches-continued",
        replacing("args=[at + 2, end]", "args=[at + 3, end]"), recorded=ON, new=ON,
    ),
    must_warn(
        "continue-type", "continue-as-new type", "batches-continued",
        replacing("args=[at + 2, end]", 'args=[at + 2, end], workflow="Rest"'), recorded=ON,
        new="continue as new Rest",
    ),
    must_warn(
        "continue-task-queue", "continue-as-new options", "batches-continued",
        replacing("args=[at + 2, end]", 'args=[at + 2, end], task_queue="slow"'), recorded=ON, new=ON,
    ),
    must_warn(
        "continue-run-timeout", "continue-as-new options", "batches-continued",
        replacing("args=[at + 2, end]", "args=[at + 2, end], run_timeout=SOON"), recorded=ON, new=ON,
    ),
    must_warn(
        "continue-task-timeout", "continue-as-new options", "batches-continued",
        replacing("args=[at + 2, end]", "args=[at + 2, end], task_timeout=SOON / 2"), recorded=ON, new=ON,
    ),
    must_warn(
        "continue-memo", "continue-as-new options", "batches-continued",
        replacing("args=[at + 2, end]", 'args=[at + 2, end], memo={"at": at}'), recorded=ON, new=ON,
    ),
)  # fmt: skip

CANCELS = (
    must_fail(
        "cancel-clean-up-removed", "cancel clean-up removed", "booking-cancelled", replacing(REGRET, ""),
        recorded="activity regret #1", new="cancel",
    ),
    must_fail(
        "cancel-clean-up-added", "cancel clean-up added", "booking-cancelled",
        before(REGRET, REGRET.replace("regret,", "release,")), recorded="activity regret #1",
        new="activity release #1",
    ),
    must_fail(
        "cancel-clean-up-after", "cancel clean-up added", "booking-cancelled",
        replacing(REGRET, REGRET + REGRET.replace("regret,", "release,")), recorded="cancel",
        new="activity release #1", sandboxed=True,
    ),
    must_fail(
        "cancel-unseen", "cancel clean-up removed", "booking-cancelled",
        replacing("if is_cancelled_exception(error):", "if seat is None:"), recorded="activity regret #1",
        new="activity release #1",
    ),
    must_fail(
        "cancel-swallowed", "cancel to complete", "booking-cancelled",
        replacing(f"{REGRET}                raise\n", f'{REGRET}                return "given up"\n'),
        recorded="cancel", new="complete",
    ),
    must_fail(
        "cancel-to-fail", "cancel to fail", "booking-cancelled",
        replacing(
            f"{REGRET}                raise\n",
            f'{REGRET}                raise ApplicationError("given up") from None\n',
        ),
        recorded="cancel", new="fail",
    ),
    must_fail(
        "cancel-abandoned-activity", "activity cancellation type", "booking-cancelled",
        replacing(
            "retry_policy=ONCE,",
            "retry_policy=ONCE,\n                cancellation_type=workflow.ActivityCancellationType.ABANDON,",
        ),
        recorded="activity cancel pay #1",
    ),
    must_fail(
        "cancel-awaited-activity", "activity cancellation type", "booking-cancelled",
        replacing(
            "retry_policy=ONCE,",
            "retry_policy=ONCE,\n"
            "                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,",
        ),
        recorded="activity regret #1",
    ),
    must_fail(
        "cancel-shielded", "cancellation shielded", "booking-cancelled",
        replacing(
            "return await workflow.execute_activity(\n                pay,",
            "return await asyncio.shield(workflow.execute_activity(\n                pay,",
        ),
        replacing("retry_policy=ONCE,\n            )", "retry_policy=ONCE,\n            ))"),
        recorded="activity cancel pay #1",
    ),
)  # fmt: skip

CASES = RESULTS + FAILURES + CONTINUED + CANCELS
