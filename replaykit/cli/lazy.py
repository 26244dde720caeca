"""Commands import their modules when they are called for."""

import gc
import importlib
from collections.abc import Mapping
from typing import Any, TypeAlias

import click

# Command: its module and its one-line help, so that `--help` of the group loads no command.
Table: TypeAlias = Mapping[str, tuple[str, str]]


def load(module: str) -> Any:  # noqa: ANN401 - a module
    """Import what a command needs to do its work, once its options are understood: a wrong one is told at once."""
    return _imported(module)


def _imported(module: str) -> Any:  # noqa: ANN401 - a module
    """Import a module that stays to the end of this process, with the garbage collector out of the way.

    Importing makes next to no garbage: the collector's searches for it, and the last ones as the process ends, took a
    tenth of the CPU time of a short `replaykit export`, and a fifth of an `inspect`.
    """
    collected = gc.isenabled()
    gc.disable()
    try:
        return importlib.import_module(module)
    finally:
        gc.freeze()
        if collected:
            gc.enable()


class LazyGroup(click.Group):
    """A group whose commands stand in a table."""

    def __init__(self, *args: Any, table: Table, **options: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(*args, **options)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names."""
        del ctx
        return sorted(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        del ctx
        if cmd_name not in self.table:
            return None
        module = _imported(self.table[cmd_name][0])
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.table[name][1]) for name in self.list_commands(ctx)])
