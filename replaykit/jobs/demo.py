"""The demo job: the main job whole, on an embedded server, with real workflows and a real worker process."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from replaykit.adapters.examples import copy_examples, swap_steps
from replaykit.adapters.orders import address_of, order_worker, run_order
from replaykit.adapters.project import load_config
from replaykit.adapters.server import dev_server
from replaykit.adapters.variables import ADDRESS
from replaykit.errors import DemoError
from replaykit.jobs import export, replay
from replaykit.model.case import Judgement
from replaykit.model.manner import Manner
from replaykit.model.summary import Summary
from replaykit.model.verdict import Clean
from replaykit.model.wanted import Wanted

PROJECT = """\
[tool.replaykit]
workflows = ["examples.order_saga.workflows"]
"""
# Card and quantity of each order: the bank refuses one, the shelf does not hold another.
ORDERS = (("tok_ok", 1), ("tok_ok", 3), ("tok_declined", 1), ("tok_ok", 1000), ("tok_ok", 2), ("tok_ok", 5))


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the demo begins."""

    text: str


@dataclass(frozen=True, slots=True)
class Ran:
    """One workflow has run to its end."""

    workflow_id: str
    ended: str


@dataclass(frozen=True, slots=True)
class Saved:
    """One history is in the corpus."""

    path: Path
    events: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """The corpus has been replayed; `findings` are the judgements that were not clean."""

    summary: Summary
    findings: tuple[Judgement, ...]
    project: Path


Event: TypeAlias = Stage | Ran | Saved | Replayed


async def demo(directory: Path) -> AsyncIterator[Event]:
    """Run, export, replay clean, change, replay again, inside an empty directory.

    Raises:
        DemoError: An example, the server or the worker does not work.
    """
    project, changed = directory / "project", directory / "changed"
    for place in (project, changed):
        copy_examples(place, "order_saga")
        (place / "pyproject.toml").write_text(PROJECT, "utf-8")
    swap_steps(changed)
    corpus = project / "fixtures"
    yield Stage("Start an embedded Temporal server and a worker")
    async with dev_server(directory) as client, order_worker(project, address_of(client), directory) as worker:
        yield Stage(f"Run {len(ORDERS)} orders through the example workflow OrderSaga")
        ids = []
        for number, (card, quantity) in enumerate(ORDERS, start=1001):
            ids.append(f"order-{number}")
            yield Ran(ids[-1], await run_order(client, ids[-1], worker, card=card, quantity=quantity))
        yield Stage("Export their histories into a corpus")
        config = load_config(project)
        wanted = Wanted(workflow_ids=tuple(ids))
        connection = {ADDRESS: address_of(client)}
        async for event in export.export(wanted, Manner(), config, out=corpus, base=directory, connection=connection):
            match event:
                case export.Exported(path=path, events=events):
                    yield Saved(path, events)
                case export.NotExported(_, problem):
                    raise DemoError(problem.what, cause=problem.cause, fix=problem.fix)
                case _:
                    pass
    yield Stage("Replay them against the same code")
    yield await _replayed(project, corpus, directory)
    yield Stage("Replay them against changed code: `reserve` now comes before `charge`, without a patch")
    yield await _replayed(changed, corpus, directory)


async def _replayed(project: Path, corpus: Path, directory: Path) -> Replayed:
    config = replace(load_config(project), processes=0)
    findings: list[Judgement] = []
    summary = Summary()
    async for event in replay.replay(config, [str(corpus)], base=directory):
        match event:
            case replay.Judged(judgement, _):
                if not isinstance(judgement.verdict, Clean):
                    findings.append(judgement)
            case replay.Finished(summary):
                pass
    findings.sort(key=lambda found: found.case.shown)
    return Replayed(summary, tuple(findings), project)
