"""Updates: other outcomes, handlers that now wait or are gone."""

from tests.bugbench.case import must_fail, must_pass, must_warn
from tests.planted.change import cutting, replacing

ADDED = "        return self.total\n"
ADDED_AFTER = "update completed add #1"
VERIFIED = "        return await workflow.execute_activity(verify, entry, start_to_close_timeout=SOON)\n"
ADD_HANDLER = cutting("    @workflow.update\n    async def add", "    @workflow.update\n    async def check")
CHECK_VALIDATOR = cutting("    @check.validator", "    @workflow.update\n    async def refuse")
WAIT = "        await workflow.wait_condition(lambda: self.closed)\n"

CASES = (
    must_fail(
        "update-handler-removed", "used handler removed", "ledger-waiting", ADD_HANDLER,
        recorded="update accepted add #1",
    ),
    must_fail(
        "update-handler-renamed", "used handler renamed", "ledger-waiting",
        replacing("async def add(", "async def enter("), recorded="update accepted add #1",
    ),
    must_fail(
        "update-handler-awaits", "handler that now awaits", "ledger-waiting",
        replacing(ADDED, VERIFIED.replace("return ", "") + ADDED), recorded=ADDED_AFTER, new="activity verify #1",
    ),
    must_fail(
        "update-handler-sleeps", "handler that now awaits", "ledger-closed",
        replacing(ADDED, "        await workflow.sleep(1)\n" + ADDED), recorded=ADDED_AFTER, new="timer #1",
        sandboxed=True,
    ),
    must_fail(
        "update-handler-no-longer-awaits", "handler's step removed", "ledger-waiting",
        replacing(VERIFIED, "        return entry > 0\n"), recorded="activity verify #1",
        new="update completed check #1",
    ),
    must_warn(
        "update-result", "update result", "ledger-waiting", replacing(ADDED, "        return -self.total\n"),
        recorded=ADDED_AFTER, new=ADDED_AFTER,
    ),
    must_warn(
        "update-result-shape", "update result", "ledger-closed",
        replacing(
            "-> int:\n        self.total += entry\n" + ADDED,
            '-> dict[str, int]:\n        self.total += entry\n        return {"total": self.total}\n',
        ),
        recorded=ADDED_AFTER, new=ADDED_AFTER,
    ),
    must_warn(
        "update-now-raises", "update now raises", "ledger-waiting",
        replacing(ADDED, '        raise ApplicationError("full")\n'), recorded=ADDED_AFTER, new=ADDED_AFTER,
    ),
    must_warn(
        "update-no-longer-raises", "update no longer raises", "ledger-waiting",
        replacing('        raise ApplicationError(f"refused: {reason}", type="Refused")\n', "        return\n"),
        recorded="update completed refuse #1", new="update completed refuse #1",
    ),
    must_warn(
        "update-failure-message", "update failure", "ledger-waiting", replacing("refused: {reason}", "not {reason}"),
        recorded="update completed refuse #1", new="update completed refuse #1",
    ),
    must_warn(
        "update-state", "result", "ledger-closed",
        replacing("self.total += entry", "self.total += 0 * entry or entry + 1"), recorded=ADDED_AFTER,
        new=ADDED_AFTER,
    ),
    must_fail(
        "update-open-wait-to-return", "open run: wait to return", "ledger-waiting",
        replacing(WAIT, "        await workflow.wait_condition(lambda: self.total > 6)\n"), new="complete",
    ),
    must_pass(
        "update-validator-added", "update validator added", "ledger-waiting",
        replacing(
            "    @workflow.update\n    async def check",
            "    @add.validator\n"
            "    def validate_add(self, entry: int) -> None:\n"
            '        raise ValueError("closed")\n'
            "\n"
            "    @workflow.update\n"
            "    async def check",
        ),
        note="validators do not run on replay: an update once accepted stays accepted",
    ),
    must_pass("update-validator-removed", "update validator removed", "ledger-closed", CHECK_VALIDATOR),
)  # fmt: skip
