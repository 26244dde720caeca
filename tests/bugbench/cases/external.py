"""Signals to other workflows, and cancelling them."""

from tests.bugbench.case import must_fail, must_warn
from tests.planted.change import before, replacing, swapping

SIGNAL = '        await box.signal("drop", stamped)\n'
CANCEL = '        await workflow.get_external_workflow_handle("box-south").cancel()\n'
RETURN = "        return stamped\n"
DROP = "external signal drop #1"
CALL_OFF = "external cancel #1"

CASES = (
    must_fail(
        "external-signal-removed", "external signal removed", "mail", replacing(SIGNAL, ""), recorded=DROP,
        new=CALL_OFF,
    ),
    must_fail(
        "external-signal-added", "external signal added", "mail", before(CANCEL, SIGNAL), recorded=CALL_OFF,
        new="external signal drop #2",
    ),
    must_fail(
        "external-cancel-removed", "external cancel removed", "mail", replacing(CANCEL, ""), recorded=CALL_OFF,
        new="complete",
    ),
    must_fail(
        "external-cancel-added", "external cancel added", "mail", before(RETURN, CANCEL), recorded="complete",
        new="external cancel #2",
    ),
    must_fail(
        "external-swapped", "external signal and cancel reordered", "mail", swapping(SIGNAL, CANCEL, RETURN),
        recorded=DROP, new=CALL_OFF,
    ),
    must_warn(
        "external-signal-name", "external signal name", "mail", replacing('"drop", stamped', '"put", stamped'),
        recorded=DROP, new="external signal put #1",
    ),
    must_warn(
        "external-signal-target", "external signal target", "mail",
        replacing('handle("box-north")', 'handle("box-west")'), recorded=DROP, new=DROP,
    ),
    must_warn(
        "external-signal-input", "external signal input", "mail", replacing('"drop", stamped', '"drop", letter'),
        recorded=DROP, new=DROP,
    ),
    must_warn(
        "external-cancel-target", "external cancel target", "mail",
        replacing('handle("box-south")', 'handle("box-north")'), recorded=CALL_OFF, new=CALL_OFF,
    ),
)  # fmt: skip
