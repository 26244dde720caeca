"""Open runs of every shape: new code that goes past the place where the run stands."""

from tests.bugbench.case import must_fail, must_pass, must_warn
from tests.bugbench.scenarios import STUCK
from tests.planted.change import before, replacing, swapping

WAIT = '        await workflow.wait_condition(lambda: self.decision != "")\n'
SEND = "        return await workflow.execute_activity(send"
ARCHIVE = "        await workflow.execute_activity(archive, text, start_to_close_timeout=SOON)\n"
DRAFT = "draft, topic, start_to_close_timeout=SOON"
EXAMINE = "            await workflow.execute_activity(examine, shape, start_to_close_timeout=LONG)\n"
SLEEP = "            await workflow.sleep(LONG)\n        elif"
CHILD = '            await workflow.execute_child_workflow(Nap.run, shape, id="nap")\n'
LOCAL = "            await workflow.execute_local_activity(measure, shape, start_to_close_timeout=LONG)\n"
LEAVE = '        await workflow.execute_activity(prepare, "leave", start_to_close_timeout=SOON)\n'
WEIGH = '            await workflow.execute_activity("weigh", shape, start_to_close_timeout=SOON)\n'
LEFT = "activity prepare #2"
DESK_FIRST = "        text = await"
COMMENTED = "desk-commented-waiting"
APPLICATION_ERROR = replacing(
    "from temporalio import activity, workflow\n",
    "from temporalio import activity, workflow\nfrom temporalio.exceptions import ApplicationError\n",
)

SIGNAL = (
    must_fail(
        "open-wait-to-return", "open run: wait to return", "desk-waiting", replacing(WAIT, "        return text\n"),
        new="complete",
    ),
    must_fail(
        "open-wait-dropped", "open run: wait removed", "desk-waiting", replacing(WAIT, ""), new="activity send #1",
        sandboxed=True,
    ),
    must_fail(
        "open-wait-to-timer", "open run: wait to timer", "desk-waiting",
        replacing(WAIT, "        await workflow.sleep(3600)\n"), new="timer #1",
    ),
    must_fail(
        "open-wait-with-timeout", "open run: wait with a timeout", "desk-waiting",
        replacing('lambda: self.decision != ""', 'lambda: self.decision != "", timeout=3600'), new="timer #1",
    ),
    must_fail(
        "open-wait-to-fail", "open run: wait to failure", "desk-waiting", APPLICATION_ERROR,
        replacing(WAIT, '        raise ApplicationError("no")\n'), new="fail",
    ),
    must_fail("open-wait-to-crash", "workflow task fails", "desk-waiting", before(WAIT, "        assert not text\n")),
    must_fail(
        "open-wait-to-continue", "open run: wait to continue-as-new", "desk-waiting",
        replacing(WAIT, "        workflow.continue_as_new(topic)\n"), new="continue as new Subject",
    ),
    must_fail(
        "open-extra-activity", "open run: extra step", "desk-waiting", before(WAIT, ARCHIVE),
        new="activity archive #1",
    ),
    must_fail(
        "open-extra-local-activity", "open run: extra step", "desk-waiting",
        before(WAIT, ARCHIVE.replace("execute_activity", "execute_local_activity")), new="local activity archive #1",
    ),
    must_fail(
        "open-extra-child", "open run: extra step", "desk-waiting",
        before(WAIT, '        await workflow.start_child_workflow("Helper", text, id="helper")\n'),
        new="child workflow Helper #1",
    ),
    must_fail(
        "open-extra-memo", "open run: extra step", "desk-waiting",
        before(WAIT, '        workflow.upsert_memo({"text": text})\n'), new="memo #1",
    ),
    must_fail(
        "open-extra-in-background", "open run: extra step", "desk-waiting",
        before(WAIT, ARCHIVE.replace("await workflow.execute", "workflow.start")), new="activity archive #1",
    ),
    must_fail(
        "open-extra-in-handler", "handler that now awaits", COMMENTED,
        replacing("        self.comments.append(text)\n", ARCHIVE + "        self.comments.append(text)\n"),
        new="activity archive #1",
    ),
    must_fail(
        "open-wait-met-earlier", "open run: wait condition changed", COMMENTED,
        replacing('lambda: self.decision != ""', "lambda: bool(self.comments)"), new="activity send #1",
    ),
    must_warn(
        "open-draft-input", "activity input", "desk-waiting", replacing(DRAFT, DRAFT.replace("topic", 'topic + "!"')),
        recorded="activity draft #1", new="activity draft #1",
    ),
    must_pass(
        "open-change-behind-the-wait", "open run: change not reached", "desk-waiting", before(SEND, ARCHIVE),
        note="the run has not come to the change",
    ),
    must_pass(
        "open-removal-behind-the-wait", "open run: change not reached", "desk-waiting",
        replacing(SEND, '        return "" and await workflow.execute_activity(send'),
    ),
    must_pass(
        "open-wait-of-another-condition", "open run: change not reached", "desk-waiting",
        replacing('lambda: self.decision != ""', 'lambda: self.decision == "yes"'),
    ),
    must_pass(
        "open-patch-behind-the-wait", "patch added right", "desk-waiting",
        before(SEND, f'        if workflow.patched("archived"):\n    {ARCHIVE}'),
    ),
    must_pass(
        "open-patch-before-the-wait", "patch added right", "desk-waiting",
        before(WAIT, f'        if workflow.patched("archived"):\n    {ARCHIVE}'),
    ),
)  # fmt: skip

TASK = (
    must_pass(
        "open-task-change-behind", "open run: workflow task in progress", "desk-signal-arrived",
        before(SEND, ARCHIVE), note="the task that takes the signal up has not been completed",
    ),
    must_fail(
        "open-task-change-before", "open run: workflow task in progress", "desk-signal-arrived",
        before(WAIT, ARCHIVE), new="activity archive #1",
    ),
    must_pass(
        "stuck-run-mended", "open run: workflow task failing", "order-stuck",
        note="the fix of the code that failed the task",
    ),
    must_fail(
        "stuck-run-reordered", "open run: workflow task failing", "order-stuck",
        swapping("        receipt = await", "        shelf = await", "        await workflow.sleep"),
        recorded="activity charge #1", new="activity reserve #1",
    ),
    must_fail(
        "stuck-run-added", "open run: workflow task failing", "order-stuck", *STUCK,
        before("        shelf = await", "        await workflow.sleep(1)\n"), recorded="activity reserve #1",
        new="timer #1",
    ),
    must_pass(
        "not-begun-changed", "open run: not begun", "order-not-begun",
        swapping("        receipt = await", "        shelf = await", "        await workflow.sleep"),
        note="any code may take up a run that no worker has seen",
    ),
)  # fmt: skip

PENDING = (
    must_fail(
        "open-activity-removed", "open run: pending activity removed", "visit-activity",
        replacing(EXAMINE, "            pass\n"), recorded="activity examine #1", new=LEFT,
    ),
    must_fail(
        "open-activity-renamed", "open run: pending activity renamed", "visit-activity",
        replacing("@activity.defn\nasync def examine", '@activity.defn(name="inspect")\nasync def examine'),
        recorded="activity examine #1", new="activity inspect #1", sandboxed=True,
    ),
    must_fail(
        "open-activity-to-timer", "open run: pending activity to timer", "visit-activity",
        replacing(EXAMINE, "            await workflow.sleep(LONG)\n"), recorded="activity examine #1",
        new="timer #1",
    ),
    must_fail(
        "open-activity-not-awaited", "open run: pending activity not awaited", "visit-activity",
        replacing(EXAMINE, EXAMINE.replace("await workflow.execute", "workflow.start")), new=LEFT,
    ),
    must_fail(
        "open-activity-and-another", "open run: extra step", "visit-activity",
        replacing(
            EXAMINE,
            "            await asyncio.gather(\n"
            f"{EXAMINE.replace('await ', '    ').rstrip()},\n"
            f"{WEIGH.replace('await ', '    ').rstrip()},\n"
            "            )\n",
        ),
        new="activity weigh #1",
    ),
    must_warn(
        "open-activity-input", "activity input", "visit-activity",
        replacing("examine, shape", "examine, shape.upper()"), recorded="activity examine #1",
        new="activity examine #1",
    ),
    must_warn(
        "open-activity-timeout", "activity timeouts", "visit-activity",
        replacing(EXAMINE, EXAMINE.replace("=LONG", "=2 * LONG")), recorded="activity examine #1",
        new="activity examine #1",
    ),
    must_pass("open-activity-change-behind", "open run: change not reached", "visit-activity", replacing(LEAVE, "")),
    must_fail(
        "open-timer-removed", "open run: pending timer removed", "visit-timer",
        replacing(SLEEP, "            pass\n        elif"), recorded="timer #1", new=LEFT,
    ),
    must_fail(
        "open-timer-to-wait", "open run: pending timer to wait", "visit-timer",
        replacing(SLEEP, "            await workflow.wait_condition(lambda: False)\n        elif"),
        recorded="timer #1",
    ),
    must_fail(
        "open-timer-to-activity", "open run: pending timer to activity", "visit-timer",
        replacing(SLEEP, f"{WEIGH}        elif"), recorded="timer #1", new="activity weigh #1",
    ),
    must_fail(
        "open-timer-extra-before", "open run: extra step", "visit-timer",
        replacing(SLEEP, f'            workflow.upsert_memo({{"at": "rest"}})\n{SLEEP}'), recorded="timer #1",
        new="memo #1",
    ),
    must_fail(
        "open-timer-renumbered", "timeout on a wait already met", "visit-timer",
        replacing(SLEEP, f"            await workflow.wait_condition(lambda: True, timeout=5)\n{SLEEP}"),
        recorded="timer #1", new="timer #1",
        note="the pending timer has another id than the code waits for: its firing would be lost",
    ),
    must_warn(
        "open-timer-duration", "timer duration", "visit-timer", replacing(SLEEP, SLEEP.replace("LONG", "2 * LONG")),
        recorded="timer #1", new="timer #1", note="the pending timer keeps its time",
    ),
    must_pass("open-timer-change-behind", "open run: change not reached", "visit-timer", before(LEAVE, WEIGH[4:])),
    must_fail(
        "open-child-removed", "open run: pending child removed", "visit-child",
        replacing(CHILD, "            pass\n"), recorded="child workflow Nap #1", new=LEFT,
    ),
    must_fail(
        "open-child-id", "child id", "visit-child", replacing('id="nap"', 'id="rest"'),
        recorded="child workflow Nap #1", new="child workflow Nap #1",
    ),
    must_fail(
        "open-child-not-awaited", "open run: pending child not awaited", "visit-child",
        replacing(CHILD, CHILD.replace("execute_child", "start_child")), new=LEFT,
    ),
    must_fail(
        "open-child-signalled", "open run: extra step", "visit-child",
        replacing(
            CHILD,
            CHILD.replace("await workflow.execute_child", "nap = await workflow.start_child")
            + '            await nap.signal("wake")\n            await nap\n',
        ),
        new="external signal wake #1",
    ),
    must_warn(
        "open-child-options", "child options", "visit-child",
        replacing('id="nap"', 'id="nap", parent_close_policy=workflow.ParentClosePolicy.ABANDON'),
        recorded="child workflow Nap #1", new="child workflow Nap #1",
    ),
    must_pass("open-child-change-behind", "open run: change not reached", "visit-child", before(LEAVE, WEIGH[4:])),
    must_fail(
        "open-local-removed", "open run: pending local activity removed", "visit-local",
        replacing(LOCAL, "            pass\n"), new=LEFT,
    ),
    must_fail(
        "open-local-to-activity", "open run: pending local activity to activity", "visit-local",
        replacing(LOCAL, LOCAL.replace("execute_local_activity", "execute_activity")), new="activity measure #1",
    ),
    must_fail(
        "open-local-extra-before", "open run: extra step", "visit-local", replacing(LOCAL, f"{WEIGH}{LOCAL}"),
        new="activity weigh #1",
    ),
    must_pass(
        "open-local-renamed", "open run: pending local activity renamed", "visit-local",
        replacing("@activity.defn\nasync def measure", '@activity.defn(name="gauge")\nasync def measure'),
        note="nothing of a local activity is recorded before it ends",
    ),
    must_pass("open-local-change-behind", "open run: change not reached", "visit-local", replacing(LEAVE, "")),
)  # fmt: skip

CASES = SIGNAL + TASK + PENDING
