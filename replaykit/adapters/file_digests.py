"""The files of one version of the code by their content, and its directories by what an import would find there."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePath

_CODE = frozenset({".py", ".pyc", ".so", ".pyd"})
# What no directory of modules is called by, and what tools leave behind.
_NO_PACKAGE = frozenset({"__pycache__", "node_modules"})


@dataclass(slots=True)
class Digests:
    """Digests of what lies below `root`; each is taken once, for nothing changes during a run."""

    root: Path
    _files: dict[str, str] = field(default_factory=dict)
    _directories: dict[str, str] = field(default_factory=dict)

    def name(self, path: str) -> str:
        """Write a path as seen from the root, if it lies there: so two versions write it alike."""
        whole = Path(path)
        return whole.relative_to(self.root).as_posix() if whole.is_relative_to(self.root) else whole.as_posix()

    def of_file(self, name: str) -> str:
        """Return the digest of a file, empty where there is none."""
        if name not in self._files:
            try:
                self._files[name] = hashlib.sha256((self.root / name).read_bytes()).hexdigest()
            except OSError:
                self._files[name] = ""
        return self._files[name]

    def of_directory(self, name: str) -> str:
        """Return the digest of the names in a directory that an import could take."""
        if name not in self._directories:
            try:
                with os.scandir(self.root / name) as entries:
                    self._directories[name] = listed_digest((entry.name, entry.is_dir()) for entry in entries)
            except OSError:
                self._directories[name] = ""
        return self._directories[name]


def listed_digest(entries: Iterable[tuple[str, bool]]) -> str:
    """Digest the names of a directory that an import could take; each comes with whether it is a directory."""
    listed = sorted(name for name, is_directory in entries if _is_importable(name, is_directory=is_directory))
    return hashlib.sha256("\0".join(listed).encode("utf-8", "surrogateescape")).hexdigest()


def _is_importable(name: str, *, is_directory: bool) -> bool:
    if PurePath(name).suffix in _CODE:
        return True
    return is_directory and name.isidentifier() and name not in _NO_PACKAGE
