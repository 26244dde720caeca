"""Controls: code that still does what the run recorded."""

from tests.bugbench.case import must_pass
from tests.bugbench.scenarios import SCENARIOS, UNSTEADY
from tests.planted.change import before, replacing, swapping

CHARGED = "charge, args=[order, cents], start_to_close_timeout=SOON"
COMMON = "from temporalio import activity, workflow\n"
ASK = "            workflow.execute_activity(ask, topic, start_to_close_timeout=SOON),\n"
COUNT = "            workflow.execute_activity(count, topic, start_to_close_timeout=SOON),\n"

UNCHANGED = tuple(
    must_pass(f"unchanged-{scenario.name}", "same code", scenario.name, *scenario.edits, sandboxed=scenario.sandboxed)
    for scenario in SCENARIOS
    if scenario not in UNSTEADY
)

REFACTORED = (
    must_pass(
        "helper-extracted", "helper extracted", "order",
        replacing(
            "        shelf = await workflow.execute_activity(reserve, order, start_to_close_timeout=SOON)\n",
            "        shelf = await self._shelf(order)\n",
        ),
        before(
            "\n\nACTIVITIES",
            "\n"
            "    async def _shelf(self, order: str) -> int:\n"
            "        return await workflow.execute_activity(reserve, order, start_to_close_timeout=SOON)\n",
        ),
    ),
    must_pass(
        "locals-renamed", "locals renamed", "order", replacing("        receipt = await", "        paid = await"),
        replacing("{receipt}", "{paid}"), sandboxed=True,
    ),
    must_pass(
        "logging-added", "logging added", "order",
        before("        await workflow.sleep(0.1)\n", '        workflow.logger.info("resting on %s", shelf)\n'),
        sandboxed=True,
    ),
    must_pass(
        "type-hints-changed", "type hints changed", "order",
        replacing("        shelf = await", "        shelf: int | float = await"),
        replacing("cents: int) -> str:\n        receipt", "cents: int | None) -> object:\n        receipt"),
    ),
    must_pass(
        "handlers-reordered", "handlers reordered", "desk-commented",
        swapping(
            "    @workflow.signal\n    async def decide", "    @workflow.signal\n    async def comment",
            "    @workflow.signal\n    async def file",
        ),
    ),
    must_pass(
        "handler-made-plain", "handler rewritten", "desk", replacing("    async def decide(", "    def decide("),
    ),
    must_pass("class-renamed", "class renamed", "order", replacing("class Order:", "class CustomerOrder:")),
    must_pass(
        "activity-by-name", "activity called by name", "order",
        replacing(CHARGED, f'"{CHARGED.replace("charge,", "charge" + chr(34) + ",")}, result_type=str'),
    ),
    must_pass(
        "activity-started-then-awaited", "activity started, then awaited", "order",
        replacing(f"await workflow.execute_activity({CHARGED})", f"await workflow.start_activity({CHARGED})"),
    ),
    must_pass(
        "loop-unrolled", "loop unrolled", "order",
        replacing(
            '        for text in ("picked", "packed"):\n'
            "            await workflow.execute_activity(notify, args=[order, text], start_to_close_timeout=SOON)\n",
            '        await workflow.execute_activity(notify, args=[order, "picked"], start_to_close_timeout=SOON)\n'
            '        await workflow.execute_activity(notify, args=[order, "packed"], start_to_close_timeout=SOON)\n',
        ),
    ),
    must_pass(
        "timeout-in-other-units", "same timeout in other units", "order",
        replacing("timedelta(seconds=10)", "timedelta(minutes=1) / 6"),
    ),
    must_pass(
        "sleep-by-asyncio", "timer written otherwise", "order",
        replacing("from datetime import timedelta\n", "import asyncio\nfrom datetime import timedelta\n"),
        replacing("workflow.sleep(0.1)", "asyncio.sleep(0.1)"),
    ),
    must_pass(
        "sleep-by-wait", "timer written otherwise", "order",
        replacing(
            "from datetime import timedelta\n", "import asyncio\nimport contextlib\nfrom datetime import timedelta\n",
        ),
        replacing(
            "        await workflow.sleep(0.1)\n",
            "        with contextlib.suppress(asyncio.TimeoutError):\n"
            "            await workflow.wait_condition(lambda: False, timeout=0.1)\n",
        ),
    ),
    must_pass(
        "wait-already-met-with-timeout", "timeout on a wait already met", "order",
        before("        return f", "        await workflow.wait_condition(lambda: True, timeout=5)\n"),
        note="the timer is taken back in the same workflow task, and no other follows",
    ),
    must_pass(
        "wait-already-met", "wait already met", "order",
        before("        await workflow.sleep(0.1)\n", "        await workflow.wait_condition(lambda: shelf > 0)\n"),
    ),
    must_pass(
        "gather-as-tasks", "gather written as tasks", "survey",
        replacing(
            "            workflow.execute_activity(ask, topic, start_to_close_timeout=SOON),",
            "            asyncio.create_task(workflow.execute_activity(ask, topic, start_to_close_timeout=SOON)),",
        ),
        replacing(COUNT, f"            asyncio.create_task({COUNT.strip()[:-1]}),\n"),
    ),
    must_pass(
        "gather-as-handles", "gather written as handles", "survey",
        replacing(ASK + COUNT, (ASK + COUNT).replace("execute_", "start_")),
    ),
    must_pass(
        "condition-moved", "branch rewritten", "batches-continued",
        replacing(
            "        if at + 2 < end:\n            workflow.continue_as_new",
            "        if not at + 2 >= end:\n            workflow.continue_as_new",
        ),
    ),
    must_pass(
        "except-widened", "except widened", "booking-failed",
        replacing("except ActivityError as error", "except (ActivityError, ValueError) as error"), sandboxed=True,
    ),
    must_pass(
        "finally-added", "clean-up without steps", "booking-cancelled",
        before("\n\nACTIVITIES", '        finally:\n            workflow.logger.info("done")\n'),
    ),
    must_pass(
        "query-added", "handlers added", "desk-waiting",
        before(
            "    @workflow.query\n",
            "    @workflow.query\n"
            "    def comments_so_far(self) -> int:\n"
            "        return len(self.comments)\n"
            "\n"
            "    @workflow.signal\n"
            "    def nudge(self) -> None:\n"
            "        self.comments.append('nudge')\n"
            "\n",
        ),
    ),
    must_pass("dataclass-renamed", "dataclass renamed", "parcel", lambda source: source.replace("Parcel", "Packet")),
    must_pass(
        "dataclass-to-dict", "dataclass to dict", "parcel",
        replacing(
            "async def run(self, parcel: Parcel) -> str:\n        weighed",
            "async def run(self, parcel: dict[str, str | int]) -> str:\n        weighed",
        ),
        replacing("execute_activity(weigh, parcel,", 'execute_activity("weigh", parcel, result_type=Parcel,'),
    ),
    must_pass(
        "fields-reordered", "dataclass fields reordered", "parcel",
        replacing("    code: str\n    grams: int\n", "    grams: int\n    code: str\n"),
        replacing("Parcel(parcel.code, parcel.grams + 1)", "Parcel(parcel.grams + 1, parcel.code)"),
        note="the wire form is an object: its order means nothing",
    ),
    must_pass(
        "dataclass-to-pydantic", "dataclass to pydantic", "parcel",
        replacing("from dataclasses import dataclass\n", ""),
        replacing(
            COMMON,
            "from pydantic import BaseModel\n"
            f"{COMMON}from temporalio.contrib.pydantic import pydantic_data_converter\n",
        ),
        replacing("@dataclass\nclass Parcel:", "class Parcel(BaseModel):"),
        replacing("Parcel(parcel.code, parcel.grams + 1)", "Parcel(code=parcel.code, grams=parcel.grams + 1)"),
        before(
            "ACTIVITIES =",
            "def worker() -> dict[str, object]:\n"
            '    return {"workflows": [Sending], "data_converter": pydantic_data_converter}\n'
            "\n"
            "\n",
        ),
        factory="worker",
    ),
)  # fmt: skip

EXPLICIT = (
    must_pass(
        "default-retry-policy", "default spelled out", "order",
        replacing(COMMON, f"{COMMON}from temporalio.common import RetryPolicy\n"),
        replacing(CHARGED, f"{CHARGED}, retry_policy=RetryPolicy()"), note="the server records the same",
    ),
    must_pass(
        "default-task-queue", "default spelled out", "order",
        replacing(CHARGED, f"{CHARGED}, task_queue=workflow.info().task_queue"),
    ),
    must_pass(
        "default-cancellation-type", "default spelled out", "order",
        replacing(CHARGED, f"{CHARGED}, cancellation_type=workflow.ActivityCancellationType.TRY_CANCEL"),
    ),
    must_pass(
        "default-child-options", "default spelled out", "fleet",
        replacing(
            'id=f"{fleet}-truck"',
            'id=f"{fleet}-truck", task_queue=workflow.info().task_queue, '
            "parent_close_policy=workflow.ParentClosePolicy.TERMINATE",
        ),
    ),
    must_pass(
        "default-reuse-policy", "default spelled out", "fleet",
        replacing(COMMON, f"{COMMON}from temporalio.common import WorkflowIDReusePolicy\n"),
        replacing(
            'id=f"{fleet}-truck"', 'id=f"{fleet}-truck", id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE',
        ),
    ),
)  # fmt: skip

FAILURE_TYPES = (
    must_pass(
        "failure-types-unchanged", "worker hides non-determinism errors", "order",
        replacing('name="Subject"', 'name="Subject", failure_exception_types=[Exception]'),
    ),
)  # fmt: skip

CASES = UNCHANGED + REFACTORED + EXPLICIT + FAILURE_TYPES
