"""A problem that a user can meet: what, cause and fix, under a slug that the docs explain."""

from dataclasses import dataclass
from typing import ClassVar

DOCS = "docs/errors.md"


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, why, what to do about it, and the docs' name for it."""

    slug: str
    what: str
    cause: str
    fix: str

    def render(self) -> str:
        """Lay the problem out in the four labelled lines that every error shows."""
        return "\n".join(
            [
                self.what,
                _labelled("Cause:", self.cause),
                _labelled("Fix:  ", self.fix),
                _labelled("Docs: ", f"{DOCS}#{self.slug}"),
            ]
        )


def _labelled(label: str, text: str) -> str:
    indent = " " * (len(label) + 1)
    return f"{label} " + f"\n{indent}".join(text.splitlines() or [""])


class ReplaykitError(Exception):
    """A problem that a user can meet and mend."""

    slug: ClassVar[str] = "replaykit-error"
    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, *, cause: str, fix: str) -> None:
        """Name the problem: `what` in one sentence, its `cause`, and a `fix` to paste."""
        super().__init__(what)
        self.problem = Problem(slug=self.slug, what=what, cause=cause, fix=fix)

    def __str__(self) -> str:
        return self.problem.render()
