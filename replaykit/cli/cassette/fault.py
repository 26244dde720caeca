"""`replaykit cassette fault`: what goes wrong with language models is put into a cassette."""

import inspect
from pathlib import Path

import click

from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import run
from replaykit.jobs.cassettes import strike
from replaykit.report.cassettes import struck_line
from replaykit.rules.llm_faults.catalogue import FAULTS, from_text


def _list(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's signature
    if not asked:
        return
    for name, make in FAULTS.items():
        says = (inspect.getdoc(make) or "").partition("\n")[0].removeprefix("Make ")
        taken = ", ".join(f"{each.name}={each.default!r}" for each in inspect.signature(make).parameters.values())
        click.echo(f"{name}({taken})\n    {says}")
    context.exit(ExitCode.CLEAN)


@click.command(name="fault")
@click.argument("file", metavar="FILE")
@click.argument("fault", metavar="FAULT")
@click.option("--number", "-n", type=int, required=True, metavar="N", help="The recording's number in `show`.")
@click.option("--times", type=click.IntRange(min=1), default=1, show_default=True, help="How often, one after another.")
@click.option("--instead", is_flag=True, help="The recording goes; else it answers when the code asks again.")
@click.option("--out", metavar="FILE", help="Write a copy there, and leave FILE as it is.")
@click.option("--force", is_flag=True, help="Write over --out if it exists.")
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="List all faults, and leave."
)
def command(file: str, fault: str, number: int, times: int, out: str | None, *, instead: bool, force: bool) -> None:
    """Put FAULT, such as 'rate_limited(retry_after=1)', in front of a recorded HTTP request of the cassette in FILE.

    Exit codes: 0 done, 2 the file is no usable cassette, or the fault cannot happen there.
    """
    run(_strike(Path(file), fault, number, times=times, instead=instead, out=out, force=force))


async def _strike(
    path: Path, fault: str, number: int, *, times: int, instead: bool, out: str | None, force: bool
) -> int:
    made = from_text(fault)
    target = Path(out) if out else path
    strike(path, made, number=number, times=times, instead=instead, out=target, force=force)
    click.echo(struck_line(str(made), number, times=times, instead=instead, path=str(target)))
    return ExitCode.CLEAN
