"""A question is found among recordings by a key of its canonical arguments, never by likeness."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from replaykit.model.cassette import NULL_ENCODING, Content, Interaction, Key, Layer
from replaykit.model.value import JsonData
from replaykit.rules.llm import is_model, semantic
from replaykit.rules.volatile import Volatile, name_in_key, without_volatile


def key_of(layer: Layer, name: str, input_: Sequence[Content] | None, rules: Sequence[Volatile]) -> Key:
    """Make the key of a question: key order and nulls do not count, nor does what is declared volatile."""
    named = name_in_key(name, layer, rules)
    if input_ is None:
        return Key(layer, named, "")
    canonical = without_volatile(layer, name, asked(layer, name, input_), rules)
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return Key(layer, named, hashlib.sha256(text.encode()).hexdigest())


def asked(layer: Layer, name: str, input_: Sequence[Content]) -> list[JsonData]:
    """Reduce a question to what its answer depends on."""
    values = plain(input_)
    return [semantic(value) for value in values] if layer is Layer.HTTP and is_model(name) else values


def plain(input_: Sequence[Content]) -> list[JsonData]:
    """Reduce arguments to what a comparison looks at: JSON without nulls, digests of all other bytes.

    Trailing nulls go, too: a parameter with the default None that an SDK adds must not break every key.
    """
    values = [_plain(content) for content in input_]
    while values and values[-1] is None:
        values.pop()
    return values


def _plain(content: Content) -> JsonData:
    if content.spelling is not None:
        return _without_nulls(content.json)
    if content.encoding == NULL_ENCODING:
        return None
    return {"encoding": content.encoding, "sha256": hashlib.sha256(content.raw).hexdigest()}


def _without_nulls(value: JsonData) -> JsonData:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def index_of(interactions: Sequence[Interaction], rules: Sequence[Volatile]) -> Mapping[Key, tuple[int, ...]]:
    """Sort recordings by key; those of one key stay in the order in which they were asked for."""
    places: dict[Key, list[int]] = defaultdict(list)
    for place, interaction in enumerate(interactions):
        places[key_of(interaction.layer, interaction.name, interaction.input, rules)].append(place)
    return {key: tuple(found) for key, found in places.items()}
