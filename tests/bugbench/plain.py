"""Temporal's own Replayer over the cases, in a killable process: python -m tests.bugbench.plain DIR CASE ..."""

import asyncio
import importlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from tests.bugbench.case import Case
from tests.bugbench.cases import CASES
from tests.bugbench.project import BASES, module_of
from tests.bugbench.source import class_of, edited

BEGINS, PASSES, FAILS = "begins", "passes", "fails"


async def replay(directory: Path, cases: Sequence[Case]) -> None:
    """Replay each case as the SDK's documentation shows, and print a line when it begins and when it has its answer."""
    sys.path.insert(0, str(directory))
    for case in cases:
        print(case.name, BEGINS, flush=True)  # noqa: T201 - its output
        module = importlib.import_module(module_of(case))
        workflow = getattr(module, class_of(edited(BASES[case.scenario], case.edits)))
        arguments = getattr(module, case.factory)() if case.factory else {"workflows": [workflow]}
        text = (directory / "histories" / f"{case.name}.json").read_text("utf-8")
        history = WorkflowHistory.from_json(case.scenario, text)
        result = await Replayer(**arguments).replay_workflow(history, raise_on_replay_failure=False)
        answer = PASSES if result.replay_failure is None else FAILS
        print(case.name, answer, flush=True)  # noqa: T201 - its output


def main() -> None:
    """Replay the cases named on the command line."""
    known = {case.name: case for case in CASES}
    asyncio.run(replay(Path(sys.argv[1]), [known[name] for name in sys.argv[2:]]))
    # temporalio's native threads outlive the replayer for a moment.
    time.sleep(0.5)


if __name__ == "__main__":
    main()
