"""A data converter with its codec and external storage, and without them."""

from dataclasses import replace
from typing import Any

from temporalio.converter import DataConverter


def storage_of(converter: DataConverter) -> Any:  # noqa: ANN401 - a class of newer SDKs only
    """Return the converter's external storage, which newer SDKs have."""
    return getattr(converter, "external_storage", None)


def plain(converter: DataConverter) -> DataConverter:
    """Return the converter without codec and external storage: it reads payloads that were decoded before."""
    if converter.payload_codec is None and storage_of(converter) is None:
        return converter
    without: dict[str, Any] = {"payload_codec": None}
    if storage_of(converter) is not None:
        without["external_storage"] = None
    return replace(converter, **without)
