"""Bugs of talk with a language model over HTTP: half an answer is taken for one, a bad one is asked for too often."""

import json
import os
import ssl
from datetime import timedelta
from typing import Any

from openai import AsyncOpenAI, DefaultAsyncHttpxClient
from openai.types.chat import ChatCompletion, ChatCompletionFunctionToolParam
from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError

from examples.llm_server import lasting_endpoint
from replaykit.model.chaos import Boundary, Place, Strike
from replaykit.model.chaos_report import Violation
from replaykit.model.scenario import Scenario
from tests.planted.bugs.case import PlantedBug, Twin, plan

# Read once: a client that reads them for each attempt takes longer for that than for its request.
TRUSTED = ssl.create_default_context()
MODEL = "gpt-4o-mini"
MOST_ASKED = 3
# Beyond the twenty calls that a sweep allows where the baseline makes one; without end it would be as many a run as
# a fault lasts, a hundred, and that takes its time.
TOO_OFTEN = 25
TOOL: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {
        "name": "refund",
        "description": "Give money back.",
        "parameters": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
    },
}


def _client() -> AsyncOpenAI:
    # Attempts are Temporal's to make, as its documentation advises.
    return AsyncOpenAI(
        base_url=os.environ["REPLAYKIT_PLANTED_MODEL"],
        api_key="loopback",
        max_retries=0,
        http_client=DefaultAsyncHttpxClient(verify=TRUSTED),
    )


@activity.defn
async def sum_up(how: str) -> str:
    """Have a complaint summed up; what the model refuses or is kept from saying is no summary."""
    async with _client() as client:
        answer = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "Sum up: the parcel came late, and wet."}]
        )
    said = answer.choices[0]
    if said.message.refusal or said.finish_reason == "content_filter":
        raise ApplicationError("no summary", type="Refused")
    if how == "looks" and said.finish_reason != "stop":
        raise ApplicationError("half a summary", type="Unfinished")
    return said.message.content or ""


@activity.defn
async def choose(most: int) -> str:
    """Have the model call a tool, and ask again, as often as is said, while what it calls it with cannot be read."""
    async with _client() as client:
        for _ in range(most):
            answer = await client.chat.completions.create(
                model=MODEL,
                messages=[{"role": "user", "content": "The parcel of order 17 never came."}],
                tools=[TOOL],
                tool_choice="required",
            )
            try:
                return str(json.loads(_arguments(answer))["order"])
            except ValueError:
                continue
    raise ApplicationError("no arguments", type="NoArguments", non_retryable=True)


def _arguments(answer: ChatCompletion) -> str:
    calls = answer.choices[0].message.tool_calls
    if not calls or calls[0].type != "function" or calls[0].function.name != "refund":
        raise ApplicationError("no call", type="NoCall")
    return calls[0].function.arguments


def talking() -> list[Any]:
    """Make the activities, in each process that runs them; the model is the first one's."""
    if "REPLAYKIT_PLANTED_MODEL" not in os.environ:
        os.environ["REPLAYKIT_PLANTED_MODEL"] = lasting_endpoint()
    return [sum_up, choose]


@workflow.defn(sandboxed=False)
class Talking:
    """Runs one activity that asks a model."""

    @workflow.run
    async def run(self, name: str, how: str | int) -> str:
        """Ask."""
        return str(await workflow.execute_activity(name, how, start_to_close_timeout=timedelta(minutes=5)))


def _scenario(name: str, how: str | int) -> Scenario:
    return Scenario(workflow=Talking, args=[name, how], activities=talking, name=f"{name}_{how}", timeout=120.0)


def _answer_of(name: str, fault: str, *, persistent: bool = False) -> Strike:
    return Strike(Boundary(Place.REQUEST, name, part=1), fault, persistent)


BUGS = (
    PlantedBug(
        "answer_cut_off_is_taken_for_one",
        _scenario("sum_up", "trusts"),
        plan(_answer_of("sum_up", "truncated")),
        Violation.DIVERGED,
        "an answer that the limit of tokens ended has no content, which is taken for a summary of nothing",
    ),
    PlantedBug(
        "arguments_of_a_tool_asked_for_too_often",
        _scenario("choose", TOO_OFTEN),
        plan(_answer_of("choose", "invalid_tool_arguments", persistent=True)),
        Violation.OVERSPENT,
        "a call that cannot be read is asked for again in the hope that one will do, and each answer is billed",
    ),
)
TWINS = (
    Twin("answer_cut_off_is_asked_for_again", _scenario("sum_up", "looks")),
    Twin("arguments_of_a_tool_asked_for_three_times", _scenario("choose", MOST_ASKED)),
)
