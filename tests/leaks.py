"""Where a secret may hide in what was written: in plain sight, behind escapes, in base64."""

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any


def traces_of(hidden: str) -> list[bytes]:
    """The secret as text, in JSON, in JSON in JSON, and in base64 however it falls there."""
    raw = hidden.encode()
    escaped = json.dumps(hidden)[1:-1]
    traces = [
        raw,
        escaped.encode(),
        json.dumps(escaped)[1:-1].encode(),
        json.dumps(hidden, ensure_ascii=False)[1:-1].encode(),
    ]
    # The first and last characters of base64 also depend on what stands beside.
    traces += [base64.b64encode(b"\0" * shift + raw)[skipped:-4] for shift, skipped in enumerate((0, 2, 3))]
    return [trace for trace in traces if trace]


def opened(node: Any) -> bytes:  # noqa: ANN401 - JSON
    """All that base64 hides in a document, and what escapes hide in JSON there."""
    return b"\0".join(_leaves(node))


def _leaves(node: Any) -> Iterator[bytes]:  # noqa: ANN401 - JSON
    match node:
        case dict():
            for key, value in node.items():
                yield from _leaves(key)
                yield from _leaves(value)
        case list():
            for value in node:
                yield from _leaves(value)
        case str():
            yield node.encode("utf-8", "surrogatepass")
            yield from _in_json(node)
            with suppress(ValueError):
                raw = base64.b64decode(node, validate=True)
                yield raw
                yield from _in_json(raw.decode("utf-8", "replace"))
        case _:
            yield str(node).encode()


def _in_json(text: str) -> Iterator[bytes]:
    if text[:1] in {"{", "[", '"'}:
        with suppress(ValueError):
            yield from _leaves(json.loads(text))
