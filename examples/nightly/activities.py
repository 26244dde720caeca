"""What a night leaves behind: one report."""

import asyncio
from pathlib import Path

from temporalio import activity

from replaykit import effect

from .models import Report


class NightlyActivities:
    """One folder of reports."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @activity.defn
    async def write_report(self, report: Report) -> str:
        """Write the night's report, whole or not at all; a repeated attempt writes the same file."""
        with effect("report", key=report.job_id, idempotency_key=report.job_id, input=report.text):
            return await asyncio.to_thread(self._write, report)

    def _write(self, report: Report) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{report.job_id}.txt"
        draft = self._folder / f"{name}.new"
        draft.write_text(f"{report.text}\n", encoding="utf-8")
        draft.replace(self._folder / name)
        return name
