"""The likely cause: values that are drawn, and steps shown with their callers."""

from collections.abc import Mapping

import pytest

from replaykit.model.finding import Change, Divergence, Drift, Shape
from replaykit.model.step import SourceLine, Step, StepKey, StepKind
from replaykit.rules.diagnose import diagnose, is_shifted
from tests.stories import changed, line_of, project, source

HELPER = """
async def _reserve(order: str) -> None:
    await workflow.execute_activity(label, order, start_to_close_timeout=SOON)


@workflow.defn
class Order:"""


@pytest.mark.parametrize(
    ("recorded", "new", "shifted"),
    [
        ('"k-3f2a8c1e-0d4b-4c6e-9a57-1b2c3d4e5f60"', '"k-7b1c9d2f-1e5c-4d7f-8b68-2c3d4e5f6071"', True),
        ("0.13436424411240122", "0.8474337369372327", True),
        ("0.2", "0.7", False),
        ('"0.2 to 0.7"', '"3f2a8c1e-0d4b-4c6e-9a57-1b2c3d4e5f60"', False),
        (None, "0.8474337369372327", False),
    ],
)
def test_values_that_look_drawn_are_told_from_values_that_a_person_wrote(
    recorded: str | None,
    new: str,
    shifted: bool,  # noqa: FBT001 - what the table expects
) -> None:
    step = Step(StepKey(StepKind.ACTIVITY, "call", 1), 1)
    assert is_shifted(Drift(1, step, step, (Change("input[0]", recorded, new),))) is shifted


def test_a_step_issued_by_a_helper_names_the_helper_s_line_and_its_caller(recorded: Mapping[str, str]) -> None:
    text = changed(source("order"), "\n@workflow.defn\nclass Order:", HELPER)
    text = changed(
        text, "await workflow.execute_activity(reserve, order, start_to_close_timeout=SOON)", "await _reserve(order)"
    )

    files = project({"order": text}, {"order-1": recorded["order-1"]})
    shown = files.run_cli("replay", "histories").stdout
    [entry] = files.run_cli("replay", "histories", "--format", "json").report["histories"]

    site = entry["divergence"]["new"][0]["site"]
    assert (site["function"], site["line"]) == ("_reserve", line_of(text, "execute_activity(label, order"))
    assert (site["caller"]["function"], site["caller"]["line"]) == ("Order.run", line_of(text, "await _reserve(order)"))
    assert f"called at order.py:{site['caller']['line']} in Order.run" in shown


@pytest.mark.parametrize(
    ("recorded", "told"),
    [(("charge", "reserve", "ship"), "charge, reserve"), (("charge", "label"), "charge, label, …")],
)
def test_the_remedy_for_swapped_steps_has_both_branches(recorded: tuple[str, ...], told: str) -> None:
    def step(name: str, site: SourceLine | None = None) -> Step:
        return Step(StepKey(StepKind.ACTIVITY, name, 1), 1, site=site)

    new = step("reserve", SourceLine("order.py", 41, "Order.run", "await reserve()", indent=4))
    found = diagnose(Divergence(Shape.REORDERED, 1, 1, (), tuple(map(step, recorded)), (new,)))

    assert found.code == (
        (41, '    if workflow.patched("reserve-before-charge"):'),
        (42, "        await reserve()"),
        (43, "        …  # the rest, in its new order"),
        (44, "    else:"),
        (45, f"        …  # as recorded: {told}"),
    )
