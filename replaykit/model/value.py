"""A payload as a person would read it."""

from dataclasses import dataclass
from typing import TypeAlias

JsonData: TypeAlias = bool | int | float | str | list["JsonData"] | dict[str, "JsonData"] | None


@dataclass(frozen=True, slots=True)
class Json:
    """A payload that decodes to JSON."""

    data: JsonData


@dataclass(frozen=True, slots=True)
class Binary:
    """A payload of raw bytes (encoding `binary/plain`)."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Undecoded:
    """A payload nobody here could decode: only equality of its bytes can be checked."""

    encoding: str
    data: bytes


Value: TypeAlias = Json | Binary | Undecoded
