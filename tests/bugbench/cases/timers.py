"""Timers: added, taken away, of another length."""

from tests.bugbench.case import must_fail, must_pass, must_warn
from tests.bugbench.scenarios import TIMED
from tests.planted.change import before, replacing

REST = "        await workflow.sleep(0.1)\n"
RESERVE = "        shelf = await workflow.execute_activity("
NOTIFY = "            await workflow.execute_activity(notify"
AUDIT = '        await workflow.execute_activity("audit", order, start_to_close_timeout=SOON)\n'

WAIT = "        await workflow.wait_condition(lambda: self"
MET = "        await workflow.wait_condition(lambda: True, timeout=5)\n"

CASES = (
    must_fail(
        "timer-added", "timer added", "order", before(RESERVE, REST), recorded="activity reserve #1", new="timer #1",
    ),
    must_fail(
        "timer-removed", "timer removed", "order", replacing(REST, ""), recorded="timer #1", new="activity notify #1",
        sandboxed=True,
    ),
    must_fail(
        "timer-split", "timer split", "order", replacing(REST, 2 * REST.replace("0.1", "0.05")),
        recorded="activity notify #1", new="timer #2",
    ),
    must_fail(
        "timer-to-yield", "timer to zero", "order",
        replacing("from datetime import timedelta\n", "import asyncio\nfrom datetime import timedelta\n"),
        replacing("workflow.sleep(0.1)", "asyncio.sleep(0)"), recorded="timer #1", new="activity notify #1",
        note="asyncio.sleep(0) asks for no timer",
    ),
    must_fail(
        "timer-renumbered", "timeout on a wait already met", "order",
        before(REST, "        await workflow.wait_condition(lambda: True, timeout=5)\n"), recorded="timer #1",
        new="timer #1", note="its timer is taken back at once, but counts: the next one waits for another id",
    ),
    must_warn(
        "timer-to-zero", "timer to zero", "order", replacing("sleep(0.1)", "sleep(0)"), recorded="timer #1",
        new="timer #1", note="workflow.sleep(0) still asks for a timer",
    ),
    must_fail(
        "timer-made-activity", "timer to activity", "order", replacing(REST, AUDIT), recorded="timer #1",
        new="activity audit #1",
    ),
    must_fail(
        "timer-moved", "timer moved", "order", replacing(REST, ""), before(RESERVE, REST),
        recorded="activity reserve #1", new="timer #1",
    ),
    must_fail(
        "timer-into-loop", "timer moved", "order", replacing(REST, ""), before(NOTIFY, f"    {REST}"),
        recorded="activity notify #2", new="timer #2",
    ),
    must_warn(
        "timer-duration", "timer duration", "order", replacing("sleep(0.1)", "sleep(0.2)"), recorded="timer #1",
        new="timer #1",
    ),
    must_warn(
        "timer-summary", "timer summary", "order", replacing("sleep(0.1)", 'sleep(0.1, summary="resting")'),
        recorded="timer #1", new="timer #1",
    ),
    must_fail(
        "timeout-removed", "timeout removed", "desk-timed", recorded="timer #1",
    ),
    must_warn(
        "timeout-duration", "timer duration", "desk-timed",
        replacing('lambda: self.decision != ""', 'lambda: self.decision != "", timeout=60'),
        recorded="timer #1", new="timer #1",
    ),
    must_pass("timeout-renumbered", "timeout on a wait already met", "desk-timed", *TIMED, before(WAIT, MET)),
)  # fmt: skip
