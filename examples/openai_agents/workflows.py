"""A desk that hands visitors over to a guide, who has tools: two agents of the OpenAI Agents SDK, run durably."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.openai_agents.workflow import activity_as_tool

with workflow.unsafe.imports_passed_through():
    from agents import Agent, RunConfig, Runner, ToolCallItem, TResponseInputItem, function_tool

    from .activities import look_up
    from .models import Advice, Visit

MODEL = "gpt-4o-mini"
LOOK_UP = activity_as_tool(
    look_up, start_to_close_timeout=timedelta(seconds=30), retry_policy=RetryPolicy(maximum_attempts=3)
)
TICKET = 7  # crowns
# The SDK would send every run's traces to its maker.
UNTRACED = RunConfig(tracing_disabled=True)


@function_tool  # async: the SDK would run another in a thread, which workflows have none of
async def ferry_fare(adults: int, children: int) -> str:
    """Work out what the ferry costs for a number of adults and children."""
    return f"{adults} adults and {children} children pay {TICKET * adults + TICKET * children // 2} crowns."


def new_desk() -> Agent[None]:
    """Make the agent that meets visitors first; it knows nothing but whom to hand them to."""
    guide = Agent[None](
        name="Guide",
        model=MODEL,
        handoff_description="Knows the harbour: opening hours, tides, the lighthouse, the ferry's fares.",
        instructions="Answer in one short sentence from what your tools say.",
        tools=[LOOK_UP, ferry_fare],
    )
    return Agent[None](
        name="Desk",
        model=MODEL,
        instructions="Hand every question about the harbour to the guide.",
        handoffs=[guide],
    )


@workflow.defn
class HarbourDesk:
    """Desk → hand-off → guide → tools → answer; each call of the model is an activity."""

    @workflow.run
    async def run(self, visit: Visit) -> Advice:
        """Answer the question, and the follow-up in the same conversation."""
        told = await Runner.run(new_desk(), visit.question, run_config=UNTRACED)
        answers = [str(told.final_output)]
        items = list(told.new_items)
        if visit.follow_up:
            again: list[TResponseInputItem] = [*told.to_input_list(), {"role": "user", "content": visit.follow_up}]
            told = await Runner.run(told.last_agent, again, run_config=UNTRACED)
            answers.append(str(told.final_output))
            items += told.new_items
        tools = [item.tool_name or "" for item in items if isinstance(item, ToolCallItem)]
        return Advice(answers, told.last_agent.name, tools)
