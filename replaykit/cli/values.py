"""Values of options that click lets pass and that mean nothing: empty text, and nan."""

import math
from typing import Any

import click

from replaykit.rules.since import seconds_in


class _Text(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in newer versions of click alone
    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value.strip():
            self.fail("it is empty: leave it out, or look at the variable that it comes from.", param, ctx)
        return value


class Number(click.FloatRange):
    """A number within a range, and not nan, which is within each."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401
        """Read a number."""
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail("nan is no number.", param, ctx)
        return number


class Seconds(Number):
    """A length of time: a number of seconds, or a number with its unit."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401
        """Read `60`, `60s` or `2m` as seconds."""
        seconds = seconds_in(value) if isinstance(value, str) else None
        return super().convert(value if seconds is None else seconds, param, ctx)


TEXT = _Text()
"""Text that is not empty: an empty one is a shell variable that is not set, and would export something else."""
