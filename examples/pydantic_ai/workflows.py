"""A guide with tools: an agent of Pydantic AI, run durably."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    import pydantic_ai.models.openai  # noqa: F401 -- or the first run would, for longer than a workflow task may take
    from pydantic_ai import Agent
    from pydantic_ai.durable_exec.temporal import PydanticAIWorkflow, TemporalDurability
    from pydantic_ai.messages import ModelMessage, ToolCallPart

    from .activities import HARBOUR
    from .models import Advice, Visit

# Its name and the toolset's id are part of the activities' names: to change them is to strand running workflows.
guide = Agent(
    "openai-chat:gpt-4o-mini",
    name="guide",
    instructions="Answer in one short sentence from what your tools say.",
    toolsets=[HARBOUR],
    capabilities=[TemporalDurability()],
    defer_model_check=True,  # each run makes the client, when the worker knows where the model is
)


@workflow.defn
class HarbourGuide(PydanticAIWorkflow):
    """Guide → tools → answer; each call of the model and of a tool is an activity."""

    __pydantic_ai_agents__ = (guide,)

    @workflow.run
    async def run(self, visit: Visit) -> Advice:
        """Answer the question, and the follow-up in the same conversation."""
        told = await guide.run(visit.question)
        answers = [told.output]
        if visit.follow_up:
            told = await guide.run(visit.follow_up, message_history=told.all_messages())
            answers.append(told.output)
        return Advice(answers=answers, tools=_called(told.all_messages()))


def _called(messages: list[ModelMessage]) -> list[str]:
    return [part.tool_name for message in messages for part in message.parts if isinstance(part, ToolCallPart)]
