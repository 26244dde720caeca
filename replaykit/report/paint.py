"""Colours for a terminal, or none."""

from dataclasses import dataclass

_CODES = {"red": "31", "yellow": "33", "green": "32", "magenta": "35", "dim": "2", "bold": "1"}


@dataclass(frozen=True, slots=True)
class Paint:
    """Paints text when `on`; a report never asks the terminal itself."""

    on: bool = False

    def __call__(self, text: str, *colours: str) -> str:
        """Wrap text in the escape codes of the colours."""
        if not self.on or not text:
            return text
        return f"\x1b[{';'.join(_CODES[c] for c in colours)}m{text}\x1b[0m"


PLAIN = Paint()
