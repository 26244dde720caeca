"""`python -m examples.record --out fixtures`: run the examples on a dev server and export their histories."""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from . import agents, approvals, batches, digests, orders, pipelines, reports, visits
from .corpus import export, replace_corpus
from .stage import Run, Stage, open_stage

SCENARIOS = (orders, pipelines, agents, approvals, batches, digests, reports)


async def main() -> None:
    """Record everything into a temporary folder, and replace the corpus only when all of it is there."""
    parser = argparse.ArgumentParser(prog="python -m examples.record", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("fixtures"), help="the corpus (default: %(default)s)")
    out = parser.parse_args().out
    logging.disable(logging.WARNING)  # activities fail on purpose here; their tracebacks tell nothing new
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        async with open_stage() as stage:
            runs = await perform(stage)
            await export(runs, Path(folder), address=stage.address)
        held = replace_corpus(Path(folder), out)
    sys.stdout.write(f"{len(runs)} runs recorded in {time.monotonic() - begun:.0f} s; {out} holds {held} histories\n")


async def perform(stage: Stage) -> list[Run]:
    """Run all scenarios; those that leave a workflow task in progress come last, when the workers are gone."""
    runs: list[Run] = []
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(scenario.record(stage)) for scenario in SCENARIOS]
    for task in tasks:
        runs += task.result()
    # By themselves: the frameworks keep a processor busy, and a workflow may compute for two seconds at most.
    runs += await visits.record(stage)
    runs += await orders.leave_task_in_progress(stage)
    runs += await approvals.leave_task_in_progress(stage)
    return runs


if __name__ == "__main__":
    asyncio.run(main())
