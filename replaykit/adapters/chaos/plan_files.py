"""Fault plans are read from files, and saved where a later sweep finds them."""

import json
from collections.abc import Sequence
from pathlib import Path

from replaykit.adapters.corpus import write_safely
from replaykit.errors import PlanUnreadable
from replaykit.model.chaos import FaultPlan
from replaykit.model.chaos_report import ChaosFinding
from replaykit.rules.chaos.plan_file import from_document, name_of, to_document


def load_plan(path: Path, *, shown: str) -> FaultPlan:
    """Read a plan.

    Raises:
        PlanUnreadable: The file is none.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise PlanUnreadable(
            f"{shown} is no fault plan.",
            cause=f"{type(error).__name__}: it cannot be read as JSON",
            fix="take it anew: replaykit chaos SCENARIO saves the plan of each finding",
        ) from None
    return from_document(document, source=shown)


def load_plans(directory: Path) -> tuple[FaultPlan, ...]:
    """Read all plans of a directory, in the order of their names; none where there is no such directory.

    Raises:
        PlanUnreadable: One of the files is none.
    """
    return tuple(load_plan(path, shown=str(path)) for path in sorted(directory.glob("*.json")))


def save_plans(directory: Path, findings: Sequence[ChaosFinding], *, scenario: str) -> tuple[Path, ...]:
    """Save the plan of each finding, and return the files in the order of the findings."""
    paths = []
    for finding in findings:
        path = directory / f"{name_of(finding.result.plan, finding)}.json"
        document = to_document(finding.result.plan, scenario=scenario, finding=finding)
        directory.mkdir(parents=True, exist_ok=True)
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        write_safely(path, text.encode(), check=lambda written: load_plan(written, shown=str(written)))
        paths.append(path)
    return tuple(paths)
