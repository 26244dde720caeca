"""Source files of a version of the code: as they lie in a directory, or as git holds them, without a checkout."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from replaykit.adapters.git import blob_bytes, git, repository_around

if TYPE_CHECKING:
    from replaykit.model.patches import PatchSite

SUFFIX = ".py"


@dataclass(frozen=True, slots=True)
class CodeTree:
    """The Python files below a directory, by their path relative to it, and how one is read."""

    files: frozenset[str]
    read: Callable[[str], str]

    def below(self, paths: Iterable[str]) -> list[str]:
        """Return the files that paths name, or that lie below them, sorted."""
        wanted = [PurePosixPath(path) for path in paths]
        return sorted(file for file in self.files if any(PurePosixPath(file).is_relative_to(path) for path in wanted))


def inner_path(path: str, root: Path) -> str:
    """Write a path as the files of a tree are written; one that lies elsewhere names none of them."""
    absolute = Path(os.path.normpath(root / path))
    return absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else absolute.as_posix()


def work_tree(root: Path) -> CodeTree:
    """Look at the files of a directory; hidden directories and virtual environments are left out."""
    files: set[str] = set()
    for directory, inner, names in os.walk(root):
        here = Path(directory)
        inner[:] = [name for name in inner if not name.startswith(".") and not (here / name / "pyvenv.cfg").exists()]
        files |= {(here / name).relative_to(root).as_posix() for name in names if name.endswith(SUFFIX)}
    # Python's own rule: UTF-8 unless the file says otherwise; what is neither is told as a file that does not parse.
    return CodeTree(frozenset(files), lambda path: (root / path).read_text("utf-8", errors="replace"))


def git_tree(root: Path, revision: str) -> CodeTree:
    """Look at the files of a directory in a revision.

    Raises:
        NotARepository: Git is not there, or the directory lies in no repository.
        RevisionUnknown: The revision is not known.
    """
    commit = repository_around(root).commit_of(revision)
    listed = git(root, "ls-tree", "-r", "-z", commit).stdout
    blobs = {path: said.rpartition(" ")[2] for said, _, path in (line.partition("\t") for line in listed.split("\0"))}
    files = frozenset(path for path in blobs if path.endswith(SUFFIX))
    return CodeTree(files, lambda path: (blob_bytes(root, path, blobs[path]) or b"").decode("utf-8", "replace"))


def ids_before(root: Path, revision: str, sites: Iterable["PatchSite"]) -> frozenset[str] | None:
    """Return the ids of those sites that the past of a revision asked for, too; None where git has not all of it.

    Looked for are lines that were added or taken away: a call with the id written out, or the constant that the site
    names. An id that the past wrote in another way is not found.

    Raises:
        NotARepository: Git is not there, or the directory lies in no repository.
        RevisionUnknown: The revision is not known.
    """
    repository = repository_around(root)
    commit = repository.commit_of(revision)
    if repository.is_shallow():
        return None
    return frozenset(
        site.id
        for site in sites
        if site.id is not None
        and git(root, "log", "-1", "--format=%H", f"-G{_line(site)}", commit, "--", f":/*{SUFFIX}").stdout.strip()
    )


def _line(site: "PatchSite") -> str:
    """Write a regular expression, in POSIX's extended form, of the lines that give a patch its id."""
    text = f"[\"']{_literally(site.id or '')}[\"']"
    name = f"|{site.said.rpartition('.')[2]} *(:[^=]*)?= *{text}" if _is_name(site.said) else ""
    return f"(patched|deprecate_patch)\\( *{text}{name}"


def _is_name(said: str) -> bool:
    return all(part.isidentifier() for part in said.split("."))


def _literally(text: str) -> str:
    return "".join(f"[{char}]" if char in ".[{()*+?|$" else f"\\{char}" if char in "\\^" else char for char in text)
