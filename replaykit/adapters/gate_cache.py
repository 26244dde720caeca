"""Clean replays are kept with all that they read, and stand for a replay as long as nothing of that has changed."""

import functools
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from replaykit.adapters.corpus import write_safely
from replaykit.adapters.file_digests import Digests
from replaykit.config import Config
from replaykit.model.passed import Passed
from replaykit.model.witness import Read
from replaykit.rules.passed import from_json, to_json

PLACE = Path(".replaykit") / "gate"
VERSION = 1
# So many versions of the code are kept a history.
MOST = 8
# Code that asks for more than the content of files: whether one is there, or what the environment says.
_PROBES = re.compile(rb"\b(?:exists|is_file|is_dir|lstat|stat|access|getmtime|getsize)\s*\(")
_ENVIRONMENT = re.compile(rb"\b(?:environb?|getenv|BaseSettings|pydantic_settings|dotenv|decouple)\b")
# Variables that differ from run to run and that no code reads which does not name the environment.
_VOLATILE = re.compile(
    r"(?:GITHUB|RUNNER|CI|BUILD|BUILDKITE|JENKINS|SSH|XDG|PYTEST|COV|TERM|VSCODE|GIT|LC|NO|REPLAYKIT)_.*"
    r"|PWD|OLDPWD|SHLVL|_|TERM|COLUMNS|LINES|HOSTNAME|WINDOWID|TMPDIR|LANG|PS1|LS_COLORS|DISPLAY|COLORTERM|HOME|USER"
    r"|LOGNAME|MAIL|PATH|VIRTUAL_ENV.*|INVOCATION_ID|JOURNAL_STREAM|PYTHONDONTWRITEBYTECODE"
)
# Settings that decide how long to wait and how many at a time, and that an export or a cassette reads.
_NOT_OF_A_REPLAY = frozenset({"root", "histories", "processes", "codec_access", "drift", "allow_hosts", "expiry"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: a history by its content and file name, and the settings it is replayed with."""

    content: str
    name: str
    settings: str

    @property
    def key(self) -> str:
        """The name of its entries."""
        return hashlib.sha256(f"{self.content}\0{self.name}\0{self.settings}".encode()).hexdigest()


class GateCache:
    """Entries on disk; with `on` False nothing is read, and what is found is written all the same."""

    def __init__(self, root: Path, *, on: bool) -> None:
        """Keep entries below the project's root."""
        self._place = root / PLACE
        self._on = on
        self._environment = _digest(_environment())
        self._variables = _digest(sorted(os.environ.items()))

    def asked(self, history: bytes, name: str, config: Config, group: str) -> Asked:
        """Name what is asked for; `group` is the entry of the workflows that the replay loads alone."""
        content = hashlib.sha256(history).hexdigest()
        return Asked(content, name, _digest([VERSION, self._environment, settings_of(config), group]))

    def look_up(self, asked: Asked, code: Digests) -> Passed | None:
        """Return what a replay of this history with this code found, where one is known and nothing has changed."""
        if not self._on:
            return None
        for entry in self._entries(asked):
            if self._holds(entry, code):
                try:
                    return from_json(entry["passed"])
                except (KeyError, TypeError, ValueError):
                    continue
        return None

    def keep(self, asked: Asked, passed: Passed, reads: Iterable[Read], code: Digests) -> None:
        """Keep a clean replay, unless it may hang on more than on what was read."""
        read = tuple(reads)
        if any(one.doubts for one in read):
            return
        files = sorted({code.name(path) for one in read for path in one.files})
        directories = sorted({code.name(path) for one in read for path in one.directories})
        texts = [_text(code.root / name) for name in files if name.endswith(".py")]
        if any(text is None or _PROBES.search(text) for text in texts):
            return
        entry = {
            "files": {name: code.of_file(name) for name in files},
            "directories": {name: code.of_directory(name) for name in directories},
            "variables": self._variables if any(text and _ENVIRONMENT.search(text) for text in texts) else "",
            "passed": to_json(passed),
        }
        others = [other for other in self._entries(asked) if _code_of(other) != _code_of(entry)]
        content = json.dumps({"version": VERSION, "entries": [entry, *others][:MOST]}, sort_keys=True)
        self._write(asked, content.encode())

    def _write(self, asked: Asked, content: bytes) -> None:
        # A cache that cannot be written makes the next run slower, and nothing else.
        try:
            ignored = self._place.parent / ".gitignore"
            if not ignored.exists():
                write_safely(ignored, b"*\n", check=lambda _: None)
            write_safely(self._file(asked), content, check=lambda _: None)
        except OSError:
            return

    def _entries(self, asked: Asked) -> list[dict[str, Any]]:
        """Read what is kept; what cannot be read is no entry, so the history is replayed."""
        try:
            found = json.loads(self._file(asked).read_bytes())
            entries = found["entries"] if found["version"] == VERSION else []
        except (OSError, ValueError, KeyError, TypeError):
            return []
        return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []

    def _holds(self, entry: Mapping[str, Any], code: Digests) -> bool:
        files, directories = entry.get("files"), entry.get("directories")
        if not isinstance(files, dict) or not isinstance(directories, dict):
            return False
        return (
            entry.get("variables") in ("", self._variables)
            and all(code.of_file(name) == digest for name, digest in files.items())
            and all(code.of_directory(name) == digest for name, digest in directories.items())
        )

    def _file(self, asked: Asked) -> Path:
        return self._place / f"{asked.key}.json"


def settings_of(config: Config) -> list[tuple[str, str]]:
    """List the settings that a replay hangs on, wherever the project lies."""
    found = [(one.name, getattr(config, one.name)) for one in fields(config) if one.name not in _NOT_OF_A_REPLAY]
    paths = tuple(os.path.relpath(path, config.root) for path in config.python_path)
    return [(name, repr(paths if name == "python_path" else value)) for name, value in found]


def _environment() -> list[Any]:
    """List what a replay runs on: interpreter, platform, installed versions, replaykit itself, and variables."""
    variables = sorted((name, value) for name, value in os.environ.items() if not _VOLATILE.fullmatch(name))
    return [sys.version, platform.platform(), *_installed(), variables]


@functools.cache
def _installed() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """List the versions of what is installed, and the files of replaykit itself, as this process has loaded them."""
    installed = sorted((str(one.metadata["Name"]), one.version) for one in importlib.metadata.distributions())
    package = Path(__file__).parents[1]
    own = [(path.relative_to(package).as_posix(), _digest_of(path)) for path in sorted(package.rglob("*.py"))]
    return installed, own


def _code_of(entry: Mapping[str, Any]) -> tuple[Any, Any]:
    return entry.get("files"), entry.get("directories")


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode("utf-8", "surrogateescape")).hexdigest()


def _digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _text(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
