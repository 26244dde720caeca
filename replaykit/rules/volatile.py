"""What differs from run to run in a question is declared, and left out of its key.

A declaration names a place or a text:

    activity:plan input[0].key      a place in the arguments of a layer and name, and what lies below it
    activity:plan input.key         the same in whichever argument it stands
    http:POST */jobs job.started    a place in the body of a request
    pattern:uuid                    a text within any string: `uuid`, `date`, or a regular expression

A text counts in the URL of a request, too. In both `*` of a name or place stands for any text. Declarations are stored
in the cassette, so a review shows them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from replaykit.errors import ConfigInvalid
from replaykit.model.cassette import Layer
from replaykit.model.value import JsonData
from replaykit.rules.paths import covering, dotted

PATTERNS = {
    "uuid": r"(?i)\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b",
    "date": r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?",
}
_PLACE = re.compile(r"(?P<layer>[a-z][a-z ]*[a-z]):(?P<name>\S.*?)\s+(?P<path>\S+)")
HIDDEN = "<volatile>"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the arguments of some questions."""

    layer: Layer
    name: re.Pattern[str]
    path: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Text:
    """A text within any string, and what stands for it in a key."""

    pattern: re.Pattern[str]
    stand_in: str


Volatile: TypeAlias = Place | Text


def parse(entries: Iterable[str]) -> tuple[Volatile, ...]:
    """Read declarations.

    Raises:
        ConfigInvalid: One has another form.
    """
    return tuple(_parsed(entry) for entry in entries)


def _parsed(entry: str) -> Volatile:
    kind, _, said = entry.partition(":")
    if kind == "pattern" and said:
        try:
            return Text(re.compile(PATTERNS.get(said, said)), f"<{said}>")
        except re.error as error:
            raise _unreadable(entry, f"the regular expression does not compile: {error}") from None
    found = _PLACE.fullmatch(entry)
    layers = [layer.value for layer in Layer]
    if found is None or found["layer"] not in layers or not _is_place(found["layer"], found["path"]):
        form = "LAYER:NAME input[N].PATH, http:METHOD URL PATH or pattern:PATTERN"
        raise _unreadable(entry, f"a declaration is written {form}; the layers are {', '.join(layers)}")
    path = found["path"]
    if found["layer"] == Layer.HTTP:
        path = f"input[0]{path}" if path.startswith("[") else f"input[0].{path}"
    return Place(Layer(found["layer"]), _glob(found["name"]), covering(path))


def _is_place(layer: str, path: str) -> bool:
    return layer == Layer.HTTP or path.startswith("input")


def name_in_key(name: str, layer: Layer, rules: Sequence[Volatile]) -> str:
    """Put stand-ins for volatile texts into the URL of a request; other names stay."""
    if layer is Layer.HTTP:
        for rule in rules:
            if isinstance(rule, Text):
                name = _substituted(name, rule)
    return name


def _substituted(text: str, rule: Text) -> str:
    return rule.pattern.sub(rule.stand_in.replace("\\", "\\\\"), text)


def _unreadable(entry: str, cause: str) -> ConfigInvalid:
    return ConfigInvalid(
        f"The volatile field {entry!r} cannot be read.",
        cause=cause,
        fix='volatile=["activity:plan input[0].run_id", "pattern:uuid"]',
    )


def _glob(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.split("*")))


def without_volatile(layer: Layer, name: str, input_: Sequence[JsonData], rules: Sequence[Volatile]) -> list[JsonData]:
    """Put stand-ins where the arguments of a question are declared volatile."""
    # A URL is named with its query or without.
    names = [name, name.partition("?")[0]] if layer is Layer.HTTP else [name]
    places = [
        rule.path
        for rule in rules
        if isinstance(rule, Place) and rule.layer is layer and any(map(rule.name.fullmatch, names))
    ]
    texts = [rule for rule in rules if isinstance(rule, Text)]
    if not places and not texts:
        return list(input_)
    return [_without(f"input[{index}]", value, places, texts) for index, value in enumerate(input_)]


def _without(path: str, value: JsonData, places: Sequence[re.Pattern[str]], texts: Sequence[Text]) -> JsonData:
    if _is_at(path, places):
        return HIDDEN
    match value:
        case dict():
            # Left out, not replaced: a null is left out as well, and one run may have one where another has a value.
            return {
                key: _without(below, item, places, texts)
                for key, item in value.items()
                if not _is_at(below := path + dotted([key]), places)
            }
        case list():
            return [_without(f"{path}[{index}]", item, places, texts) for index, item in enumerate(value)]
        case str():
            for text in texts:
                value = _substituted(value, text)
    return value


def _is_at(path: str, places: Sequence[re.Pattern[str]]) -> bool:
    return any(place.fullmatch(path) for place in places)
