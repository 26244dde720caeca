"""What a workflow makes itself: ids and times that another run of it makes anew."""

import re
from collections.abc import Collection, Iterable, Iterator

from replaykit.model.cassette import Interaction, Layer
from replaykit.model.value import JsonData
from replaykit.rules.paths import dotted
from replaykit.rules.volatile import PATTERNS

OWN = re.compile("|".join(pattern.replace("(?i)", "") for pattern in PATTERNS.values()), re.IGNORECASE)
"""Ids and times, as workflows make them."""

_WORD = re.compile(r"\w")


def own_values(interactions: Collection[Interaction], known: Iterable[str]) -> tuple[str, ...]:
    """Declare volatile what a recorded run asked with and took from nowhere: `workflow.uuid4()`, `workflow.now()`.

    Args:
        interactions: What was asked and answered, in its order.
        known: What the run was given: its input, and what it was told.

    Returns:
        Declarations as in `rules.volatile`: the place where nothing but such a value stands, else the kind of text.
    """
    given = " ".join((*known, *(str(each.answer) for each in interactions)))
    found: dict[str, None] = {}
    for each in interactions:
        if each.layer is Layer.HTTP or each.input is None:
            continue
        for number, content in enumerate(each.input):
            for path, text in _texts(f"input[{number}]", content.json):
                made = [match[0] for match in OWN.finditer(text) if match[0] not in given]
                if made and not _WORD.search(OWN.sub("", text)):
                    found[f"{each.layer}:{each.name} {path}"] = None
                elif made:
                    found.update({f"pattern:{kind}": None for kind in _kinds(made)})
    return tuple(found)


def _kinds(made: Iterable[str]) -> Iterator[str]:
    for kind, pattern in PATTERNS.items():
        if any(re.search(pattern, text) for text in made):
            yield kind


def _texts(path: str, value: JsonData) -> Iterator[tuple[str, str]]:
    """Yield each text with its place; the entries of a list are one place."""
    match value:
        case dict():
            for key, item in value.items():
                yield from _texts(path + dotted([key]), item)
        case list():
            for item in value:
                yield from _texts(f"{path}[*]", item)
        case str():
            yield path, value
