"""Workflow sources: a base with edits made, under a workflow type and module of its own."""

import re
from collections.abc import Sequence
from pathlib import Path

from tests.planted.change import Edit

BASES = Path(__file__).parent / "bases"
TYPE = "Subject"
_DEFINITION = re.compile(r'@workflow\.defn\(name="Subject"(?P<options>[^\n]*)\)\nclass (?P<name>\w+)')


def edited(base: str, edits: Sequence[Edit]) -> str:
    """Read a base's source and make the edits, one after the other."""
    source = (BASES / f"{base}.py").read_text("utf-8")
    for edit in edits:
        source = edit(source)
    return source


def registered(source: str, workflow_type: str, *, sandboxed: bool) -> str:
    """Give the main workflow another type, and say whether it runs in the sandbox."""
    sandbox = "" if sandboxed else ", sandboxed=False"
    definition = rf'@workflow.defn(name="{workflow_type}"{sandbox}\g<options>)\nclass \g<name>'
    source, found = _DEFINITION.subn(definition, source)
    assert found == 1, f"{found} workflows of type {TYPE}"
    return source


def class_of(source: str) -> str:
    """Name the class of the main workflow."""
    found = _DEFINITION.search(source)
    assert found, f"no workflow of type {TYPE}"
    return found["name"]
