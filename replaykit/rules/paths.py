"""The language of paths: how a place inside payloads is written, and which places a path with `*` covers."""

import re
from collections.abc import Iterable


def dotted(parts: Iterable[object]) -> str:
    """Write keys and indices as they follow a label: `[1].messages[0]['content type']`."""
    return "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" if str(part).isidentifier() else f"[{part!r}]"
        for part in parts
    )


def covering(pattern: str) -> re.Pattern[str]:
    """Compile a path into what its places match whole: itself and what lies below; `*` stands for any text."""
    # `input.x` means x in whichever argument: an index may stand between.
    spelled = ".*".join(re.escape(part) for part in pattern.split("*"))
    loose = re.sub(r"^(input)(?=\\\.|$)", r"\1(?:\\[\\d+\\])?", spelled)
    return re.compile(rf"{loose}(?:[.\[].*)?")
