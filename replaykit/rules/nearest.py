"""On a miss the nearest recordings are ranked, and the fields in which they differ are named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from replaykit.model.cassette import Content, Interaction, Layer
from replaykit.model.finding import Change
from replaykit.model.value import JsonData
from replaykit.rules.match import asked
from replaykit.rules.paths import dotted
from replaykit.rules.values import around
from replaykit.rules.volatile import Volatile, name_in_key, without_volatile

# A list whose items all carry a name is compared by name: a tool more or less shifts nothing.
_NAMES = ("name", "id")


@dataclass(frozen=True, slots=True)
class Near:
    """A recording of the same layer and name, its place in the cassette from 0, and how the question differs."""

    place: int
    changes: tuple[Change, ...]


def nearest(
    question: Interaction, recordings: Sequence[Interaction], rules: Sequence[Volatile], *, at_most: int
) -> tuple[Near, ...]:
    """Rank the recordings of what was asked, fewest and slightest differences first."""
    layer = question.layer
    name = name_in_key(question.name, layer, rules)
    new = _comparable(question, rules)
    ranked: list[tuple[float, int, Near]] = []
    for place, recording in enumerate(recordings):
        if recording.layer is not question.layer or name_in_key(recording.name, layer, rules) != name:
            continue
        found = list(_differences_of(question.layer, _comparable(recording, rules), new))
        ranked.append(
            (
                sum(weight for _, weight in found),
                place,
                Near(place, tuple(sorted((change for change, _ in found), key=lambda c: c.path))),
            )
        )
    return tuple(near for _, _, near in sorted(ranked, key=lambda entry: entry[:2])[:at_most])


def _differences_of(
    layer: Layer, before: Sequence[JsonData], after: Sequence[JsonData]
) -> Iterator[tuple[Change, float]]:
    if layer is not Layer.HTTP:
        yield from _differences("input", list(before), list(after))
        return
    if len(before) != len(after):
        yield from _of_mappings("", dict(zip(["body"], before, strict=False)), dict(zip(["body"], after, strict=False)))
        return
    for old, new in zip(before, after, strict=True):
        for change, weight in _differences("", old, new):
            # A body's fields are named as the code that asks names them: `messages[2].content`.
            yield replace(change, path=change.path.removeprefix(".") or "body"), weight


def differences(path: str, before: JsonData, after: JsonData) -> Iterator[Change]:
    """Yield the places below `path` in which two values differ."""
    yield from (change for change, _ in _differences(path, before, after))


def _comparable(interaction: Interaction, rules: Sequence[Volatile]) -> list[JsonData]:
    contents: tuple[Content, ...] = interaction.input or ()
    return without_volatile(
        interaction.layer, interaction.name, asked(interaction.layer, interaction.name, contents), rules
    )


def _differences(path: str, before: JsonData, after: JsonData) -> Iterator[tuple[Change, float]]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_mappings(path, before, after)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(path, before, after)
    elif type(before) is not type(after) or before != after:
        yield Change(path, around(before, after), around(after, before)), 1 + _unlikeness(before, after)


def _of_mappings(
    path: str, before: Mapping[str, JsonData], after: Mapping[str, JsonData]
) -> Iterator[tuple[Change, float]]:
    for key in {**before, **after}:
        below = path + dotted([key])
        if key not in after:
            yield Change(below, around(before[key], None), None), 2.0
        elif key not in before:
            yield Change(below, None, around(after[key], None)), 2.0
        else:
            yield from _differences(below, before[key], after[key])


def _of_lists(path: str, before: Sequence[JsonData], after: Sequence[JsonData]) -> Iterator[tuple[Change, float]]:
    old, new = _by_name(before), _by_name(after)
    if old is not None and new is not None and (old or new):
        for name in {**old, **new}:
            if name not in new:
                yield Change(f"{path}[-{name}]", around(old[name], None), None), 2.0
            elif name not in old:
                yield Change(f"{path}[+{name}]", None, around(new[name], None)), 2.0
            else:
                yield from _differences(f"{path}[{name}]", old[name], new[name])
        if set(old) == set(new) and list(old) != list(new):
            yield Change(path, ", ".join(old), ", ".join(new)), 1.0
        return
    for index in range(max(len(before), len(after))):
        if index >= len(after):
            yield Change(f"{path}[{index}]", around(before[index], None), None), 2.0
        elif index >= len(before):
            yield Change(f"{path}[{index}]", None, around(after[index], None)), 2.0
        else:
            yield from _differences(f"{path}[{index}]", before[index], after[index])


def _by_name(items: Sequence[JsonData]) -> dict[str, JsonData] | None:
    named: dict[str, JsonData] = {}
    for item in items:
        name = _name(item)
        if name is None or name in named:
            return None
        named[name] = item
    return named


def _name(item: JsonData) -> str | None:
    """Find the name of a list's item: its own, or that of the one thing it wraps, such as a tool's function."""
    if not isinstance(item, dict) or "role" in item:
        return None
    for holder in (item, item.get("function")):
        if isinstance(holder, dict):
            for key in _NAMES:
                if isinstance(holder.get(key), str):
                    return str(holder[key])
    return None


def _unlikeness(before: JsonData, after: JsonData) -> float:
    """Say how much of two strings is not a common beginning or end: 0 for none of it, 1 for all."""
    if not isinstance(before, str) or not isinstance(after, str):
        return 1.0
    shorter = min(len(before), len(after))
    longer = max(len(before), len(after), 1)
    start = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    rest = shorter - start
    end = next((i for i in range(rest) if before[-1 - i] != after[-1 - i]), rest)
    return 1 - (start + end) / longer
