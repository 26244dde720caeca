"""Who reads a report, and what its text needs to know of that."""

from dataclasses import dataclass

from replaykit.report.paint import PLAIN, Paint


@dataclass(frozen=True, slots=True)
class Reading:
    """Who reads: page width in columns, the directory paths are relative to, how much, in colour?

    `options` are those that the reproducing command needs beside the path.
    """

    width: int = 100
    base: str = ""
    verbose: bool = False
    options: str = ""
    paint: Paint = PLAIN
