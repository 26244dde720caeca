"""Clean replays are kept with all that they read, and stand for a replay as long as nothing of that has changed."""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

from replaykit.adapters.gate_environment import digest, environment
from replaykit.adapters.gate_pack import Pack
from replaykit.adapters.loaded_form import loaded_from_json, loaded_to_json
from replaykit.adapters.ready import Ready
from replaykit.adapters.seen_files import SeenFiles
from replaykit.config import Config
from replaykit.model.passed import Passed
from replaykit.model.reached import Reached
from replaykit.model.witness import Read
from replaykit.rules.passed import from_json, reached_from_json, to_json

PLACE = Path(".replaykit") / "gate"
FILE = "passed.cache"
# Code that asks for more than the content of files: whether one is there, or what the environment says.
_PROBES = re.compile(rb"\b(?:exists|is_file|is_dir|lstat|stat|access|getmtime|getsize)\s*\(")
_ENVIRONMENT = re.compile(rb"\b(?:environb?|getenv|BaseSettings|pydantic_settings|dotenv|decouple)\b")
# Settings that decide how long to wait and how many at a time, and that an export or a cassette reads.
_NOT_OF_A_REPLAY = frozenset({"root", "histories", "processes", "codec_access", "drift", "allow_hosts", "expiry"})


class Code(Protocol):
    """A version of the code, by digests of its files and directories: `file_digests`, `commit_files`."""

    @property
    def root(self) -> Path:
        """Where it lies, or would lie."""

    def name(self, path: str) -> str:
        """Write a path as seen from the root, if it lies there."""

    def of_file(self, name: str) -> str:
        """Return the digest of a file, empty where there is none."""

    def of_directory(self, name: str) -> str:
        """Return the digest of the names in a directory that an import could take."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: `key` digests content and file name of a history, if it is of one, and the settings."""

    key: str


class GateCache:
    """What earlier runs found; with `on` False nothing of it is used, and what is found is kept all the same."""

    def __init__(self, root: Path, *, on: bool) -> None:
        """Keep findings below the project's root."""
        self._on = on
        self._pack = Pack(root / PLACE / FILE)
        if on:
            self._pack.load()
        self._seen = SeenFiles(self._pack.seen)
        self._environment = digest(environment(self._seen.digest))
        self._variables = digest(sorted(os.environ.items()))
        # Nothing changes during a run: whether a version of the code is what was read is found out once.
        self._configs: list[Config] = []
        self._settings: dict[tuple[int, str], str] = {}
        self._held: dict[tuple[Path, str], bool] = {}
        self._reached: dict[str, Reached] = {}
        # Base and head mostly ask for the same: by the identity of the form, which is held so that it stays its own.
        self._read: dict[int, tuple[dict[str, Any], Passed]] = {}
        self._kept: dict[tuple[Path, tuple[Read, ...]], str | None] = {}

    def close(self) -> None:
        """Write what was found."""
        if self._seen.is_news:
            self._pack.see(self._seen.seen)
        self._pack.save()

    def digest_of(self, path: str) -> str | None:
        """Return the digest of a history file by its absolute path, None where it cannot be read."""
        return self._seen.digest(path)

    def asked(self, content: str, name: str, config: Config, group: str) -> Asked:
        """Name what is asked for.

        Args:
            content: The digest of a history file.
            name: The name of that file.
            config: The settings it is replayed with.
            group: The entry of the workflows that the replay loads alone.
        """
        settings = self._settings.get((id(config), group))
        if settings is None:
            self._configs.append(config)
            settings = digest([self._environment, settings_of(config), group])
            self._settings[id(config), group] = settings
        return Asked(hashlib.sha256(f"{content}\0{name}\0{settings}".encode("utf-8", "surrogateescape")).hexdigest())

    def title(self, content: str) -> str | None:
        """Return the workflow type of a history by the digest of its file's content, where it is known."""
        return self._pack.titles.get(self._titled(content)) if self._on else None

    def entitle(self, content: str, title: str) -> None:
        """Keep the workflow type of a history."""
        self._pack.entitle(self._titled(content), title)

    def look_up(self, asked: Asked, code: Code) -> Passed | None:
        """Return what a replay of this history with this code found, where one is known and nothing has changed."""
        for form in self._forms(asked, code):
            if id(form) in self._read:
                return self._read[id(form)][1]
            try:
                found = from_json(form, self._reached_of(form["reached"]))
            except (KeyError, TypeError, ValueError):
                continue
            self._read[id(form)] = form, found
            return found
        return None

    def keep(self, asked: Asked, passed: Passed, reads: Iterable[Read], code: Code) -> None:
        """Keep a clean replay, unless it may hang on more than on what was read."""
        form = to_json(passed)
        self._keep(asked, {**form, "reached": self._pack.share(form["reached"])}, tuple(reads), code)

    def look_up_loaded(self, asked: Asked, code: Code) -> Ready | None:
        """Return what loading the workflows showed, where it is known and nothing of what it read has changed."""
        for form in self._forms(asked, code):
            try:
                return loaded_from_json(form)
            except (KeyError, TypeError, ValueError):
                continue
        return None

    def keep_loaded(self, asked: Asked, ready: Ready, code: Code) -> None:
        """Keep what loading the workflows showed, if they all loaded, and measured."""
        if ready.read is not None and ready.imported is not None and not ready.problems:
            self._keep(asked, loaded_to_json(ready), (ready.read,), code)

    def _forms(self, asked: Asked, code: Code) -> list[dict[str, Any]]:
        return [form for name, form in self._pack.of(asked.key) if self._holds(name, code)] if self._on else []

    def _keep(self, asked: Asked, form: dict[str, Any], reads: tuple[Read, ...], code: Code) -> None:
        read = (code.root, reads)
        if read not in self._kept:
            self._kept[read] = self._code_part(reads, code)
        name = self._kept[read]
        if name is not None:
            self._pack.keep(asked.key, name, form)

    def _code_part(self, reads: tuple[Read, ...], code: Code) -> str | None:
        """Digest what was read; None where a replay may hang on more."""
        if any(one.doubts for one in reads):
            return None
        files = sorted({code.name(path) for one in reads for path in one.files})
        directories = sorted({code.name(path) for one in reads for path in one.directories})
        texts = [_text(code.root / name) for name in files if name.endswith(".py")]
        if any(text is None or _PROBES.search(text) for text in texts):
            return None
        return self._pack.share(
            {
                "files": {name: code.of_file(name) for name in files},
                "directories": {name: code.of_directory(name) for name in directories},
                "variables": self._variables if any(text and _ENVIRONMENT.search(text) for text in texts) else "",
            }
        )

    def _holds(self, name: str, code: Code) -> bool:
        if (code.root, name) not in self._held:
            self._held[code.root, name] = self._is(self._pack.parts.get(name), code)
        return self._held[code.root, name]

    def _is(self, part: object, code: Code) -> bool:
        if not isinstance(part, Mapping):
            return False
        files, directories = part.get("files"), part.get("directories")
        if not isinstance(files, dict) or not isinstance(directories, dict):
            return False
        return (
            part.get("variables") in ("", self._variables)
            and all(code.of_file(name) == digest for name, digest in files.items())
            and all(code.of_directory(name) == digest for name, digest in directories.items())
        )

    def _reached_of(self, name: str) -> Reached:
        if name not in self._reached:
            self._reached[name] = reached_from_json(self._pack.parts[name])
        return self._reached[name]

    def _titled(self, content: str) -> str:
        return f"{content}{self._environment[:16]}"


def settings_of(config: Config) -> list[tuple[str, str]]:
    """List the settings that a replay hangs on, wherever the project lies."""
    found = [(one.name, getattr(config, one.name)) for one in fields(config) if one.name not in _NOT_OF_A_REPLAY]
    paths = tuple(os.path.relpath(path, config.root) for path in config.python_path)
    return [(name, repr(paths if name == "python_path" else value)) for name, value in found]


def _text(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
