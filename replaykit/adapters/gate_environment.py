"""What a replay runs on beside the project's own files: interpreter, platform, installed versions, variables."""

import hashlib
import os
import platform
import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

# Variables that differ from run to run and that no code reads which does not name the environment.
_VOLATILE = re.compile(
    r"(?:GITHUB|RUNNER|CI|BUILD|BUILDKITE|JENKINS|SSH|XDG|PYTEST|COV|TERM|VSCODE|GIT|LC|NO|REPLAYKIT)_.*"
    r"|PWD|OLDPWD|SHLVL|_|TERM|COLUMNS|LINES|HOSTNAME|WINDOWID|TMPDIR|LANG|PS1|LS_COLORS|DISPLAY|COLORTERM|HOME|USER"
    r"|LOGNAME|MAIL|PATH|VIRTUAL_ENV.*|INVOCATION_ID|JOURNAL_STREAM|PYTHONDONTWRITEBYTECODE"
)
_PACKAGE = str(Path(__file__).parents[1])
# A directory of metadata that names its version, as pip writes it.
_NAMED = re.compile(r".+-.+\.(?:dist-info|egg-info)")


def digest(value: object) -> str:
    """Return the SHA-256 of a value's text."""
    return hashlib.sha256(repr(value).encode("utf-8", "surrogateescape")).hexdigest()


def environment(digest_of: Callable[[str], str | None]) -> list[Any]:
    """List what a replay runs on: interpreter, platform, installed versions, replaykit itself, and variables.

    `digest_of` tells the digest of a file of replaykit.
    """
    variables = sorted((name, value) for name, value in os.environ.items() if not _VOLATILE.fullmatch(name))
    installed = sorted(name for entry in sys.path for name in _distributions(entry or os.curdir))
    own = sorted((path.removeprefix(_PACKAGE), digest_of(path) or "") for path in _own())
    return [sys.version, platform.platform(), installed, own, variables]


def _own() -> Iterator[str]:
    """Yield the files of replaykit; as plain strings, for there are hundreds of them."""
    for directory, _, names in os.walk(_PACKAGE):
        for name in names:
            if name.endswith(".py"):
                yield f"{directory}{os.sep}{name}"


def _distributions(entry: str) -> Iterator[str]:
    """Yield what is installed in a directory, each with its version.

    The names of directories tell it: parsing the metadata instead takes 0.1 s for a hundred packages.
    """
    unnamed = False
    try:
        names = os.listdir(entry)  # noqa: PTH208 - an entry of sys.path may be anything, and names are all that is needed
    except NotADirectoryError:
        # An archive. Python names one for its own library, too, which is hardly ever there.
        names, unnamed = [], True
    except OSError:
        names = []
    for name in names:
        if _NAMED.fullmatch(name):
            yield name
        elif name.endswith((".dist-info", ".egg-info")):
            unnamed = True
    if unnamed:
        metadata = import_module("importlib.metadata")
        yield from (f"{one.metadata['Name']} {one.version}" for one in metadata.distributions(path=[entry]))
