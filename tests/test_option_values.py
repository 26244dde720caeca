"""What options make of the text that a person types."""

import click
import pytest

from replaykit.cli.values import Seconds


@pytest.mark.parametrize(
    ("text", "seconds"), [("60", 60), ("60s", 60), ("0.5", 0.5), ("2m", 120), ("1h", 3600), ("0", 0), ("0s", 0)]
)
def test_a_length_of_time_has_a_unit_or_is_in_seconds(text: str, seconds: float) -> None:
    assert Seconds(min=0).convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "s", "60 seconds", "nan", "-1", "-1s", "1y"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Seconds(min=0).convert(text, None, None)
