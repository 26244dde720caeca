"""docs/shadow.md: its manifests are YAML, their commands are the real ones, its metrics are those that are served."""

import shlex
from collections.abc import Iterator
from typing import Any

import click
import pytest
import yaml

from replaykit.adapters.shadow.metrics import _TOLD, LATENCY, PREFIX
from replaykit.cli import main
from tests.docs.pages import DOCS, blocks

PAGE = (DOCS / "shadow.md").read_text("utf-8")
MANIFESTS = {block.file: list(yaml.safe_load_all(block.text)) for block in blocks(PAGE) if block.language == "yaml"}


def commands_in(document: object) -> Iterator[list[str]]:
    """Yield each command of a manifest."""
    match document:
        case {"command": list(words)}:
            yield words
        case _:
            pass
    inner: list[Any] = []
    if isinstance(document, dict):
        inner = list(document.values())
    elif isinstance(document, list):
        inner = document
    for part in inner:
        yield from commands_in(part)


def understood(words: list[str]) -> dict[str, Any]:
    """Parse a command as the command line does; an option that is not there is an error."""
    program, *rest = words
    assert program == "replaykit"
    command: click.Command = main
    # The settings are inherited; click keeps what it makes of them with each command.
    context = click.Context(main, info_name=program, **main.context_settings)
    while isinstance(command, click.Group):
        found = command.get_command(context, rest.pop(0))
        assert found is not None, words
        command, context = found, click.Context(found, parent=context)
    parameters: dict[str, Any] = command.make_context(program, rest, parent=context.parent).params
    return parameters


@pytest.mark.parametrize(("file", "number"), [("compose.yaml", 2), ("shadow.yaml", 2)])
def test_each_command_of_a_manifest_is_one_that_the_command_line_understands(file: str, number: int) -> None:
    found = list(commands_in(MANIFESTS[file]))
    assert len(found) == number
    workers = [understood(words) for words in found if "worker" in words]
    starts = [understood(words) for words in found if "start" in words]
    assert [worker["metrics"] for worker in workers] == ["0.0.0.0:9464"]
    assert [start["sample"] for start in starts] == [0.1]


def test_the_manifests_name_what_they_are() -> None:
    [compose] = MANIFESTS["compose.yaml"]
    assert set(compose["services"]) == {"shadow-worker", "shadow"}
    assert [document["kind"] for document in MANIFESTS["shadow.yaml"]] == ["Deployment", "CronJob"]


def test_the_page_lists_each_metric_and_no_other() -> None:
    listed = {line.split("`")[1] for line in PAGE.splitlines() if line.startswith(f"| `{PREFIX}")}
    assert listed == {f"{PREFIX}{name}_total" for name in _TOLD} | {f"{LATENCY}_seconds"}


def test_the_page_shows_commands_that_the_command_line_understands() -> None:
    shown = [line[2:] for block in blocks(PAGE) for line in block.text.splitlines() if line.startswith("$ ")]
    assert len(shown) == 2
    for line in shown:
        assert understood(shlex.split(line))
