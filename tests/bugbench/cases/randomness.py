"""Temporal's own randomness: an extra draw shifts all that follow."""

from tests.bugbench.case import must_fail, must_warn
from tests.planted.change import before, replacing

NUMBER = "        number = workflow.random()"
TOKEN = "        token = str(workflow.uuid4())\n"  # noqa: S105 - a line of code
AWARD = "activity award #1"

CASES = (
    must_warn(
        "random-shifted-by-random", "extra random call", "lottery",
        before(NUMBER, "        workflow.random().random()\n"), recorded="activity draw #1", new="activity draw #1",
    ),
    must_warn(
        "random-shifted-by-uuid", "extra uuid4 call", "lottery", before(TOKEN, "        workflow.uuid4()\n"),
        recorded=AWARD, new=AWARD,
    ),
    must_warn(
        "random-draw-removed", "random call removed", "lottery", replacing(TOKEN, '        token = "fixed"\n'),
        recorded=AWARD, new=AWARD,
    ),
    must_warn(
        "random-range", "random range", "lottery", replacing("randint(1, 10**9)", "randint(1, 10**8)"),
        recorded="activity draw #1", new="activity draw #1",
    ),
    must_fail(
        "random-activity-id", "explicit activity id", "lottery",
        replacing(
            "award, args=[name, token], start_to_close_timeout=SOON",
            "award, args=[name, token], start_to_close_timeout=SOON, activity_id=token",
        ),
        recorded=AWARD, new=AWARD,
    ),
)  # fmt: skip
