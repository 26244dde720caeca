"""What stands in a history is shown as text, whatever it holds: nothing steers a terminal, or a log of a CI."""

from datetime import UTC, datetime

import pytest

from replaykit.model.case import Case, Judgement
from replaykit.model.history import Identity
from replaykit.model.step import Step, StepKey, StepKind
from replaykit.model.verdict import Clean
from replaykit.report.finding_words import title
from replaykit.report.sizes import date, moment
from replaykit.report.steps import name_of_step
from replaykit.report.table import cut

MISCHIEF = "\x1b[31m\n::error::all is lost"
SHOWN = r"\x1b[31m\n::error::all is lost"


def test_names_of_a_history_are_one_line_without_codes() -> None:
    who = Identity(MISCHIEF, "run-1", MISCHIEF, "queue", "default")
    shown = title(Judgement(Case("a.json", "a.json"), Clean(1), 0.0, identity=who))
    assert shown == f"{SHOWN} · {SHOWN} (run …run-1)"


def test_the_name_of_a_step_is_one_line_without_codes() -> None:
    assert name_of_step(Step(StepKey(StepKind.ACTIVITY, MISCHIEF, 1), task=1)) == f"activity {SHOWN} #1"


def test_a_cell_is_one_line_without_codes() -> None:
    assert cut("a\x1b[31m\nb", 20) == r"a\x1b[31m b"


@pytest.mark.parametrize(
    ("time", "day"),
    [
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp() + 1, "9999-12-31"),
        (datetime(1, 1, 1, tzinfo=UTC).timestamp() - 1, "0001-01-01"),
    ],
)
def test_a_time_beyond_the_calendar_has_its_nearest_day(time: float, day: str) -> None:
    assert date(time) == day
    assert moment(time).isoformat().startswith(day)
