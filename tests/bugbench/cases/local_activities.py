"""Local activities: other ones, in another order, made activities."""

from tests.bugbench.case import must_fail, must_warn
from tests.bugbench.scenarios import FORGOTTEN, RETRIED
from tests.planted.change import before, replacing, swapping

LOOK_UP = "        price = await workflow.execute_local_activity(look_up, item, start_to_close_timeout=SOON)\n"
DISCOUNT = "        less = await workflow.execute_local_activity(discount, item, start_to_close_timeout=SOON)\n"
PUBLISH = "        await workflow.execute_activity(publish"
AFTER = '        await workflow.execute_local_activity(look_up, "after", start_to_close_timeout=SOON)\n'
RETURN = "        return price - less\n"
CHECK = '        await workflow.execute_local_activity("check", item, start_to_close_timeout=SOON)\n'

CASES = (
    must_fail(
        "local-swapped", "local activities reordered", "pricing", swapping(LOOK_UP, DISCOUNT, PUBLISH),
        recorded="local activity look_up #1", new="local activity discount #1",
    ),
    must_fail(
        "local-added", "local activity added", "pricing", before(DISCOUNT, CHECK),
        recorded="local activity discount #1", new="local activity check #1",
    ),
    must_fail(
        "local-added-last", "local activity added", "pricing", before(RETURN, CHECK), recorded="complete",
        new="local activity check #1",
    ),
    must_fail(
        "local-removed", "local activity removed", "pricing", replacing(DISCOUNT, "        less = 3\n"),
        recorded="local activity discount #1", new="activity publish #1",
    ),
    must_fail(
        "local-removed-last", "local activity removed", "pricing", replacing(AFTER, ""),
        recorded="local activity look_up #2", new="complete",
    ),
    must_fail(
        "local-renamed", "local activity renamed", "pricing",
        replacing("@activity.defn\nasync def discount", '@activity.defn(name="rebate")\nasync def discount'),
        recorded="local activity discount #1", new="local activity rebate #1",
    ),
    must_fail(
        "local-made-activity", "local activity to activity", "pricing",
        replacing(DISCOUNT, DISCOUNT.replace("execute_local_activity", "execute_activity")),
        recorded="local activity discount #1", new="activity discount #1",
    ),
    must_warn(
        "local-input", "local activity input", "pricing", replacing('look_up, "after"', 'look_up, "later"'),
        note="the marker of a local activity carries no input: no history can tell, and replaykit says so",
    ),
    must_warn(
        "local-result-used-otherwise", "activity input", "pricing", replacing("item, price - less]", "item, price]"),
        recorded="activity publish #1", new="activity publish #1",
    ),
    must_fail(
        "local-retried-renamed", "local activity renamed", "pricing-retried", *RETRIED,
        replacing("@activity.defn\nasync def discount", '@activity.defn(name="rebate")\nasync def discount'),
        recorded="local activity discount #1", new="local activity rebate #1",
    ),
    must_fail(
        "local-retry-removed", "local activity removed", "pricing-retried", *RETRIED,
        replacing(
            "        less = await workflow.execute_local_activity(discount, item,",
            "        less = await workflow.execute_local_activity(look_up, item,",
        ),
        recorded="local activity discount #1", new="local activity look_up #2",
    ),
    must_warn(
        "local-no-longer-awaited", "local activity started, not awaited", "pricing", *FORGOTTEN,
        recorded="local activity look_up #2", note="the run now ends without its result",
    ),
)  # fmt: skip
