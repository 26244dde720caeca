"""Whoever ends a sweep finds nothing left running: the embedded server is another process."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

SCENARIO = """
import pathlib
import time
from collections.abc import Callable
from datetime import timedelta

from temporalio import activity, workflow

from replaykit import Scenario


@activity.defn
async def wait() -> None:
    pathlib.Path("begun").touch()
    time.sleep(0.01)


@workflow.defn(sandboxed=False)
class Waits:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(wait, start_to_close_timeout=timedelta(seconds=10))
        await workflow.wait_condition(lambda: False)


WAITS = Scenario(workflow=Waits, activities=[wait], timeout=60.0)
"""


@pytest.mark.long
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_sweep_that_is_ended_leaves_no_server_behind(tmp_path: Path, sent: signal.Signals) -> None:
    (tmp_path / "waits.py").write_text(SCENARIO, "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "replaykit", "chaos", "waits.py"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_until((tmp_path / "begun").exists)
        process.send_signal(sent)
        assert process.wait(30) == 130
        _wait_until(lambda: not _is_running(process.pid))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _is_running(group: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, 0)
        return True
    return False


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
