"""What strict validation finds in an answer becomes drift by field: a field unknown, missing, or of a wrong type.

Pydantic tries every member of a union and reports what is wrong with each. Told are the findings of the one member that
was meant: the one whose `type` the answer names.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from replaykit.model.model_check import Drift
from replaykit.model.value import JsonData

# Fields by whose value a member of a union is told from the others.
_TELLING = ("type", "object", "role", "mode")
_SHOWN = 40

# What of pydantic's error is left to walk, and the error.
_Left: TypeAlias = tuple[tuple[str | int, ...], Mapping[str, Any]]


def wrong_fields(errors: Sequence[Mapping[str, Any]], body: JsonData) -> Iterator[Drift]:
    """Turn pydantic's errors about JSON into drift."""
    yield from _walk([(tuple(error["loc"]), error) for error in errors], body, "")


def unknown_field(path: str, name: str) -> Drift:
    """Make the drift about a field that the models do not have."""
    return Drift(joined(path, name), "unknown field")


def joined(path: str, step: str | int) -> str:
    """Go from a path one step down."""
    if isinstance(step, int):
        return f"{path}[]"
    return f"{path}.{step}" if path else step


def _walk(left: Sequence[_Left], node: JsonData, path: str) -> Iterator[Drift]:
    below: dict[str | int, list[_Left]] = defaultdict(list)
    members: dict[str, list[_Left]] = defaultdict(list)
    for loc, error in left:
        if not loc:
            yield Drift(path or "(the answer)", _said(error, node))
        elif _is_child(loc[0], node):
            below[loc[0]].append((loc[1:], error))
        elif error["type"] == "missing" and len(loc) == 1:
            yield Drift(joined(path, loc[0]), "missing field")
        else:
            members[str(loc[0])].append((loc[1:], error))
    for step, errors in below.items():
        yield from _walk(errors, _child(node, step), joined(path, step))
    if members:
        yield from _of_union(members, node, path)


def _of_union(members: Mapping[str, Sequence[_Left]], node: JsonData, path: str) -> Iterator[Drift]:
    meant = [errors for errors in members.values() if not any(_tells_another(loc, error) for loc, error in errors)]
    if meant:
        # Of several the one that fits best: its own type is right, then as little as possible within it is wrong.
        yield from _walk(min(meant, key=lambda errors: (any(not loc for loc, _ in errors), len(errors))), node, path)
        return
    for name in _TELLING:
        if isinstance(node, dict) and name in node:
            yield Drift(joined(path, name), f"unknown value {_shown(node[name])}")
            return
    yield Drift(path or "(the answer)", f"{_kind(node)}, which is none of: {', '.join(sorted(members))}")


def _tells_another(loc: tuple[str | int, ...], error: Mapping[str, Any]) -> bool:
    return error["type"] == "literal_error" and len(loc) == 1 and loc[0] in _TELLING


def _is_child(step: str | int, node: JsonData) -> bool:
    if isinstance(step, int):
        return isinstance(node, list) and step < len(node)
    return isinstance(node, dict) and step in node


def _child(node: Any, step: str | int) -> JsonData:  # noqa: ANN401 - JSON
    child: JsonData = node[step]
    return child


def _said(error: Mapping[str, Any], node: JsonData) -> str:
    if error["type"] == "literal_error":
        return f"unknown value {_shown(node)}"
    wanted = str(error["msg"]).removeprefix("Input should be ").partition(",")[0]
    return f"wrong type: {_kind(node)}, wanted {wanted}"


def _shown(value: JsonData) -> str:
    text = f"{value!r}"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _kind(value: JsonData) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "an object"
