"""A listing that shows its stage in search attributes and a memo."""

from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import SearchAttributeKey

SOON = timedelta(seconds=10)
STAGE = SearchAttributeKey.for_keyword("Stage")
REGION = SearchAttributeKey.for_keyword("Region")


@activity.defn
async def post(item: str) -> str:
    return f"posted {item}"


@workflow.defn(name="Subject")
class Listing:
    @workflow.run
    async def run(self, item: str) -> str:
        workflow.upsert_search_attributes([STAGE.value_set("posting")])
        workflow.upsert_memo({"note": "new", "views": 0})
        posted = await workflow.execute_activity(post, item, start_to_close_timeout=SOON)
        workflow.upsert_search_attributes([STAGE.value_set("posted"), REGION.value_set("north")])
        return posted


ACTIVITIES = (post,)
