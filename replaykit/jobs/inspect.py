"""The inspect job: one history file is read and described."""

from pathlib import Path

from replaykit.adapters.history import load
from replaykit.adapters.history_file import read_document
from replaykit.adapters.workflows import data_converter
from replaykit.config import Config
from replaykit.errors import PathMissing
from replaykit.model.history import History


async def inspect(config: Config, path: Path) -> History:
    """Read one history, through the data converter of the configured factory where there is one.

    Raises:
        PathMissing: The file does not exist.
        HistoryError: The file is no usable history.
        WorkflowsUnloadable: The configured factory fails.
    """
    if not path.is_file():
        raise PathMissing(
            f"{path} is no file.",
            cause="inspect reads one history file",
            fix="replaykit inspect fixtures/TYPE/WORKFLOW_ID.json",
        )
    history, _ = await load(read_document(path), path, data_converter(config))
    return history
