"""Whether a change of a patch is safe."""

from enum import StrEnum


class Safety(StrEnum):
    """Whether a change can be deployed; `UNVERIFIED` where what would tell was not looked at."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    UNVERIFIED = "unverified"
