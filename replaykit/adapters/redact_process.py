"""The process that redacts: a recipe first, then draft after draft, until its pipe ends (its command: python -m)."""

import gc
import signal
import sys
from typing import BinaryIO

from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory

from replaykit.adapters.redacting import Draft, Recipe, packed, text_of
from replaykit.adapters.wire import LENGTH, frame, unpack


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer each draft with its text; the recipe with an empty frame, once it is understood."""
    redactor = None
    while head := source.read(LENGTH.size):
        message = unpack(source.read(LENGTH.unpack(head)[0]))
        if isinstance(message, Recipe):
            redactor = message.redactor()
            sink.write(LENGTH.pack(0))
        else:
            identity, serialized, said = message
            history = WorkflowHistory(identity.workflow_id, History.FromString(serialized).events)
            sink.write(frame(packed(text_of(Draft(identity, history, said), redactor))))
        sink.flush()


if __name__ == "__main__":
    # Ctrl-C goes to the whole group; this process ends with its pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What is made of a history holds no cycles, and looking for some takes a seventh of this process's time.
    gc.disable()
    serve(sys.stdin.buffer, sys.stdout.buffer)
