"""The histories of a sweep are read as its workflows read them: out of codec and external storage."""

from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter

from replaykit.adapters.codecs import Decoder
from replaykit.adapters.decode import decoded
from replaykit.adapters.fetch import Fetched
from replaykit.model.history import Identity


async def readable(history: WorkflowHistory, converter: DataConverter) -> WorkflowHistory:
    """Decode what the team's codec encoded: a result of random bytes equals no other, and replays take plain ones.

    Args:
        history: A history as the server holds it; it stays as it is.
        converter: The client's data converter.

    Raises:
        PayloadUndecodable: The codec fails on what it encoded itself.
    """
    decoder = Decoder(converter)
    if not history.events or not decoder.changes_payloads:
        return history
    began = history.events[0].workflow_execution_started_event_attributes
    identity = Identity(
        workflow_id=history.workflow_id,
        run_id=began.original_execution_run_id,
        workflow_type=began.workflow_type.name,
        task_queue=began.task_queue.name,
        namespace="default",
    )
    return (await decoded(Fetched(identity, history), decoder, tolerant=True)).history
