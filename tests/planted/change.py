"""One planted change: where, what, and the verdict, step and line that must come of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Edit: TypeAlias = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Planted:
    """A change to one example, judged by one fixture.

    `recorded` and `new` are the step on each side as reports write it (None: no step there); `line` is how the
    changed code's line begins that issued the new step. `events` cuts the fixture to its first events: an open run.
    """

    example: str
    fixture: str
    edits: tuple[tuple[str, Edit], ...]
    verdict: str
    recorded: str | None
    new: str
    line: str
    events: int | None = None


def replacing(old: str, new: str) -> Edit:
    """Replace text that stands exactly once."""

    def edit(source: str) -> str:
        assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times"
        return source.replace(old, new)

    return edit


def before(marker: str, added: str) -> Edit:
    """Add lines before a marker that stands exactly once."""
    return replacing(marker, added + marker)


def cutting(start: str, end: str) -> Edit:
    """Take out the block from one marker up to the next."""
    return lambda source: source[: source.index(start)] + source[source.index(end) :]


def swapping(first: str, second: str, end: str) -> Edit:
    """Let the block that begins at `second` and stops at `end` run before the block that begins at `first`."""

    def edit(source: str) -> str:
        a, b, c = source.index(first), source.index(second), source.index(end)
        return source[:a] + source[b:c] + source[a:b] + source[c:]

    return edit


def named_activity(method: str, name: str) -> Edit:
    """Register an activity under another name."""
    return replacing(
        f"    @activity.defn\n    async def {method}(",
        f'    @activity.defn(name="{name}")\n    async def {method}(',
    )
