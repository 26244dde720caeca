"""A history file of either kind, payloads decoded or as the server holds them, is read as workflows read it."""

from pathlib import Path

from temporalio.client import WorkflowHistory

from replaykit.adapters import codecs
from replaykit.adapters.codecs import Converters, Decoder
from replaykit.adapters.converters import plain
from replaykit.adapters.decode import decoded
from replaykit.adapters.fetch import Fetched
from replaykit.adapters.history import describe, identity_of, load, parse
from replaykit.adapters.history_file import Document, is_decoded
from replaykit.config import Config
from replaykit.model.history import History


class Opener:
    """Opens history files with the data converters in force; a codec is loaded when a file first needs it."""

    def __init__(self, config: Config, converters: Converters) -> None:
        """Take the converters in force; the configuration may name another codec than their own."""
        self._config = config
        self._converters = converters
        self._decoders: dict[str, Decoder] = {}

    async def open(self, document: Document, path: Path) -> tuple[History, WorkflowHistory]:
        """Read a checked document: what a judgement needs, and the events with decoded payloads.

        Raises:
            HistoryError: An event or a payload cannot be read.
            CodecUnloadable: The codec cannot be loaded.
            CodecServerFailed: The codec server did not do its work.
        """
        identity, guessed = identity_of(document, path)
        converter = plain(self._converters.of(identity.workflow_type))
        if is_decoded(document):
            return load(document, path, converter)
        held = Fetched(identity, parse(document, identity.workflow_id, path))
        history = (await decoded(held, self._decoder(identity.namespace), tolerant=True)).history
        return describe(history.events, identity, converter, guessed_id=guessed), history

    def _decoder(self, namespace: str) -> Decoder:
        if namespace not in self._decoders:
            self._decoders[namespace] = codecs.with_codec(self._config, self._converters, namespace=namespace)
        return self._decoders[namespace]
