"""`replaykit cassette`: commands about recorded answers, one file each, loaded when it is called."""

import click

from replaykit.cli.lazy import LazyGroup

COMMANDS = {
    "check": ("replaykit.cli.cassette.check", "Say whether cassettes can be used, and finish cut-off recordings."),
    "diff": ("replaykit.cli.cassette.diff", "Compare two cassettes by what was asked."),
    "fault": ("replaykit.cli.cassette.fault", "Put what goes wrong with language models into a cassette."),
    "from-history": ("replaykit.cli.cassette.from_history", "Make a cassette of the answers in histories."),
    "merge": ("replaykit.cli.cassette.merge", "Merge cassettes into one."),
    "migrate": ("replaykit.cli.cassette.migrate", "Make a cassette of those of vcrpy."),
    "prune": ("replaykit.cli.cassette.prune", "Take recordings out of a cassette."),
    "show": ("replaykit.cli.cassette.show", "Show what a cassette holds."),
}


@click.group(name="cassette", cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Make, show, check, compare and change cassettes: files of recorded answers."""
