"""One run of the benchmark: the projects are written, both replayers are asked, the rows come back."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bugbench.answers import batches, replaykit_answers, sdk_answers
from tests.bugbench.case import Case
from tests.bugbench.project import project_files
from tests.bugbench.table import Row


async def rows_of(cases: Sequence[Case], *, sdk: bool) -> list[Row]:
    """Judge the cases; without `sdk` the plain Replayer is not asked."""
    rows: dict[str, Row] = {}
    for batch in batches(cases):
        with tempfile.TemporaryDirectory(prefix="bugbench-") as name:
            directory = Path(name).resolve()
            _write(directory, project_files(batch))
            ours = await replaykit_answers(directory)
            theirs = await sdk_answers(directory, batch) if sdk else {}
            rows |= {case.name: Row(case, theirs.get(case.name, ""), ours[case.name]) for case in batch}
    return [rows[case.name] for case in cases]


def _write(directory: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
