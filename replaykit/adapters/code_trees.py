"""Source files of a version of the code: as they lie in a directory, or as git holds them, without a checkout."""

import os
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from replaykit.errors import RevisionUnreadable

SUFFIX = ".py"


@dataclass(frozen=True, slots=True)
class CodeTree:
    """The Python files below a directory, by their path relative to it, and how one is read."""

    files: frozenset[str]
    read: Callable[[str], str]

    def below(self, paths: Iterable[str]) -> tuple[list[str], list[str]]:
        """Return the files that paths name, or that lie below them, sorted; and the paths that name nothing."""
        found: set[str] = set()
        missing: list[str] = []
        for path in paths:
            wanted = PurePosixPath(path)
            there = {file for file in self.files if PurePosixPath(file).is_relative_to(wanted)}
            found |= there
            if not there:
                missing.append(path)
        return sorted(found), missing


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
        RevisionUnreadable: Git is not there, the directory lies in no repository, or the revision is not known.
    """
    # An option, a path or a range is no revision; without this one that begins with a dash would be read as an option.
    commit = _git(root, revision, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    name = commit.strip()
    listed = _git(root, revision, "ls-tree", "-r", "--name-only", "-z", name)
    files = frozenset(path for path in listed.split("\0") if path.endswith(SUFFIX))
    return CodeTree(files, lambda path: _git(root, revision, "show", f"{name}:./{path}"))


def ids_before(root: Path, revision: str, ids: Iterable[str]) -> frozenset[str]:
    """Return those ids of patches that the history of a revision holds somewhere in its Python files.

    Raises:
        RevisionUnreadable: Git cannot tell.
    """
    return frozenset(
        patch
        for patch in ids
        if _git(root, revision, "log", "-1", "--format=%H", f"-S{patch}", revision, "--", f"*{SUFFIX}").strip()
    )


def _git(root: Path, revision: str, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the arguments are a list, and the revision was verified to be one
            ["git", "-C", str(root), *arguments],  # noqa: S607 - the person's own git
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except OSError as error:
        raise _unreadable(revision, f"git cannot be started: {error.strerror}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _unreadable(revision, said[0] if said else f"the repository around {root.name} knows no such commit")
    return done.stdout.decode("utf-8", "replace")


def _unreadable(revision: str, why: str) -> RevisionUnreadable:
    return RevisionUnreadable(
        f"The code of {revision} cannot be read.",
        cause=why,
        fix="git fetch origin main, then --base origin/main; a shallow clone of CI needs: git fetch --unshallow",
    )
