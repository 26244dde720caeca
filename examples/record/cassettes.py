"""`python -m examples.record.cassettes`: record the examples' cassettes, with a real local model (extra `llm`)."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from openai import AsyncOpenAI
from pydantic_ai.durable_exec.temporal import PydanticAIPlugin
from temporalio.worker import Interceptor

from examples.agent import worker as agent
from examples.agent.activities import AgentActivities
from examples.agent.models import Goal
from examples.agent.workflows import Agent
from examples.ai_pipeline import worker as pipeline
from examples.ai_pipeline.activities import PipelineActivities
from examples.ai_pipeline.models import Job
from examples.ai_pipeline.store import Store
from examples.ai_pipeline.workflows import AiPipeline
from examples.llm_server import LoopbackServer
from examples.llm_server.local_model import serve_local_model
from examples.openai_agents import worker as desk
from examples.openai_agents.models import Visit as DeskVisit
from examples.openai_agents.workflows import HarbourDesk
from examples.pydantic_ai import worker as guide
from examples.pydantic_ai.models import Visit as GuideVisit
from examples.pydantic_ai.volatile import VOLATILE
from examples.pydantic_ai.workflows import HarbourGuide
from replaykit import use_cassette

from .stage import Stage, open_stage
from .visits import connected, found_by_environment

EXAMPLES = Path(__file__).parents[1]
GOAL = Goal("Plan a day at the harbour", agent.POINTS, max_turns=8)


@dataclass(frozen=True, slots=True)
class Scene:
    """One cassette: whose it is, the run that is recorded, and what differs from run to run in it."""

    example: str
    workflow_id: str
    play: Callable[[Stage, AsyncOpenAI, str, Sequence[Interceptor]], Awaitable[object]]
    volatile: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Where it stands among the examples."""
        return EXAMPLES / self.example / f"{self.workflow_id}.yaml"


async def _agent(stage: Stage, llm: AsyncOpenAI, name: str, tape: Sequence[Interceptor]) -> object:
    async with agent.new_worker(stage.client, AgentActivities(llm), interceptors=tape):
        return await stage.client.execute_workflow(Agent.run, args=[GOAL, None], id=name, task_queue=agent.TASK_QUEUE)


async def _pipeline(stage: Stage, llm: AsyncOpenAI, name: str, tape: Sequence[Interceptor]) -> object:
    own = PipelineActivities(pipeline.DOCUMENTS, Store(stage.folder / "pipeline.sqlite3"), llm)
    async with pipeline.new_worker(stage.client, own, interceptors=tape):
        return await stage.client.execute_workflow(
            AiPipeline.run, Job(name, "press"), id=name, task_queue=pipeline.TASK_QUEUE
        )


async def _desk(stage: Stage, _: AsyncOpenAI, name: str, tape: Sequence[Interceptor]) -> object:
    client = await connected(stage, [desk.new_plugin()])
    async with desk.new_worker(client, interceptors=tape):
        visit = DeskVisit(desk.QUESTION, desk.FOLLOW_UP)
        return await client.execute_workflow(HarbourDesk.run, visit, id=name, task_queue=desk.TASK_QUEUE)


async def _guide(stage: Stage, _: AsyncOpenAI, name: str, tape: Sequence[Interceptor]) -> object:
    client = await connected(stage, [PydanticAIPlugin()])
    async with guide.new_worker(client, interceptors=tape):
        visit = GuideVisit(question=guide.QUESTION, follow_up=guide.FOLLOW_UP)
        return await client.execute_workflow(HarbourGuide.run, visit, id=name, task_queue=guide.TASK_QUEUE)


SCENES = (
    Scene("agent", "agent-601", _agent),
    Scene("ai_pipeline", "job-7801", _pipeline),
    Scene("openai_agents", "visit-6101", _desk),
    Scene("pydantic_ai", "visit-7101", _guide, VOLATILE),
)


async def main() -> None:
    """Record the cassettes of the examples that are named, or of all."""
    parser = argparse.ArgumentParser(prog="python -m examples.record.cassettes", description=__doc__)
    parser.add_argument("examples", nargs="*", help="default: all of them")
    wanted = parser.parse_args().examples
    logging.disable(logging.WARNING)
    with (
        serve_local_model() as upstream,
        LoopbackServer(upstream=upstream) as model,
        found_by_environment(model.base_url),
    ):
        async with open_stage() as stage, AsyncOpenAI(max_retries=0) as llm:
            for scene in SCENES:
                if wanted and scene.example not in wanted:
                    continue
                scene.path.unlink(missing_ok=True)  # of an older recording nothing is to stay
                with use_cassette(scene.path, mode="once", volatile=scene.volatile) as cassette:
                    told = await scene.play(stage, llm, scene.workflow_id, [cassette])
                sys.stdout.write(f"{scene.path}: {cassette.recorded} recorded: {told}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
