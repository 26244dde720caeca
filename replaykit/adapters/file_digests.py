"""The files of one version of the code by their content, and its directories by what an import would find there."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

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
                listed = sorted(entry.name for entry in (self.root / name).iterdir() if _is_importable(entry))
                self._directories[name] = hashlib.sha256("\0".join(listed).encode()).hexdigest()
            except OSError:
                self._directories[name] = ""
        return self._directories[name]


def _is_importable(entry: Path) -> bool:
    if entry.suffix in _CODE:
        return True
    return entry.name.isidentifier() and entry.name not in _NO_PACKAGE and entry.is_dir()
