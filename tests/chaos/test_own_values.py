"""Ids and times that a workflow makes itself are no difference between two runs of it, and no other question."""

import json
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow

from replaykit import Scenario
from replaykit.model.cassette import Content, Interaction, Layer
from replaykit.model.chaos import End, FaultPlan
from replaykit.rules.chaos.own_values import own_values
from tests.chaos.runs import plan, run_all, step

SOON = timedelta(minutes=1)
MADE, GIVEN = "9c42984f-07be-4bb6-955e-feffb96e3adf", "61a728c0-8bf0-5ac4-8caa-868b7479083b"


@activity.defn
async def book(order: dict[str, str]) -> str:
    return order["what"]


@workflow.defn
class Booking:
    @workflow.run
    async def run(self, what: str) -> str:
        order = {"id": str(workflow.uuid4()), "at": workflow.now().isoformat(), "what": what}
        return await workflow.execute_activity(book, order, start_to_close_timeout=SOON)


def asked(*inputs: object, answer: object = None) -> Interaction:
    contents = tuple(Content.from_bytes({"encoding": b"json/plain"}, json.dumps(each).encode()) for each in inputs)
    said = Content.from_bytes({"encoding": b"json/plain"}, json.dumps(answer).encode())
    return Interaction(Layer.ACTIVITY, "book", contents, said, "")


def test_place_of_an_id_that_comes_from_nowhere_is_volatile() -> None:
    assert own_values([asked({"orders": [{"id": MADE}]}, 7)], ()) == ("activity:book input[0].orders[*].id",)


def test_ids_that_the_run_was_given_or_answered_are_part_of_the_question() -> None:
    assert own_values([asked({"id": GIVEN}, {"id": MADE})], [f"input {MADE}", GIVEN]) == ()
    assert own_values([asked({"id": GIVEN}), asked("more", answer={"id": GIVEN})], ()) == ()


def test_text_that_only_holds_one_stays_in_the_question_but_for_it() -> None:
    assert own_values([asked(f"look up {MADE}")], ()) == ("pattern:uuid",)
    assert own_values([asked("until 2026-11-24T23:50:18Z, please")], ()) == ("pattern:date",)


def test_runs_that_differ_in_such_values_only_did_the_same(tmp_path: Path) -> None:
    scenario = Scenario(workflow=Booking, args=["room"], activities=[book])
    first, second, struck = run_all(scenario, tmp_path, [FaultPlan(), FaultPlan(), plan(step("book"), "error_before")])
    assert first.normal == second.normal
    assert "<own>" in "".join(first.normal)
    assert struck.end is End.COMPLETED
