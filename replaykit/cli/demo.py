"""`replaykit demo`: the main job, whole, on an embedded server."""

import sys
import tempfile
from pathlib import Path

import click

from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import paint_for, run, width
from replaykit.cli.progress import Spinner
from replaykit.errors import DemoError
from replaykit.jobs.demo import Ran, Replayed, Saved, Stage, demo
from replaykit.report.finding import finding
from replaykit.report.paint import Paint
from replaykit.report.reading import Reading
from replaykit.report.summary import counts, plural

NEXT = """\
Next, with your own workflows:
  replaykit export WORKFLOW_ID              save a run of your server's as fixtures/TYPE/WORKFLOW_ID.json
  replaykit inspect fixtures/TYPE/ID.json   read it as a list of steps
  replaykit replay fixtures/ -w MODULE      replay it against your code
  pytest --replay-histories fixtures/       the same as a gate in CI\
"""


@click.command(name="demo")
@click.option(
    "--keep",
    metavar="DIR",
    help="Keep the demo's project, its corpus and its changed copy in the new directory DIR.",
)
def command(keep: str | None) -> None:
    """Run example workflows on an embedded Temporal server, export them, and catch a breaking change.

    Nothing is left behind: the server and the worker are ended, and the files removed unless --keep is given.

    Exit codes: 0 the change was caught, 2 the demo could not be played.
    """
    run(_demo(keep), used_client=True)


async def _demo(keep: str | None) -> int:
    if keep is not None:
        directory = Path(keep).resolve()
        if directory.exists():
            raise DemoError(f"{keep} exists already.", cause="--keep wants a new directory", fix="choose another name")
        directory.mkdir(parents=True)
        await _play(directory)
        click.echo(f"Kept in {keep}:  cd {keep}/changed && replaykit replay ../project/fixtures")
    else:
        with tempfile.TemporaryDirectory(prefix="replaykit-demo-") as temporary:
            await _play(Path(temporary).resolve())
    click.echo()
    click.echo(NEXT)
    return ExitCode.CLEAN


async def _play(directory: Path) -> None:
    paint = paint_for(sys.stdout)
    stages = 0
    verdicts: list[Replayed] = []
    saved = 0
    with Spinner() as spinner:
        async for event in demo(directory):
            spinner.clear()
            match event:
                case Stage(text):
                    stages += 1
                    click.echo(paint(f"{stages}  {text}", "bold"))
                    spinner.say(text)
                case Ran(workflow_id, ended):
                    click.echo(f"   {workflow_id}   {ended}")
                case Saved(path, events):
                    saved += 1
                    click.echo(f"   {path.relative_to(directory / 'project')}   {plural(events, 'event', 'events')}")
                case Replayed():
                    verdicts.append(event)
                    _show(event, directory, paint)
    _require(verdicts, saved)


def _show(event: Replayed, directory: Path, paint: Paint) -> None:
    summary = event.summary
    click.echo(
        f"   {plural(summary.total, 'history', 'histories')} in {summary.seconds:.1f} s: {counts(summary, paint)}"
    )
    if event.findings:
        click.echo()
        reading = Reading(width=width(), base=str(directory), paint=paint)
        click.echo(finding(event.findings[0], reading))
        if len(event.findings) > 1:
            others = plural(len(event.findings) - 1, "other history", "other histories")
            click.echo(f"\n   {others} diverged or drifted too.")
        click.echo()


def _require(verdicts: list[Replayed], saved: int) -> None:
    """Fail where the demo did not show what it promises."""
    same, changed = (replayed.summary for replayed in verdicts)
    if same.clean != saved or not changed.diverged:
        raise DemoError(
            "The demo did not end as it should.",
            cause=f"same code: {same.clean} of {saved} clean; changed code: {changed.diverged} diverged",
            fix="report this, with the output above",
        )
