"""The data converter and the codec of the configuration, as the team's worker would have them."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from temporalio.converter import DataConverter, PayloadCodec

from replaykit.adapters import codec_server
from replaykit.adapters.codec_server import RemoteCodec
from replaykit.adapters.converters import storage_of
from replaykit.adapters.loaded import load_object
from replaykit.config import Config


@dataclass(frozen=True, slots=True)
class Converters:
    """The data converters in force: `one` for all workflows, but for those whose worker has another."""

    one: DataConverter
    others: Mapping[str, DataConverter] = field(default_factory=dict)

    def of(self, workflow: str) -> DataConverter:
        """Return the converter of a workflow type."""
        return self.others.get(workflow, self.one)


@dataclass(frozen=True, slots=True)
class Decoder:
    """What payloads are decoded with.

    Attributes:
        converter: The data converter with its codec and external storage.
        codec: How errors name the codec; empty where there is none.
        others: The decoders of workflow types whose worker has another data converter.
    """

    converter: DataConverter
    codec: str = ""
    others: Mapping[str, "Decoder"] = field(default_factory=dict)

    def of(self, workflow: str) -> "Decoder":
        """Return the decoder of a workflow type."""
        return self.others.get(workflow, self)

    @property
    def changes_payloads(self) -> bool:
        """Whether a codec or an external storage stands between what the server holds and what workflows read."""
        return self.converter.payload_codec is not None or storage_of(self.converter) is not None


def decoder_of(config: Config, *, namespace: str) -> Decoder:
    """Load the data converter and the codec in force for the runs of a namespace.

    The option `data-converter` comes before the factory's converter, and that (with what the worker's plugins make of
    it) before the SDK's default; `codec` or `codec-endpoint` replaces the codec of whichever it is.

    Raises:
        CodecUnloadable: What the configuration names cannot be loaded.
        WorkflowsUnloadable: The factory fails.
    """
    return with_codec(config, converters_of(config), namespace=namespace)


def converters_of(config: Config) -> Converters:
    """Load the data converters in force, with the codecs that they have themselves.

    Raises:
        CodecUnloadable: What the configuration names cannot be loaded.
        WorkflowsUnloadable: The factory fails.
    """
    if config.data_converter:
        return Converters(load_object(config, "data-converter", config.data_converter, DataConverter))
    if not config.factory:
        return Converters(DataConverter.default)
    # The SDK's worker takes a fifth of a second to load, which no export without a factory should pay.
    workers = importlib.import_module("replaykit.adapters.worker_converters")
    found: Converters = workers.converters_of_workers(config)
    return found


def with_codec(config: Config, converters: Converters, *, namespace: str) -> Decoder:
    """Put the configured codec or codec server in place of the converters' own codecs.

    Raises:
        CodecUnloadable: The codec cannot be loaded.
    """
    # One decoder a converter: workers without one of their own share the SDK's.
    decoders: dict[int, Decoder] = {}
    for converter in (converters.one, *converters.others.values()):
        if id(converter) not in decoders:
            decoders[id(converter)] = _decoder(config, converter, namespace=namespace)
    others = {workflow: decoders[id(converter)] for workflow, converter in converters.others.items()}
    return replace(decoders[id(converters.one)], others=others)


def _decoder(config: Config, converter: DataConverter, *, namespace: str) -> Decoder:
    if config.codec_endpoint:
        remote = RemoteCodec(config.codec_endpoint, namespace=namespace, access=config.codec_access)
        where = codec_server.shown(config.codec_endpoint)
        return Decoder(replace(converter, payload_codec=remote), f"the codec server at {where}")
    if config.codec:
        codec = load_object(config, "codec", config.codec, PayloadCodec)  # type: ignore[type-abstract]  # only asked isinstance
        return Decoder(replace(converter, payload_codec=codec), f"the codec {config.codec}")
    own = converter.payload_codec
    if own is None:
        return Decoder(converter)
    origin = config.data_converter or config.factory
    return Decoder(converter, f"the codec {type(own).__name__}" + (f" of {origin}" if origin else ""))
