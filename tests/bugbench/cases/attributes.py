"""Search attributes and memos."""

from tests.bugbench.case import must_fail, must_warn
from tests.planted.change import before, replacing, swapping

FIRST = '        workflow.upsert_search_attributes([STAGE.value_set("posting")])\n'
MEMO = '        workflow.upsert_memo({"note": "new", "views": 0})\n'
POST = "        posted = await"
LAST = '        workflow.upsert_search_attributes([STAGE.value_set("posted"), REGION.value_set("north")])\n'
ATTRIBUTES = "search attributes #1"

CASES = (
    must_fail(
        "attributes-added", "search attributes added", "listing", before(POST, LAST), recorded="activity post #1",
        new="search attributes #2",
    ),
    must_fail(
        "attributes-removed", "search attributes removed", "listing", replacing(FIRST, ""), recorded=ATTRIBUTES,
        new="memo #1",
    ),
    must_fail(
        "attributes-removed-last", "search attributes removed", "listing", replacing(LAST, ""),
        recorded="search attributes #2", new="complete", sandboxed=True,
    ),
    must_fail(
        "attributes-and-memo-swapped", "memo and search attributes reordered", "listing", swapping(FIRST, MEMO, POST),
        recorded=ATTRIBUTES, new="memo #1",
    ),
    must_warn(
        "attributes-value", "search attribute value", "listing",
        replacing('value_set("posting")', 'value_set("draft")'), recorded=ATTRIBUTES, new=ATTRIBUTES,
    ),
    must_warn(
        "attributes-key", "search attribute key", "listing",
        replacing('STAGE.value_set("posting")', 'REGION.value_set("posting")'), recorded=ATTRIBUTES, new=ATTRIBUTES,
    ),
    must_warn(
        "attributes-unset", "search attribute value", "listing",
        replacing('STAGE.value_set("posting")', "STAGE.value_unset()"), recorded=ATTRIBUTES, new=ATTRIBUTES,
    ),
    must_warn(
        "attributes-fewer", "search attribute key", "listing", replacing(', REGION.value_set("north")', ""),
        recorded="search attributes #2", new="search attributes #2",
    ),
    must_fail(
        "memo-added", "memo added", "listing", before(LAST, MEMO.replace("new", "old")),
        recorded="search attributes #2", new="memo #2",
    ),
    must_fail(
        "memo-removed", "memo removed", "listing", replacing(MEMO, ""), recorded="memo #1", new="activity post #1",
    ),
    must_warn(
        "memo-content", "memo content", "listing", replacing('"views": 0', '"views": 1'), recorded="memo #1",
        new="memo #1",
    ),
    must_warn(
        "memo-key", "memo content", "listing", replacing(', "views": 0', ""), recorded="memo #1", new="memo #1",
    ),
)  # fmt: skip
