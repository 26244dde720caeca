"""What every command shares: errors shown once, colours asked for once, Ctrl-C without a traceback."""

import asyncio
import os
import shutil
import signal
import sys
import threading
from collections.abc import Coroutine
from typing import Any, NoReturn

import click

from replaykit.cli.exit_codes import ExitCode
from replaykit.errors import ReplaykitError
from replaykit.report.paint import Paint

WIDEST = 120


def run(job: Coroutine[Any, Any, int], *, used_client: bool = False) -> NoReturn:
    """Run a command to its exit code.

    A ReplaykitError is printed to stderr; Ctrl-C ends with 130 after everything started has been ended, and so does the
    SIGTERM of a CI that ends a job.

    Args:
        job: The command.
        used_client: The command talked to a server through the SDK's client in this process. Python's finalization
            then races the client's native threads: 12 of 30 processes that ended right after a call died of SIGSEGV
            or SIGABRT (temporalio 1.35), so such a command leaves without finalization.
    """
    try:
        code = asyncio.run(_also_ended_by_sigterm(job))
    except ReplaykitError as error:
        click.echo(str(error), err=True)
        code = error.exit_code
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        code = ExitCode.INTERRUPTED
    if used_client:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(code))
    sys.exit(int(code))


async def _also_ended_by_sigterm(job: Coroutine[Any, Any, int]) -> int:
    """Have SIGTERM do what the running loop does at Ctrl-C: else servers, workers and checkouts were left behind."""
    interrupt, before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(interrupt):
        return await job
    signal.signal(signal.SIGTERM, interrupt)
    try:
        return await job
    finally:
        signal.signal(signal.SIGTERM, before)


def paint_for(stream: Any) -> Paint:  # noqa: ANN401 - any text stream
    """Colour only a terminal, and never with NO_COLOR (no-color.org)."""
    return Paint(on=stream.isatty() and not os.environ.get("NO_COLOR"))


def width() -> int:
    """Return the width to write for: the terminal's, within limits; 100 where there is none."""
    return max(60, min(WIDEST, shutil.get_terminal_size((100, 24)).columns))
