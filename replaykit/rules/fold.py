"""A sequence of steps is folded: what comes again and again in a row is written once, as a loop."""

from collections.abc import Hashable, Sequence

from replaykit.model.shape import Folded, Loop

# The longest round of a loop that is looked for, in steps.
LONGEST = 64
# So many rounds are left of a loop before it is folded: more tell nothing, fewer would change what is folded beside it.
ROUNDS = 3
# A loop around a loop shows once the inner one is folded; deeper nests than this stay as they are.
DEEPEST = 8


def fold(steps: Sequence[str]) -> Folded:
    """Fold the loops of a sequence, inner ones first.

    A step that some rounds of a loop do once and others several times in a row is a loop in that loop.
    Three rounds of a loop fold as thirty do. The work grows with the length of the sequence, times `LONGEST`.
    """
    items: Folded = tuple(_capped(steps))
    for _ in range(DEEPEST):
        before = len(items)
        for period in range(1, LONGEST + 1):
            if 2 * period > len(items):
                break
            items = _folded(items, period)
        if len(items) == before:
            break
    return items


def text_of(steps: Folded) -> str:
    """Write folded steps: `charge → (reserve → label)+ → complete`."""
    return " → ".join(f"({text_of(step.body)})+" if isinstance(step, Loop) else step for step in steps)


def _capped(steps: Sequence[str]) -> Sequence[str]:
    """Take rounds out of every loop until few are left.

    A stretch that repeats with some period is the same whichever round is taken out of it, so nothing depends on
    where a loop is thought to begin.
    """
    for period in range(1, LONGEST + 1):
        if (ROUNDS + 1) * period > len(steps):
            break
        steps = _capped_at(steps, period)
    return steps


def _capped_at(steps: Sequence[str], period: int) -> Sequence[str]:
    kept: list[str] = []
    copied = alike = 0
    for index in range(len(steps) - period + 1):
        if index + period < len(steps) and steps[index] == steps[index + period]:
            alike += 1
            continue
        rounds, end = (alike + period) // period, index + period
        if alike and rounds > ROUNDS:
            kept.extend(steps[copied : end - (rounds - ROUNDS) * period])
            copied = end
        alike = 0
    kept.extend(steps[copied:])
    return kept


def _folded(items: Folded, period: int) -> Folded:
    """Fold what repeats with one period, from the left."""
    keys = [_key(item) for item in items]
    folded: list[str | Loop] = []
    start = index = 0
    while index + period <= len(items):
        alike = 0
        while index + alike + period < len(items) and keys[index + alike] == keys[index + alike + period]:
            alike += 1
        rounds = (alike + period) // period
        if rounds > 1:
            folded.extend(items[start:index])
            index += rounds * period
            folded.append(_loop(items[index - rounds * period : index], period))
            start = index
        else:
            index += alike + 1
    folded.extend(items[start:])
    return tuple(folded)


def _loop(items: Folded, period: int) -> Loop:
    body = items[:period]
    for start in range(period, len(items), period):
        body = _merged(body, items[start : start + period])
    return body[0] if period == 1 and isinstance(body[0], Loop) else Loop(body)


def _merged(one: Folded, other: Folded) -> Folded:
    """Merge two rounds of equal keys: what is a loop in either is one in both."""
    return tuple(_either(mine, theirs) for mine, theirs in zip(one, other, strict=True))


def _either(mine: str | Loop, theirs: str | Loop) -> str | Loop:
    if mine == theirs or not isinstance(theirs, Loop):
        return mine
    if not isinstance(mine, Loop):
        return theirs
    return Loop(_merged(mine.body, theirs.body))


def _key(item: str | Loop) -> Hashable:
    """Say what counts as equal: a step done once or several times in a row is the same round of an outer loop."""
    if not isinstance(item, Loop):
        return item
    keys = tuple(_key(inner) for inner in item.body)
    return keys[0] if len(keys) == 1 else keys
