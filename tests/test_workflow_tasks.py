"""An activation is tied to its workflow task by how far Core's history had come."""

from dataclasses import replace

import pytest

from replaykit.model.history import WorkflowTask
from replaykit.model.step import Trace
from tests.traces import history

# Started and completed: the second records nothing, the third is the last event of the history.
TASKS = (WorkflowTask(3, 4), WorkflowTask(9, 10), WorkflowTask(14, 15))


@pytest.mark.parametrize(
    ("length", "task"),
    [
        (3, 1),
        (9, 2),
        (14, 3),
        # Core reports the end of a history whose last workflow task recorded nothing.
        (15, 3),
        # What lies beyond is new progress, which the recorded run has yet to make.
        (16, None),
        (2, None),
    ],
)
def test_an_activation_belongs_to_the_task_that_its_history_length_reaches(length: int, task: int | None) -> None:
    assert replace(history(Trace()), tasks=TASKS).task_at(length) == task


def test_a_history_without_a_completed_task_has_none_to_belong_to() -> None:
    assert replace(history(Trace()), tasks=()).task_at(3) is None
