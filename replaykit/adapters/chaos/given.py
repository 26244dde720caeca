"""The arguments of a run as a fault plan holds them: JSON to read and to edit, payloads where they are none."""

import json
from collections.abc import Sequence
from typing import Any

from temporalio.common import RawValue
from temporalio.converter import PayloadConverter

from replaykit.adapters.contents import content_of, payload_of
from replaykit.rules.chaos.plan_file import text_of
from replaykit.rules.content_form import from_node


def told(arguments: Sequence[Any], converter: PayloadConverter) -> str:
    """Write arguments.

    Raises:
        RuntimeError: The converter cannot encode one of them.
    """
    return text_of(map(content_of, converter.to_payloads(arguments)))


def given_by(text: str) -> tuple[RawValue, ...]:
    """Read what `told` wrote, to start a workflow with."""
    return tuple(RawValue(payload_of(from_node(node))) for node in json.loads(text))
