"""The files of a commit, told from git's objects without a checkout, where one would write them as git holds them."""

import hashlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from replaykit.adapters.file_digests import Digests, listed_digest
from replaykit.adapters.git import blob_bytes, git

_ATTRIBUTES = ".gitattributes"
# Attributes by which a checkout writes other bytes than git holds; `text` alone does not, where lines end in LF.
_CONVERTING = re.compile(rb"\b(?:eol|crlf|filter|ident|working-tree-encoding)\b")
# Settings that do the same for all files, or leave some out; of autocrlf, `input` converts on the way in alone.
_SETTINGS = frozenset({"core.eol", "core.attributesfile", "core.sparsecheckout", "core.symlinks"})
_PLAIN_FILES = frozenset({"100644", "100755"})
_SUBMODULE = "160000"


@dataclass(slots=True)
class CommitFiles:
    """A commit's files as they would lie below `root`; those outside are the machine's, as for `Digests`.

    What is the same in the working tree, by git's own hash, is read there: git is asked for what differs alone.
    """

    top: Path
    root: Path
    entries: dict[str, tuple[str, str]]
    _outside: Digests = field(init=False)
    _contents: dict[str, bytes | None] = field(default_factory=dict)
    _directories: dict[str, dict[str, bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """List what each directory holds, and whether that is a directory itself."""
        self._outside = Digests(self.root)
        for path, (mode, _) in self.entries.items():
            if mode == _SUBMODULE:
                # Nothing of it is checked out beside: the directory stays empty.
                self._directories[path] = {}
            directory, _, name = path.rpartition("/")
            is_directory = mode == _SUBMODULE
            while True:
                inner = self._directories.setdefault(directory or ".", {})
                if name in inner:
                    break
                inner[name] = is_directory
                if not directory:
                    break
                directory, _, name = directory.rpartition("/")
                is_directory = True

    def name(self, path: str) -> str:
        """Write a path as seen from the root, if it lies there."""
        return self._outside.name(path)

    def of_file(self, name: str) -> str:
        """Return the digest of a file, empty where there is none."""
        if Path(name).is_absolute():
            return self._outside.of_file(name)
        content = self.content(name)
        return "" if content is None else hashlib.sha256(content).hexdigest()

    def of_directory(self, name: str) -> str:
        """Return the digest of the names in a directory that an import could take."""
        if Path(name).is_absolute():
            return self._outside.of_directory(name)
        inner = self._directories.get(name)
        return "" if inner is None else listed_digest(inner.items())

    def is_directory(self, name: str) -> bool:
        """Say whether there is such a directory."""
        return name in self._directories

    def content(self, name: str) -> bytes | None:
        """Return the content of a file, None where there is none."""
        if name not in self._contents:
            mode, blob = self.entries.get(name, ("", ""))
            self._contents[name] = blob_bytes(self.top, name, blob) if mode in _PLAIN_FILES else None
        return self._contents[name]


def commit_files(top: Path, commit: str, root: Path) -> CommitFiles | None:
    """List a commit's files; None where git's objects do not tell what a checkout below `root` would hold.

    Links, filters, and line ends or encodings that git converts are such reasons.
    """
    if os.linesep != "\n" or not _settings_are_plain(top):
        return None
    listed = git(top, "ls-tree", "-r", "-z", "--full-tree", commit)
    if listed.returncode:
        return None
    entries = {}
    for line in filter(None, listed.stdout.split("\0")):
        said, _, path = line.partition("\t")
        mode, _, blob = said.split(" ")
        if mode not in _PLAIN_FILES and mode != _SUBMODULE:
            return None
        entries[path] = (mode, blob)
    files = CommitFiles(top, root, entries)
    given = [files.content(path) for path in entries if path.rpartition("/")[2] == _ATTRIBUTES]
    return None if any(text is None or _CONVERTING.search(text) for text in given) else files


def _settings_are_plain(top: Path) -> bool:
    told = git(top, "config", "--list", "-z").stdout
    settings = dict(one.partition("\n")[::2] for one in told.split("\0") if one)
    if not _SETTINGS.isdisjoint(settings) or settings.get("core.autocrlf", "false") not in {"false", "input"}:
        return False
    # Attributes may stand outside of the commit, too.
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    inside = git(top, "rev-parse", "--git-path", "info/attributes").stdout.strip()
    return not any(path.exists() for path in (home / "git" / "attributes", Path("/etc/gitattributes"), top / inside))
