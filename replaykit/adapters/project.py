"""The pyproject.toml of the project one stands in is found and read."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from replaykit.config import Config, from_toml
from replaykit.errors import ConfigInvalid

FILE = "pyproject.toml"
# The environment variables by which the temporal CLI, too, finds a codec server.
CODEC_ENDPOINT = "TEMPORAL_CODEC_ENDPOINT"
CODEC_AUTH = "TEMPORAL_CODEC_AUTH"


def load_config(start: Path) -> Config:
    """Read `[tool.replaykit]` of the nearest pyproject.toml at or above `start`, and the environment's codec server.

    Raises:
        ConfigInvalid: The file cannot be read, or it or the environment has unusable settings.
    """
    return _with_environment(_of_file(start), os.environ)


def config_of(text: str, directory: Path) -> Config:
    """Read the same of the text of a pyproject.toml that would lie in a directory.

    Raises:
        ConfigInvalid: It or the environment has unusable settings.
    """
    return _with_environment(_of_text(text, directory), os.environ)


def _with_environment(config: Config, environment: Mapping[str, str]) -> Config:
    access = replace(config.codec_access, authorization=environment.get(CODEC_AUTH, "").strip())
    return config.with_environment(codec_endpoint=environment.get(CODEC_ENDPOINT, ""), codec_access=access)


def _of_file(start: Path) -> Config:
    for directory in (start, *start.parents):
        path = directory / FILE
        if path.is_file():
            try:
                text = path.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigInvalid(
                    f"{path} cannot be read.",
                    cause=str(error),
                    fix="check the file's permissions and encoding (UTF-8)",
                ) from None
            return _of_text(text, directory)
    return Config(root=str(start)).absolute()


def _of_text(text: str, directory: Path) -> Config:
    return from_toml(text, root=str(directory), source=str(directory / FILE)).absolute()
