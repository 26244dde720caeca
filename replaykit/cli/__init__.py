"""The command line: one file per command, loaded when it is called."""

import click

from replaykit import __version__
from replaykit.cli.lazy import LazyGroup

# Command: its module and its one-line help, so that `replaykit --help` loads no command.
COMMANDS = {
    "cassette": ("replaykit.cli.cassette", "Make, show, check, compare and change cassettes of recorded answers."),
    "chaos": ("replaykit.cli.chaos", "Strike a workflow with every failure at every step, and say what does not hold."),
    "corpus": ("replaykit.cli.corpus", "Keep a corpus of histories small, and say what it covers."),
    "demo": ("replaykit.cli.demo", "Play the main job on the embedded Temporal server."),
    "export": ("replaykit.cli.export", "Export workflow histories from a Temporal server."),
    "gate": ("replaykit.cli.gate", "Replay histories against a base revision and the working tree: what changed?"),
    "inspect": ("replaykit.cli.inspect", "Show a history as a readable list of steps."),
    "patches": ("replaykit.cli.patches", "Show every patch, and whether deprecating or removing it is safe."),
    "replay": ("replaykit.cli.replay", "Replay histories against the workflow code."),
    "shadow": ("replaykit.cli.shadow", "Replay production's histories on Temporal itself, on many workers."),
}


@click.group(cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="replaykit")
def main() -> None:
    """Replay, record and break Temporal workflows before production does.

    Start with:  replaykit demo
    """
