"""Nexus operations: other ones, other endpoints, other options."""

from tests.bugbench.case import must_fail, must_warn
from tests.planted.change import before, replacing

CALL = "counter.execute_operation(Counter.issue, name, schedule_to_close_timeout=SOON)"
ISSUE = "nexus operation Counter/issue #1"
SHOW = "        await workflow.execute_activity(show"
TICKET = f"        ticket = await {CALL}\n"

CASES = (
    must_fail(
        "nexus-removed", "nexus operation removed", "counter", replacing(TICKET, '        ticket = ""\n'),
        recorded=ISSUE, new="activity show #1",
    ),
    must_fail(
        "nexus-added", "nexus operation added", "counter", before(SHOW, f"        await {CALL}\n"),
        recorded="activity show #1", new="nexus operation Counter/issue #2",
    ),
    must_fail(
        "nexus-made-activity", "nexus operation to activity", "counter",
        replacing(CALL, 'workflow.execute_activity("issue", name, start_to_close_timeout=SOON)'), recorded=ISSUE,
        new="activity issue #1",
    ),
    must_fail(
        "nexus-operation", "nexus operation name", "counter",
        replacing("execute_operation(Counter.issue", "execute_operation(Counter.revoke"), recorded=ISSUE,
        new="nexus operation Counter/revoke #1",
    ),
    must_fail(
        "nexus-service", "nexus service", "counter",
        replacing("@nexusrpc.service\n", '@nexusrpc.service(name="Till")\n'), recorded=ISSUE,
        new="nexus operation Till/issue #1",
    ),
    must_warn(
        "nexus-endpoint", "nexus endpoint", "counter", replacing('endpoint="desk"', 'endpoint="archive"'),
        recorded=ISSUE, new=ISSUE,
    ),
    must_warn(
        "nexus-input", "nexus input", "counter", replacing("Counter.issue, name,", "Counter.issue, name.upper(),"),
        recorded=ISSUE, new=ISSUE,
    ),
    must_warn(
        "nexus-timeout", "nexus timeout", "counter",
        replacing("schedule_to_close_timeout=SOON", "schedule_to_close_timeout=2 * SOON"), recorded=ISSUE, new=ISSUE,
    ),
    must_warn(
        "nexus-headers", "nexus headers", "counter",
        replacing("schedule_to_close_timeout=SOON", 'schedule_to_close_timeout=SOON, headers={"lane": "fast"}'),
        recorded=ISSUE, new=ISSUE,
    ),
)  # fmt: skip
