"""Two runs that did the same have equal normalised histories, whatever the sweep did beside them."""

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import (
    HistoryEvent,
    WorkflowExecutionOptionsUpdatedEventAttributes,
    WorkflowExecutionSignaledEventAttributes,
)

from replaykit.adapters.chaos.normal import normalised
from replaykit.adapters.chaos.reach import PROBE


def options_updated(*, of_the_clock: bool) -> HistoryEvent:
    return HistoryEvent(
        event_type=EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
        workflow_execution_options_updated_event_attributes=WorkflowExecutionOptionsUpdatedEventAttributes(
            time_skipping_config_updated=of_the_clock
        ),
    )


def signalled(name: str) -> HistoryEvent:
    return HistoryEvent(
        event_type=EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        workflow_execution_signaled_event_attributes=WorkflowExecutionSignaledEventAttributes(signal_name=name),
    )


def test_a_clock_that_was_let_go_or_stopped_is_nothing_that_the_run_did() -> None:
    assert normalised([options_updated(of_the_clock=True)], "order-1") == ()
    assert len(normalised([options_updated(of_the_clock=False)], "order-1")) == 1


def test_a_probe_is_nothing_that_the_run_was_told() -> None:
    assert normalised([signalled(PROBE)], "order-1") == ()
    assert len(normalised([signalled("pay")], "order-1")) == 1
