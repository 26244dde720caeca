"""What is kept of the last whole run: the SDK's answers, slow to ask for, and the totals that README quotes."""

import json
from collections.abc import Sequence
from pathlib import Path

from tests.bugbench.table import Row, totals_lines, totals_of

ANSWERS = Path(__file__).parent / "sdk_answers.json"
README = Path(__file__).parent / "README.md"
FENCE = "```text\n"


def keep(rows: Sequence[Row]) -> None:
    """Write the SDK's answers and the totals."""
    ANSWERS.write_text(json.dumps({row.case.name: row.sdk for row in rows}, indent=1, sort_keys=True) + "\n", "utf-8")
    before, _, rest = README.read_text("utf-8").partition(FENCE)
    _, _, after = rest.partition("```\n")
    README.write_text(before + quoted(rows) + after, "utf-8")


def kept() -> dict[str, str]:
    """Read the SDK's answers by case."""
    answers: dict[str, str] = json.loads(ANSWERS.read_text("utf-8"))
    return answers


def quoted(rows: Sequence[Row]) -> str:
    """Write the totals as README quotes them."""
    return FENCE + "\n".join(totals_lines(totals_of(rows))) + "\n```\n"
