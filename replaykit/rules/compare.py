"""Two cassettes are compared by what was asked: answers that changed, questions that came or went."""

from collections import defaultdict
from dataclasses import dataclass

from replaykit.model.cassette import Cassette, Content, Failed, Fault, Interaction, Key, Part, Response
from replaykit.model.finding import Change
from replaykit.model.value import JsonData
from replaykit.rules import volatile
from replaykit.rules.match import key_of, plain
from replaykit.rules.nearest import Near, differences, nearest


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that both cassettes hold, with other answers; numbers count from 1."""

    old: int
    new: int
    asked: Interaction
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a new cassette differs from an old one.

    Attributes:
        answered: Other answers to the same questions.
        gone: Questions, with their numbers, that only the old one holds.
        came: Questions that only the new one holds, and what of the gone ones is nearest.
    """

    answered: tuple[Answered, ...]
    gone: tuple[tuple[int, Interaction], ...]
    came: tuple[tuple[int, Interaction, Near | None], ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.answered or self.gone or self.came)


def compare(old: Cassette, new: Cassette) -> Comparison:
    """Pair recordings by key and order, then look at their answers."""
    rules = volatile.parse(dict.fromkeys((*old.volatile, *new.volatile)))
    waiting: dict[Key, list[int]] = defaultdict(list)
    for place, interaction in enumerate(old.interactions):
        waiting[key_of(interaction.layer, interaction.name, interaction.input, rules)].append(place)
    answered: list[Answered] = []
    came: list[int] = []
    for place, interaction in enumerate(new.interactions):
        same = waiting[key_of(interaction.layer, interaction.name, interaction.input, rules)]
        if not same:
            came.append(place)
            continue
        before = same.pop(0)
        changes = tuple(differences("answer", _answer(old.interactions[before]), _answer(interaction)))
        if changes:
            answered.append(Answered(before + 1, place + 1, interaction, changes))
    left = sorted(place for places in waiting.values() for place in places)
    gone = [old.interactions[place] for place in left]

    def came_as(place: int) -> tuple[int, Interaction, Near | None]:
        interaction = new.interactions[place]
        return place + 1, interaction, next(iter(nearest(interaction, gone, rules, at_most=1)), None)

    return Comparison(
        tuple(answered),
        tuple((place + 1, old.interactions[place]) for place in left),
        tuple(came_as(place) for place in came),
    )


def _answer(interaction: Interaction) -> JsonData:
    match interaction.answer:
        case Content() as result:
            return {"result": next(iter(plain([result])), None)}
        case Failed(failure, retried):
            return {"failure": dict(failure), "retried": retried}
        case Response(status, headers, body, stream, fault, left):
            return {
                "status": status,
                "headers": dict(headers),
                "body": next(iter(plain([body])), None) if body is not None else None,
                "stream": None if stream is None else [_heard(part) for part in stream],
                "fault": None if fault is None else fault.raised,
                "left": left,
            }
        case Fault(raised, message):
            return {"raised": raised, "message": message}


def _heard(part: Part) -> JsonData:
    """Return what a part of a stream says; when it came is no answer."""
    return {"event": part.event, "data": next(iter(plain([part.content])), None)}
