"""The gate's text is printed; a gate that prints JSON does not load this."""

import secrets
import time
from collections.abc import Iterator

from replaykit.model.gate import GateReport
from replaykit.report.gate_annotations import unheeded
from replaykit.report.gate_text import gate_lines
from replaykit.report.reading import Reading


def printed(report: GateReport, reading: Reading, *, following: str, annotated: bool) -> Iterator[str]:
    """Yield the lines; where workflow commands of GitHub come after them, GitHub heeds nothing that they hold."""
    lines = gate_lines(report, reading, following=following, now=time.time())
    return unheeded(lines, token=secrets.token_hex()) if annotated else lines
