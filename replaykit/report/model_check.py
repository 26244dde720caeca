"""A check of answers of models as a person reads it: what was checked, which fields drifted, what was not checked."""

from collections.abc import Iterator, Sequence

from replaykit.model.model_check import ModelCheck

SHOWN = 5


def model_check_lines(check: ModelCheck) -> Iterator[str]:
    """List what a check found; nothing where a cassette holds no answers of models."""
    if check.checked:
        count = len(check.drifted)
        fields = "no field" if not count else "1 field" if count == 1 else f"{count} fields"
        yield f"  {_answers(check.checked)} checked against {check.against}: {fields} drifted"
    width = max((len(f"{one.form} {one.drift.path}") for one in check.drifted), default=0)
    for one in check.drifted:
        place = f"{one.form} {one.drift.path}"
        yield f"    {place:<{width}}   {one.drift.what}   ({_numbers(one.numbers)})"
    for left in check.unchecked:
        yield f"  {_answers(len(left.numbers))} not checked: {left.why} ({_numbers(left.numbers)})"


def _answers(count: int) -> str:
    return "1 answer of a model" if count == 1 else f"{count} answers of models"


def _numbers(numbers: Sequence[int]) -> str:
    more = len(numbers) - SHOWN
    return ", ".join(f"#{number}" for number in numbers[:SHOWN]) + (f" and {more} more" if more > 0 else "")
