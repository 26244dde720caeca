"""Code that is not deterministic: it follows the hash seed, the clock, chance, the environment."""

from dataclasses import replace

from tests.bugbench import scenarios
from tests.bugbench.case import must_fail, must_warn
from tests.planted.change import before, replacing

SHELF = "        shelf = await"
ORDER_IMPORTS = "from datetime import timedelta\n"
HIDING = (
    "def worker() -> dict[str, object]:\n"
    '    return {"workflows": [Order], "workflow_failure_exception_types": [Exception]}\n\n\n'
)

CASES = (
    must_fail(
        "seed-set-order", "set iteration over activity names", "tour-shuffled", *scenarios.SHUFFLED,
        note="unchanged code",
    ),
    must_fail(
        "seed-set-order-sandboxed", "set iteration over activity names", "tour-shuffled", *scenarios.SHUFFLED,
        sandboxed=True, note="the sandbox does not see it",
    ),
    must_fail(
        "seed-hash-branch", "hash() branch", "tour-hashed", *scenarios.HASHED, recorded="activity bridge #1",
        new="activity abbey #1", note="unchanged code",
    ),
    must_fail(
        "seed-hash-branch-agreeing", "hash() branch", "tour-hashed-alike", *scenarios.HASHED,
        note="recorded and replayed under two seeds that agree by chance: only more seeds show it",
    ),
    must_fail(
        "seed-introduced", "set iteration over activity names", "tour", *scenarios.SHUFFLED,
        recorded="activity abbey #1",
    ),
    must_warn(
        "seed-set-input", "set iteration that feeds arguments", "tour-shuffled-input", *scenarios.SHUFFLED_INPUT,
        recorded="activity abbey #1", new="activity abbey #1",
    ),
    must_fail(
        "env-clock-branch", "clock without the sandbox", "tour-clock-branch", *scenarios.CLOCK_BRANCH,
        recorded="activity bridge #1", new="complete",
    ),
    must_warn(
        "env-clock-input", "clock without the sandbox", "tour-clock-input", *scenarios.CLOCK_INPUT,
        recorded="activity abbey #1", new="activity abbey #1",
    ),
    must_fail("env-random-branch", "random without the sandbox", "tour-random-branch", *scenarios.RANDOM_BRANCH),
    must_warn(
        "env-random-input", "random without the sandbox", "tour-random-input", *scenarios.RANDOM_INPUT,
        recorded="activity abbey #1", new="activity abbey #1",
    ),
    must_warn(
        "env-uuid-input", "uuid without the sandbox", "tour-uuid-input", *scenarios.UUID_INPUT,
        recorded="activity abbey #1", new="activity abbey #1",
    ),
    must_fail(
        "env-uuid-id", "uuid without the sandbox", "tour-uuid-id", *scenarios.UUID_ID, recorded="activity abbey #1",
        new="activity abbey #1",
    ),
    must_fail(
        "env-variable-branch", "environment variable", "tour-environ-branch", *scenarios.ENVIRON_BRANCH,
        recorded="activity bridge #1", new="complete",
    ),
    must_fail(
        "env-global-branch", "mutable global", "tour-global-branch", *scenarios.GLOBAL_BRANCH,
        recorded="activity bridge #1", new="complete", note="the recording worker had run it before",
    ),
    must_fail(
        "env-replaying-branch", "is_replaying branch", "tour-replaying-branch", *scenarios.REPLAYING_BRANCH,
        recorded="activity bridge #1", new="complete",
    ),
    must_fail(
        "env-clock-in-sandbox", "clock in the sandbox", "order",
        replacing(ORDER_IMPORTS, "from datetime import datetime, timedelta\n"),
        before(SHELF, "        cents += datetime.now().year\n"), recorded="activity reserve #1", sandboxed=True,
        note="the sandbox fails the workflow task",
    ),
    must_fail(
        "env-random-in-sandbox", "random in the sandbox", "order",
        replacing(ORDER_IMPORTS, "import random\nfrom datetime import timedelta\n"),
        before(SHELF, "        cents += random.randint(1, 2)\n"), recorded="activity reserve #1", sandboxed=True,
    ),
    must_fail(
        "hang-swapped", "worker hides non-determinism errors", "order",
        replacing('name="Subject"', 'name="Subject", failure_exception_types=[Exception]'),
        before(SHELF, "        await workflow.sleep(1)\n"), recorded="activity reserve #1", new="timer #1",
        note="with Exception among the failure types Core may never report a divergence",
    ),
    must_fail(
        "hang-raising", "worker hides non-determinism errors", "order",
        replacing('name="Subject"', 'name="Subject", failure_exception_types=[Exception]'),
        before(SHELF, '        raise ValueError("bug")\n'), recorded="activity reserve #1", new="fail",
        note="with Exception among the failure types the bug fails the run itself",
    ),
    replace(
        must_fail(
            "hang-by-worker", "worker hides non-determinism errors", "order",
            before(SHELF, "        await workflow.sleep(1)\n"), before("ACTIVITIES =", HIDING),
            recorded="activity reserve #1", new="timer #1", note="the failure types are the worker's",
        ),
        factory="worker",
    ),
)  # fmt: skip
