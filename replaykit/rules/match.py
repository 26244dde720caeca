"""A question is found among recordings by a key of its canonical arguments, never by likeness."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from replaykit.model.cassette import NULL_ENCODING, Content, Interaction, Key, Layer
from replaykit.model.value import JsonData
from replaykit.rules.llm import is_model, semantic
from replaykit.rules.volatile import Volatile, name_in_key, without_volatile


class Texts:
    """Canonical JSON of parts that many questions share, as those of one file do: each is written once.

    The parts must not go away while this is in use.
    """

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def of(self, input_: Sequence[JsonData]) -> str:
        """Write arguments."""
        return f"[{','.join(self._of_argument(value) for value in input_)}]"

    def _of_argument(self, value: JsonData) -> str:
        if not isinstance(value, dict):
            return _text(value)
        return "{" + ",".join(f"{json.dumps(key)}:{self._of_field(value[key])}" for key in sorted(value)) + "}"

    def _of_field(self, value: JsonData) -> str:
        if isinstance(value, list):
            return f"[{','.join(map(self._of_part, value))}]"
        return self._of_part(value)

    def _of_part(self, value: JsonData) -> str:
        if not isinstance(value, (dict, list)):
            return _text(value)
        text = self._known.get(id(value))
        if text is None:
            text = self._known[id(value)] = _text(without_nulls(value))
        return text


def key_of(
    layer: Layer,
    name: str,
    input_: Sequence[Content] | None,
    rules: Sequence[Volatile],
    *,
    texts: Texts | None = None,
    workflow: str = "",
) -> Key:
    """Make the key of a question: key order and nulls do not count, nor does what is declared volatile.

    The workflow that asks counts only where the arguments are not known.
    """
    named = name_in_key(name, layer, rules)
    if input_ is None:
        return Key(layer, named, "", workflow)
    if texts is not None and layer is Layer.HTTP and not rules:
        text = texts.of(asked(layer, name, input_, shallow=True))
    else:
        text = _text(without_volatile(layer, name, asked(layer, name, input_), rules))
    return Key(layer, named, hashlib.sha256(text.encode()).hexdigest())


def _text(canonical: JsonData) -> str:
    return json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def asked(layer: Layer, name: str, input_: Sequence[Content], *, shallow: bool = False) -> list[JsonData]:
    """Reduce a question to what its answer depends on; `shallow` leaves nulls below the first level where they are."""
    values = plain(input_, shallow=shallow)
    return [semantic(value) for value in values] if layer is Layer.HTTP and is_model(name) else values


def plain(input_: Sequence[Content], *, shallow: bool = False) -> list[JsonData]:
    """Reduce arguments to what a comparison looks at: JSON without nulls, digests of all other bytes.

    Trailing nulls go, too: a parameter with the default None that an SDK adds must not break every key.
    """
    values = [_plain(content, shallow=shallow) for content in input_]
    while values and values[-1] is None:
        values.pop()
    return values


def _plain(content: Content, *, shallow: bool) -> JsonData:
    if content.spelling is not None:
        if shallow and isinstance(content.json, dict):
            return {key: value for key, value in content.json.items() if value is not None}
        return without_nulls(content.json)
    if content.encoding == NULL_ENCODING:
        return None
    return {"encoding": content.encoding, "sha256": hashlib.sha256(content.raw).hexdigest()}


def without_nulls(value: JsonData) -> JsonData:
    """Leave out the fields of mappings that say nothing."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def index_of(interactions: Sequence[Interaction], rules: Sequence[Volatile]) -> Mapping[Key, tuple[int, ...]]:
    """Sort recordings by key; those of one key stay in the order in which they were asked for."""
    places: dict[Key, list[int]] = defaultdict(list)
    texts = Texts()
    for place, asked_then in enumerate(interactions):
        key = key_of(
            asked_then.layer, asked_then.name, asked_then.input, rules, texts=texts, workflow=asked_then.workflow
        )
        places[key].append(place)
    return {key: tuple(found) for key, found in places.items()}
