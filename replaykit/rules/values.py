"""Two payload values are compared, and where they differ reads as a path with both sides."""

import importlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from replaykit.model.finding import Change
from replaykit.model.value import Binary, Json, Undecoded, Value
from replaykit.rules.paths import dotted

if TYPE_CHECKING:
    import deepdiff

# A finding shows where values differ, not the values: what is longer is cut around the difference.
SHOWN = 72
MOST_CHANGES = 12


def changes_between(
    label: str, recorded: Sequence[Value], new: Sequence[Value], *, indexed: bool
) -> tuple[tuple[Change, ...], bool]:
    """Compare two lists of values.

    Args:
        label: How the path begins: `input`, `result`, `outcome`, ….
        recorded: What the history holds.
        new: What the new code said.
        indexed: Whether the path names the value's index, as in `input[1].temperature`.

    Returns:
        The changes, and whether everything could be compared: False where bytes differ that nobody could decode.
    """
    changes: list[Change] = []
    verified = True
    for index in range(max(len(recorded), len(new))):
        path = f"{label}[{index}]" if indexed else label
        if index >= len(new):
            changes.append(Change(path, _shown(recorded[index]), None))
        elif index >= len(recorded):
            changes.append(Change(path, None, _shown(new[index])))
        else:
            found, known = _compare(path, recorded[index], new[index])
            changes.extend(found)
            verified = verified and known
    return tuple(changes[:MOST_CHANGES]), verified


def _compare(path: str, recorded: Value, new: Value) -> tuple[list[Change], bool]:
    match recorded, new:
        case Json(before), Json(after):
            return _json_changes(path, before, after), True
        case (Undecoded(), _) | (_, Undecoded()):
            return [], recorded == new
        case _:
            if recorded == new:
                return [], True
            return [Change(path, _shown(recorded), _shown(new))], True


def _json_changes(path: str, before: object, after: object) -> list[Change]:
    # Equal JSON text is the common case and costs a hundredth of a DeepDiff.
    if json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True):
        return []
    # It takes a quarter of a second, and numpy where that is installed, which no replay without drift should pay.
    diffing = importlib.import_module("deepdiff")
    # Keys that begin with two underscores are data here, not Python's private names.
    tree: deepdiff.DeepDiff = diffing.DeepDiff(
        before,
        after,
        view="tree",
        ignore_numeric_type_changes=False,
        ignore_private_variables=False,
        threshold_to_diff_deeper=0,
    )
    changes = [
        Change(
            path + dotted(item.path(output_format="list")),
            None if kind.endswith("_added") else around(item.t1, item.t2),
            None if kind.endswith("_removed") else around(item.t2, item.t1),
        )
        for kind in sorted(tree)
        for item in tree[kind]
    ]
    # DeepDiff holds 1 and True, or NaN and NaN, equal in places where their JSON is not.
    return sorted(changes, key=lambda c: c.path) or [Change(path, around(before, after), around(after, before))]


def around(value: object, other: object) -> str:
    """Write a value as JSON, cut around the place where it first differs from `other`."""
    text, against = as_text(value), as_text(other)
    if len(text) <= SHOWN:
        return text
    same = next(
        (i for i, (a, b) in enumerate(zip(text, against, strict=False)) if a != b),
        min(len(text), len(against)),
    )
    start = max(0, min(same - SHOWN // 3, len(text) - SHOWN))
    end = start + SHOWN
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def as_text(value: object) -> str:
    """Write a value as JSON on one line, with real Unicode."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=repr)


def _shown(value: Value) -> str:
    match value:
        case Json(data):
            return around(data, None)
        case Binary(data):
            return f"{len(data)} bytes"
        case Undecoded(encoding, data):
            return f"{len(data)} bytes of encoding {encoding!r}"
