"""The inspect job: one history file is read and described."""

from pathlib import Path

from replaykit.adapters.codecs import converters_of
from replaykit.adapters.history_file import read_document
from replaykit.adapters.opened import Opener
from replaykit.config import Config
from replaykit.errors import PathMissing
from replaykit.model.history import History


async def inspect(config: Config, path: Path) -> History:
    """Read one history, through the configured data converter and codec.

    Raises:
        PathMissing: The file does not exist.
        HistoryError: The file is no usable history.
        WorkflowsUnloadable: The configured factory fails.
        CodecUnloadable: The configured data converter or codec cannot be loaded.
        CodecServerFailed: The configured codec server does not decode the payloads.
    """
    if not path.is_file():
        raise PathMissing(
            f"{path} is no file.",
            cause="inspect reads one history file",
            fix="replaykit inspect fixtures/TYPE/WORKFLOW_ID.json",
        )
    history, _ = await Opener(config, converters_of(config)).open(read_document(path), path)
    return history
