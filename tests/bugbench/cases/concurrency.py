"""Steps at once: in another order, one after the other, with swapped arguments."""

from tests.bugbench.case import must_fail, must_warn
from tests.bugbench.scenarios import PARALLEL, RACED
from tests.planted.change import before, cutting, replacing

ASK = "            workflow.execute_activity(ask, topic, start_to_close_timeout=SOON),\n"
COUNT = "            workflow.execute_activity(count, topic, start_to_close_timeout=SOON),\n"
AND = "        answer, number = await asyncio.gather("
TEXTS = "        texts = await asyncio.gather("

CASES = (
    must_fail(
        "gather-reordered", "gather order of different types", "survey",
        replacing("        answer, number =", "        number, answer ="), replacing(ASK + COUNT, COUNT + ASK),
        recorded="activity ask #1", new="activity count #1",
    ),
    must_fail(
        "gather-to-sequence", "parallel to sequential", "survey", cutting(AND, TEXTS),
        before(TEXTS, ASK.replace("            workflow", "        answer = await workflow").replace("),\n", ")\n")),
        before(
            TEXTS, COUNT.replace("            workflow", "        number = await workflow").replace("),\n", ")\n"),
        ),
        recorded="activity count #1", sandboxed=True,
    ),
    must_fail(
        "gather-more", "activity added", "survey", replacing(ASK + COUNT, ASK + COUNT + COUNT),
        replacing("answer, number =", "answer, number, _ ="), new="activity count #2",
    ),
    must_fail(
        "gather-fewer", "activity removed", "survey", replacing(COUNT, ""),
        replacing("answer, number =", "[answer] ="), before(TEXTS, "        number = 3\n"),
        recorded="activity count #1",
    ),
    must_warn(
        "gather-arguments-swapped", "gather arguments swapped", "survey", replacing('ask, "first"', 'ask, "third"'),
        replacing('ask, "second"', 'ask, "first"'), replacing('ask, "third"', 'ask, "second"'),
        recorded="activity ask #2", new="activity ask #2",
    ),
    must_warn(
        "gather-all-at-once", "sequential to parallel", "order",
        replacing("from datetime import timedelta\n", "import asyncio\nfrom datetime import timedelta\n"),
        replacing(
            "        receipt = await workflow.execute_activity("
            "charge, args=[order, cents], start_to_close_timeout=SOON)\n"
            "        shelf = await workflow.execute_activity(reserve, order, start_to_close_timeout=SOON)\n",
            "        receipt, shelf = await asyncio.gather(\n"
            "            workflow.execute_activity(charge, args=[order, cents], start_to_close_timeout=SOON),\n"
            "            workflow.execute_activity(reserve, order, start_to_close_timeout=SOON),\n"
            "        )\n",
        ),
        new="activity reserve #1",
    ),
    must_fail(
        "gather-beside-timer", "activity in parallel to timer", "order",
        replacing("from datetime import timedelta\n", "import asyncio\nfrom datetime import timedelta\n"),
        replacing(
            "await workflow.sleep(0.1)",
            "await asyncio.gather("
            'workflow.execute_activity("audit", order, start_to_close_timeout=SOON), workflow.sleep(0.1))',
        ),
        recorded="timer #1", new="activity audit #1",
    ),
    must_fail(
        "race-instead-of-wait", "timeout around an activity", "order",
        replacing("from datetime import timedelta\n", "import asyncio\nfrom datetime import timedelta\n"),
        replacing(
            "shelf = await workflow.execute_activity(reserve, order, start_to_close_timeout=SOON)",
            "shelf = await asyncio.wait_for("
            "workflow.execute_activity(reserve, order, start_to_close_timeout=SOON), 30)",
        ),
        new="timer #1",
    ),
    must_fail(
        "race-removed", "timeout around an activity", "booking-raced", recorded="timer #1", new="activity pay #1",
    ),
    must_warn(
        "race-timeout", "timer duration", "booking-raced", *RACED, replacing("), 0.5)", "), 0.4)"),
        recorded="timer #1", new="timer #1",
    ),
    must_fail(
        "gather-locals-reordered", "local activities reordered", "pricing-parallel", *PARALLEL,
        replacing("        _, price, less =", "        _, less, price ="),
        replacing("execute_local_activity(look_up, item", "execute_local_activity(discount, what"),
        replacing("execute_local_activity(discount, item", "execute_local_activity(look_up, item"),
        replacing("discount, what", "discount, item"), recorded="local activity look_up #1",
        new="local activity discount #1",
    ),
)  # fmt: skip
