"""All cases as one project: a module and a history each, under a workflow type of its own."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bugbench.case import Case
from tests.bugbench.scenarios import SCENARIOS
from tests.bugbench.source import TYPE, class_of, edited, registered

HISTORIES = Path(__file__).parent / "histories"
# Enough to show code that follows the hash seed: it agrees by chance under two seeds of three.
SEEDS = 3
BASES = {scenario.name: scenario.base for scenario in SCENARIOS}


def module_of(case: Case) -> str:
    """Name the case's module."""
    return "case_" + case.name.replace("-", "_")


def changed_source(case: Case) -> str:
    """Write the changed workflow's source, of the case's own workflow type."""
    return registered(edited(BASES[case.scenario], case.edits), case.name, sandboxed=case.sandboxed)


def project_files(cases: Sequence[Case]) -> dict[str, str]:
    """Write the project's files: modules, histories, settings."""
    files: dict[str, str] = {}
    workflows = []
    for case in cases:
        source = edited(BASES[case.scenario], case.edits)
        workflows.append(f"{module_of(case)}:{class_of(source)}")
        files[f"{module_of(case)}.py"] = changed_source(case)
        files[f"histories/{case.name}.json"] = history_of(case)
    settings = f"[tool.replaykit]\nseeds = {SEEDS}\nworkflows = {json.dumps(workflows)}\n"
    factories = {(module_of(case), case.factory) for case in cases if case.factory}
    if factories:
        [(module, factory)] = factories
        settings = f'[tool.replaykit]\nfactory = "{module}:{factory}"\n'
    return {**files, "pyproject.toml": settings}


def history_of(case: Case) -> str:
    """Read the scenario's history, its workflow type changed to the case's."""
    document = json.loads((HISTORIES / f"{case.scenario}.json").read_text("utf-8"))
    _retype(document, case.name)
    return json.dumps(document)


def _retype(node: Any, workflow_type: str) -> None:  # noqa: ANN401 - any JSON
    if isinstance(node, dict):
        for key, child in node.items():
            if child == {"name": TYPE}:
                node[key] = {"name": workflow_type}
            elif key == "workflowType" and child == TYPE:
                node[key] = workflow_type
            else:
                _retype(child, workflow_type)
    elif isinstance(node, list):
        for child in node:
            _retype(child, workflow_type)
