"""Histories of HarbourDesk and HarbourGuide: two questions, a model that is busy at first, one question alone."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pydantic_ai.durable_exec.temporal import PydanticAIPlugin
from temporalio.client import Client, Plugin
from temporalio.converter import DataConverter

from examples.openai_agents import worker as desk
from examples.openai_agents.models import Visit as DeskVisit
from examples.openai_agents.workflows import HarbourDesk
from examples.pydantic_ai import worker as guide
from examples.pydantic_ai.models import Visit as GuideVisit
from examples.pydantic_ai.workflows import HarbourGuide

from .failures import PortableFailureConverter
from .stage import IDENTITY, Run, Stage

QUESTION = "What about this?\n- height of the lighthouse"
FOLLOW_UP = "And this?\n- when the harbour opens"
BUSY = "Is anybody there?\n- channel of the pilot boat"


async def record(stage: Stage) -> list[Run]:
    """Serve all visitors; returns the runs to export."""
    with found_by_environment(stage.model.base_url):
        return [*await _desks(stage), *await _guides(stage)]


@contextmanager
def found_by_environment(base_url: str) -> Iterator[None]:
    """Tell the SDKs, which make their clients themselves, where the model is."""
    before = {name: os.environ.get(name) for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY")}
    os.environ |= {"OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": "loopback"}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


async def connected(stage: Stage, plugins: Sequence[Plugin]) -> Client:
    """Connect with a plugin, which brings its payload converter."""
    return await Client.connect(
        stage.address,
        identity=IDENTITY,
        data_converter=replace(DataConverter.default, failure_converter_class=PortableFailureConverter),
        plugins=plugins,
        runtime=stage.client.service_client.config.runtime,
    )


async def _desks(stage: Stage) -> list[Run]:
    stage.model.fail(BUSY[:16], status=429)
    client = await connected(stage, [desk.new_plugin()])
    visits = {
        "visit-6001": DeskVisit(QUESTION, FOLLOW_UP),
        "visit-6002": DeskVisit(BUSY, FOLLOW_UP),
        "visit-6003": DeskVisit(QUESTION),
    }
    async with desk.new_worker(client):
        for visit_id, visit in visits.items():
            await client.execute_workflow(HarbourDesk.run, visit, id=visit_id, task_queue=desk.TASK_QUEUE)
    return [Run(visit_id) for visit_id in visits]


async def _guides(stage: Stage) -> list[Run]:
    stage.model.fail(BUSY[:16], status=429)
    client = await connected(stage, [PydanticAIPlugin()])
    visits = {
        "visit-7001": GuideVisit(question=QUESTION, follow_up=FOLLOW_UP),
        "visit-7002": GuideVisit(question=BUSY, follow_up=FOLLOW_UP),
        "visit-7003": GuideVisit(question=QUESTION),
    }
    async with guide.new_worker(client):
        for visit_id, visit in visits.items():
            await client.execute_workflow(HarbourGuide.run, visit, id=visit_id, task_queue=guide.TASK_QUEUE)
    return [Run(visit_id) for visit_id in visits]
