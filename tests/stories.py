"""Words that the stories share: a workflow's text, a change to it, and what replay finds."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.project import Content, Project, Result

WORKFLOWS = Path(__file__).parent / "workflows"


def source(name: str) -> str:
    """Read the text of a workflow in tests/workflows."""
    return (WORKFLOWS / f"{name}.py").read_text("utf-8")


def changed(text: str, old: str, new: str) -> str:
    """Replace the one place where `old` stands."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the source"
    return text.replace(old, new)


def swapped(text: str, one: str, other: str) -> str:
    """Let the lines that hold `one` and `other` change places."""
    lines = text.splitlines(keepends=True)
    first, second = line_of(text, one) - 1, line_of(text, other) - 1
    lines[first], lines[second] = lines[second], lines[first]
    return "".join(lines)


def without(text: str, fragment: str) -> str:
    """Take out the line that holds `fragment`."""
    lines = text.splitlines(keepends=True)
    del lines[line_of(text, fragment) - 1]
    return "".join(lines)


def before(text: str, fragment: str, new: str) -> str:
    """Insert a line before the one that holds `fragment`, indented as it is."""
    lines = text.splitlines(keepends=True)
    index = line_of(text, fragment) - 1
    indent = lines[index][: len(lines[index]) - len(lines[index].lstrip())]
    return "".join([*lines[:index], f"{indent}{new}\n", *lines[index:]])


def line_of(text: str, fragment: str) -> int:
    """Return the number, from 1, of the one line that holds `fragment`."""
    numbers = [number for number, line in enumerate(text.splitlines(), start=1) if fragment in line]
    assert len(numbers) == 1, f"{fragment!r} stands on lines {numbers}"
    return numbers[0]


def settings(*modules: str, **more: object) -> str:
    """Write a pyproject.toml that names modules of workflows, and other settings.

    A handful of histories is replayed in one process: starting another costs more than all of their replays.
    """
    more = {"processes": 1, **more}
    lines = ["[tool.replaykit]"]
    lines += [f"workflows = {json.dumps(modules)}"] if modules else []
    lines += [f"{key.replace('_', '-')} = {json.dumps(value)}" for key, value in more.items()]
    return "\n".join(lines) + "\n"


def project(modules: Mapping[str, str], histories: Mapping[str, Content], **more: object) -> Project:
    """Make a project of workflow modules, histories in `histories/`, and settings."""
    return Project(
        {
            "pyproject.toml": settings(*modules, **more),
            **{f"{module}.py": text for module, text in modules.items()},
            **{f"histories/{name}.json": history for name, history in histories.items()},
        }
    )


def judgement(result: Result, name: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the reported judgement on `histories/NAME.json`."""
    path = f"histories/{name}.json"
    [found] = [entry for entry in result.report["histories"] if entry["path"] == path]
    return found


def steady(text: str) -> str:
    """Take out of a terminal's text what no two runs share: the time it took and the run's id."""
    return re.sub(r"\(run …?[0-9a-f-]+\)", "(run RUN)", re.sub(r" in \d+\.\d s", " in N s", text))


def key(step: Mapping[str, Any]) -> tuple[str, str, int]:
    """Return a reported step's coordinate: kind, name, nth."""
    return step["kind"], step["name"], step["nth"]
