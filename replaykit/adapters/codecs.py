"""The data converter and the codec of the configuration, as the team's worker would have them."""

from dataclasses import dataclass, replace

from temporalio.converter import DataConverter, PayloadCodec

from replaykit.adapters import codec_server
from replaykit.adapters.codec_server import RemoteCodec
from replaykit.adapters.converters import storage_of
from replaykit.adapters.loaded import load_object
from replaykit.adapters.replayer import settled_converter
from replaykit.adapters.workflows import load
from replaykit.config import Config


@dataclass(frozen=True, slots=True)
class Decoder:
    """What payloads are decoded with.

    Attributes:
        converter: The data converter with its codec and external storage.
        codec: How errors name the codec; empty where there is none.
    """

    converter: DataConverter
    codec: str = ""

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
    return with_codec(config, converter_of(config), namespace=namespace)


def converter_of(config: Config) -> DataConverter:
    """Load the data converter in force, with the codec that it has itself.

    Raises:
        CodecUnloadable: What the configuration names cannot be loaded.
        WorkflowsUnloadable: The factory fails.
    """
    if config.data_converter:
        return load_object(config, "data-converter", config.data_converter, DataConverter)
    return settled_converter(load(config)) if config.factory else DataConverter.default


def with_codec(config: Config, converter: DataConverter, *, namespace: str) -> Decoder:
    """Put the configured codec or codec server in place of the converter's own codec.

    Raises:
        CodecUnloadable: The codec cannot be loaded.
    """
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
