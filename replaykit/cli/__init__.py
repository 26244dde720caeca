"""The command line: one file per command, loaded when it is called."""

import importlib

import click

from replaykit import __version__

# Command: its module and its one-line help, so that `replaykit --help` loads no command.
COMMANDS = {
    "corpus": ("replaykit.cli.corpus", "Keep a corpus of histories small, and say what it covers."),
    "demo": ("replaykit.cli.demo", "Play the main job on the embedded Temporal server."),
    "export": ("replaykit.cli.export", "Export workflow histories from a Temporal server."),
    "inspect": ("replaykit.cli.inspect", "Show a history as a readable list of steps."),
    "replay": ("replaykit.cli.replay", "Replay histories against the workflow code."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="replaykit")
def main() -> None:
    """Replay, record and break Temporal workflows before production does.

    Start with:  replaykit demo
    """
