"""The reference of commands, written from what click knows of them."""

import re
from collections.abc import Iterator

import click

from replaykit.cli import main
from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.lazy import LazyGroup

HEAD = """\
# Commands

This page is written by `python -m tests.docs.refresh` from the commands themselves; a test fails when it is stale.

`replaykit` and `python -m replaykit` are the same command. Results go to stdout, progress and errors to stderr, where
progress shows on a terminal only. Settings come from [`[tool.replaykit]`](configuration.md); options override them.

Environment variables that every command obeys: `NO_COLOR` (any value: no colours), `COLUMNS` (the width to write for,
where no terminal tells it). Those that one option stands for are named beside it.
"""
_VARIABLE = re.compile(r" *\[env: ([A-Z_]+)\]")
_DEFAULT = re.compile(r" *Default: (.+?)\.?$")


def cli_reference() -> str:
    """Write the page."""
    context = click.Context(main, info_name="replaykit", **main.context_settings)
    parts = [HEAD, *_command(main, context, heading="replaykit")]
    parts += _commands_of(main, context)
    parts += ["## Exit codes\n", "| code | name |", "|---|---|"]
    parts += [f"| {code.value} | {code.name.lower()} |" for code in ExitCode]
    parts += ["", "What they mean stands at the head of the page of [errors](../errors.md).", ""]
    return "\n".join(parts)


def _commands_of(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            inner = click.Context(command, info_name=name, parent=context)
            yield from _command(command, inner, heading=inner.command_path)
            if isinstance(command, click.Group):
                yield from _commands_of(command, inner)


def _command(command: click.Command, context: click.Context, *, heading: str) -> Iterator[str]:
    yield f"## {heading}\n"
    yield f"```text\n{context.command_path} {' '.join(command.collect_usage_pieces(context))}\n```\n"
    yield from _paragraphs(command.help or "")
    if isinstance(command, LazyGroup):
        yield "| command | |"
        yield "|---|---|"
        anchor = context.command_path.replace(" ", "-")
        yield from (f"| [`{name}`](#{anchor}-{name}) | {said} |" for name, (_, said) in sorted(command.table.items()))
        yield ""
    options = [p for p in command.get_params(context) if isinstance(p, click.Option) and not p.hidden]
    if options:
        yield "| option | meaning | default | environment |"
        yield "|---|---|---|---|"
        for option in options:
            yield _row(option, context)
        yield ""


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        yield _escaped(" ".join(line.strip() for line in paragraph.splitlines()).strip()) + "\n"


def _row(option: click.Option, context: click.Context) -> str:
    meaning = option.help or ""
    variables = _VARIABLE.findall(meaning)
    meaning = _VARIABLE.sub("", meaning)
    default = ""
    if said := _DEFAULT.search(meaning):
        default, meaning = said[1], meaning[: said.start()]
    elif option.default is not None and option.show_default:
        default = f"`{option.get_default(context)}`"
    if isinstance(option.type, click.Choice):
        meaning = f"{meaning.rstrip('.')}. One of {', '.join(f'`{choice}`' for choice in option.type.choices)}."
    if option.multiple and "repeated" not in meaning:
        meaning = f"{meaning.rstrip('.')}. May be repeated."
    names = "<br>".join(f"`{name}`" for name in _names(option, context))
    shown = ", ".join(f"`{name}`" for name in variables)
    return f"| {names} | {_escaped(meaning)} | {_escaped(default)} | {shown} |"


def _names(option: click.Option, context: click.Context) -> list[str]:
    value = "" if option.is_flag else f" {option.make_metavar(context)}"
    if isinstance(option.type, click.Choice):
        value = f" {str(option.name).upper()}"
    long = [name + value for name in option.opts if name.startswith("--")]
    short = [name for name in option.opts if not name.startswith("--")]
    return [*long, *option.secondary_opts, *short]


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("...", "…")
