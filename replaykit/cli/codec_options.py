"""Options that say how payloads are decoded, named as the temporal CLI names them, and how they become a Config."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from replaykit.adapters.project import CODEC_AUTH, CODEC_ENDPOINT
from replaykit.cli.values import TEXT
from replaykit.config import Config
from replaykit.errors import ConfigInvalid

CODEC_OPTIONS = frozenset({"data_converter", "codec", "codec_endpoint", "codec_auth", "codec_header"})
"""The parameters that `codec_options` adds to a command."""

F = TypeVar("F", bound=Callable[..., Any])

_CODEC = (
    click.option(
        "--data-converter",
        type=TEXT,
        metavar="MODULE:OBJECT",
        help="Your DataConverter, or a function that returns it. Default: the factory's, or the SDK's.",
    ),
    click.option(
        "--codec",
        type=TEXT,
        metavar="MODULE:OBJECT",
        help="Your PayloadCodec, or a class or function that gives one. Default: the data converter's.",
    ),
    click.option(
        "--codec-endpoint",
        type=TEXT,
        metavar="URL",
        help=f"A codec server to decode payloads with; {{namespace}} is replaced. [env: {CODEC_ENDPOINT}]",
    ),
    click.option(
        "--codec-auth",
        type=TEXT,
        metavar="TEXT",
        help="The Authorization header for the codec server; better set in the environment, where no process list "
        f"shows it. [env: {CODEC_AUTH}]",
    ),
    click.option(
        "--codec-header",
        multiple=True,
        type=TEXT,
        metavar="NAME=VALUE",
        help="A further header for the codec server; may be repeated.",
    ),
)


def codec_options(function: F) -> F:
    """Add the options that say how payloads are decoded."""
    for option in reversed(_CODEC):
        function = option(function)
    return function


def with_codec_options(
    configured: Config,
    *,
    codec_auth: str | None = None,
    codec_header: tuple[str, ...] = (),
    **options: Any,  # noqa: ANN401 - click's values
) -> Config:
    """Override settings with the options of `codec_options`, as far as they are given.

    Raises:
        ConfigInvalid: An option has an unusable value.
    """
    access = configured.codec_access
    if codec_auth:
        access = replace(access, authorization=_sendable("--codec-auth", codec_auth))
    if codec_header:
        access = replace(access, headers=access.headers + tuple(_header(text) for text in codec_header))
    return configured.with_options(codec_access=access, **options)


def _header(text: str) -> tuple[str, str]:
    # The temporal CLI writes NAME=VALUE, curl and the protocol NAME: VALUE.
    at = min((text.index(sign) for sign in "=:" if sign in text), default=0)
    name, value = text[:at].strip(), text[at + 1 :].strip()
    if not name or not name.isascii() or not all(char.isalnum() or char in "-_." for char in name):
        raise ConfigInvalid(
            "A --codec-header names no header.",
            cause="it is written NAME=VALUE or 'NAME: VALUE'",
            fix="--codec-header X-Team=payments",
        )
    return name, _sendable("--codec-header", value)


def _sendable(option: str, value: str) -> str:
    if not value.isprintable() or not value.isascii():
        raise ConfigInvalid(
            f"The value of {option} cannot be sent as a header.",
            cause="it holds a line break or something else that is not printable ASCII",
            fix="check what was pasted; a token read from a file may end with a line break",
        )
    return value
