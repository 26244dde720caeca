"""The life cycle of a patch: taken the right way, and every wrong way."""

from tests.bugbench.case import must_fail, must_pass
from tests.bugbench.scenarios import DEPRECATED, NAP, ONLY_POLITE, UNPATCHED
from tests.planted.change import before, replacing

PATCH = "patch politer #1"
CALL = 'workflow.patched("politer")'
IF = f"        if {CALL}:\n"
RETURN = "        return await workflow.execute_activity(sign"
OLD = "activity greet #1"
POLITE = "activity greet_politely #1"
SIGN = "activity sign #1"
LOOPED = (
    replacing(IF, f"        for _ in range(2):\n          if {CALL}:\n"),
    replacing(
        "            text = await workflow.execute_activity(greet_politely",
        "              text = await workflow.execute_activity(greet_politely",
    ),
    replacing("        else:\n            text", "          else:\n              text"),
)  # fmt: skip

WRONG = (
    must_fail(
        "patch-removed-early", "patch removed early", "greeting-patched", *ONLY_POLITE, recorded=PATCH, new=POLITE,
    ),
    must_fail(
        "patch-rolled-back", "patch removed early", "greeting-patched", *UNPATCHED, recorded=PATCH, new=OLD,
        sandboxed=True,
    ),
    must_fail(
        "patch-renamed", "patch renamed", "greeting-patched", replacing(CALL, 'workflow.patched("more-polite")'),
        recorded=PATCH,
    ),
    must_fail(
        "patch-moved-later", "patch moved", "greeting-patched", replacing(IF, "        if True:\n"),
        before(RETURN, f"        {CALL}\n"), recorded=PATCH, new=POLITE,
    ),
    must_fail(
        "patch-inverted", "patch inverted", "greeting-patched", replacing(CALL, f"not {CALL}"), recorded=POLITE,
        new=OLD,
    ),
    must_fail(
        "patch-inverted-before", "patch inverted", "greeting-before", replacing(CALL, f"not {CALL}"), recorded=OLD,
        new=POLITE,
    ),
    must_fail(
        "patch-reused", "patch reused", "greeting-patched",
        before(
            RETURN,
            f'        if {CALL}:\n'
            '            text = await workflow.execute_activity("stress", text, start_to_close_timeout=SOON)\n',
        ),
        recorded=SIGN, new="activity stress #1",
    ),
    must_fail(
        "patch-branches-swapped", "patch inverted", "greeting-patched",
        replacing("(greet_politely, name", "(greet, name"), recorded=POLITE, new=OLD,
    ),
    must_fail(
        "patch-old-branch-dropped", "old branch lost", "greeting-before", *ONLY_POLITE, recorded=OLD, new=POLITE,
    ),
    must_fail(
        "patch-old-branch-changed", "old branch changed", "greeting-before", replacing("(greet, name", "(sign, name"),
        recorded=OLD, new=SIGN,
    ),
    must_fail("patch-deprecated-early", "patch deprecated early", "greeting-before", *DEPRECATED, recorded=OLD),
    must_fail(
        "patch-not-guarded", "change without a patch", "greeting-before", *UNPATCHED,
        replacing("(greet, name", "(greet_politely, name"), recorded=OLD, new=POLITE,
    ),
    must_fail(
        "patch-around-half", "change half guarded", "greeting-before",
        before(RETURN, '        await workflow.execute_activity("log", text, start_to_close_timeout=SOON)\n'),
        recorded=SIGN, new="activity log #1",
    ),
)  # fmt: skip

RIGHT = (
    must_pass("patch-added", "patch added right", "greeting-before"),
    must_pass("patch-added-sandboxed", "patch added right", "greeting-before", sandboxed=True),
    must_pass(
        "patch-added-in-loop", "patch added right", "greeting-before", *UNPATCHED,
        before(
            RETURN,
            "        for _ in range(3):\n"
            '            if workflow.patched("stressed"):\n'
            "                await workflow.sleep(1)\n",
        ),
        note="memoised: the run keeps the old branch each time",
    ),
    must_pass(
        "patch-asked-twice", "patch asked twice", "greeting-patched", before(RETURN, f"        assert {CALL}\n"),
    ),
    must_pass("patch-deprecated", "patch deprecated right", "greeting-patched", *DEPRECATED),
    must_pass("patch-removed-after-deprecation", "patch removed right", "greeting-deprecated", *ONLY_POLITE),
    must_pass(
        "patch-kept-after-deprecation", "patch restored", "greeting-deprecated", note="a rollback by one release",
    ),
    must_pass(
        "patch-second-added", "patch added right", "greeting-patched",
        before(RETURN, '        if workflow.patched("stressed"):\n            await workflow.sleep(1)\n'),
        note="a second change of the same place, under an id of its own",
    ),
    must_pass(
        "patch-deprecated-where-nothing-differs", "patch deprecated right", "greeting-before", *UNPATCHED,
        before("        text =", '        workflow.deprecate_patch("louder")\n'),
        note="Temporal takes a deprecated marker that a history lacks",
    ),
    must_pass("patch-added-not-reached", "patch added right", "greeting-napping", before(IF, NAP)),
    must_pass(
        "patch-branch-dropped-not-reached", "open run: change not reached", "greeting-napping", *ONLY_POLITE,
        before("        text =", NAP), note="the run sleeps before the change: it may take it",
    ),
)  # fmt: skip

CASES = WRONG + RIGHT
