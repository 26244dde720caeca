"""The pyproject.toml of the project one stands in is found and read."""

from pathlib import Path

from replaykit.config import Config, from_toml
from replaykit.errors import ConfigInvalid

FILE = "pyproject.toml"


def load_config(start: Path) -> Config:
    """Read `[tool.replaykit]` of the nearest pyproject.toml at or above `start`; defaults where there is none.

    Raises:
        ConfigInvalid: The file cannot be read or has unusable settings.
    """
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
            return from_toml(text, root=str(directory), source=str(path)).absolute()
    return Config(root=str(start)).absolute()
