"""The git repository around the project: revisions, what changed since one, and its files checked out beside."""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from replaykit.errors import BaseUncheckable, NotARepository, RevisionUnknown

# Git sets these for its hooks; they would name another repository, or the index of a commit that is being made.
_OF_HOOKS = frozenset({"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"})
# The length of a name in a repository that does not use SHA-256.
_SHA1 = 40
_HUNK = re.compile(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class Repository:
    """A working tree, by its top directory."""

    top: Path

    def commit_of(self, revision: str) -> str:
        """Return the full hash of the commit that a person named.

        Raises:
            RevisionUnknown: There is none.
        """
        found = git(self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if found.returncode:
            shallow = self.is_shallow()
            raise RevisionUnknown(
                f"The repository has no revision {revision!r}.",
                cause="the clone is shallow, so it holds the newest commits alone"
                if shallow
                else "no branch, tag or commit of this clone has this name",
                fix="git fetch --unshallow origin"
                if shallow
                else "git fetch origin      and name it: --base origin/main",
            )
        return found.stdout.strip()

    def is_shallow(self) -> bool:
        """Say whether the clone holds the newest commits alone."""
        return git(self.top, "rev-parse", "--is-shallow-repository").stdout.strip() == "true"

    def head(self) -> str:
        """Return the hash of the commit that is checked out, empty where there is none yet."""
        found = git(self.top, "rev-parse", "--verify", "--quiet", "HEAD")
        return "" if found.returncode else found.stdout.strip()

    def is_dirty(self) -> bool:
        """Say whether files of the working tree differ from the commit that is checked out."""
        return bool(git(self.top, "status", "--porcelain", "--untracked-files=normal").stdout.strip())

    def changed_lines(self, commit: str) -> dict[str, frozenset[int]]:
        """Return the lines of each Python file of the working tree that differ from a commit, by path from the top."""
        # Without renames a moved file is new as a whole: more lines are named then, and none is missed.
        options = ("--no-color", "--no-ext-diff", "--no-renames", "--unified=0", "--src-prefix=a/", "--dst-prefix=b/")
        text = git(self.top, "-c", "core.quotePath=false", "diff", *options, commit, "--", "*.py").stdout
        found: dict[str, set[int]] = {}
        file = ""
        for line in text.splitlines():
            if line.startswith("+++ "):
                file = line.removeprefix("+++ ").removeprefix("b/").rstrip("\t")
            elif hunk := _HUNK.match(line):
                first, count = int(hunk[1]), int(hunk[2] or 1)
                found.setdefault(file, set()).update(range(first, first + count))
        for path in self._untracked():
            with contextlib.suppress(OSError, UnicodeDecodeError):
                lines = (self.top / path).read_text("utf-8").splitlines()
                found[path] = set(range(1, len(lines) + 1))
        return {name: frozenset(lines) for name, lines in found.items() if name != "/dev/null"}

    def _untracked(self) -> list[str]:
        listed = git(self.top, "ls-files", "-z", "--others", "--exclude-standard", "--", "*.py").stdout
        return [path for path in listed.split("\0") if path]

    @contextlib.contextmanager
    def beside(self, commit: str) -> Iterator["Checkout"]:
        """Have a place beside the working tree where a commit can be checked out; take it away after the block."""
        directory = Path(tempfile.mkdtemp(prefix="replaykit-base-")).resolve()
        checkout = Checkout(self.top, commit, directory / "tree")
        try:
            yield checkout
        finally:
            if checkout.begun:
                git(self.top, "worktree", "remove", "--force", str(checkout.tree))
            shutil.rmtree(directory, ignore_errors=True)
            if checkout.begun:
                git(self.top, "worktree", "prune")


@dataclass(slots=True)
class Checkout:
    """A commit that is checked out at `tree` once somebody needs its files there."""

    top: Path
    commit: str
    tree: Path
    begun: bool = False

    def make(self) -> None:
        """Check the commit out, the first time.

        Raises:
            BaseUncheckable: Git does not do it.
        """
        if self.begun:
            return
        self.begun = True
        # The hooks of the repository are for people, not for a checkout that is gone in a minute.
        quiet = ("-c", f"core.hooksPath={os.devnull}")
        made = git(self.top, *quiet, "worktree", "add", "--detach", str(self.tree), self.commit)
        if made.returncode:
            raise uncheckable(self.commit, made.stderr.strip() or f"git ended with {made.returncode}")


def uncheckable(commit: str, said: str) -> BaseUncheckable:
    """Make the error of a commit that git does not check out; `said` is what git says."""
    return BaseUncheckable(
        f"The base {commit[:9]} cannot be checked out beside the working tree.",
        cause=said,
        fix=f"do by hand what git refuses, and see: git worktree add --detach ../base {commit[:9]}",
    )


def repository_around(directory: Path) -> Repository:
    """Find the repository that a directory lies in.

    Raises:
        NotARepository: There is none, or there is no git.
    """
    try:
        found = git(directory, "rev-parse", "--show-toplevel")
    except FileNotFoundError:
        raise NotARepository(
            "There is no git here.",
            cause="the command git is not on the PATH",
            fix="install git, and clone the project",
        ) from None
    if found.returncode:
        raise NotARepository(
            f"{directory} does not lie in a git repository.",
            cause=_why_not(found.stderr),
            fix="run it inside a clone of your project; replaykit replay needs no repository",
        )
    return Repository(Path(found.stdout.rstrip("\n")).resolve())


def _why_not(said: str) -> str:
    # How git says it hangs on the file systems that it has looked through.
    first = (said.strip().splitlines() or [""])[0]
    return first if first and "not a git repository" not in first else "git finds none there, nor above it"


def git(directory: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run git in a directory; revisions are to be hashes, or to stand behind `--end-of-options`."""
    done = _run(directory, *arguments)
    said, problem = (_text_of(written) for written in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, said, problem)


def _text_of(written: bytes) -> str:
    return written.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def git_bytes(directory: Path, *arguments: str) -> bytes | None:
    """Run git in a directory for what it writes, to the byte; None where it fails."""
    done = _run(directory, *arguments)
    return None if done.returncode else done.stdout


def blob_bytes(directory: Path, path: str, blob: str) -> bytes | None:
    """Return what a blob holds: of the file at the path below the directory, or else of git's objects.

    Most files are as the commit has them, and asking git starts a process each time.
    """
    try:
        content = (directory / path).read_bytes()
    except OSError:
        content = b""
    return content if _blob_of(content, like=blob) == blob else git_bytes(directory, "cat-file", "blob", blob)


def _blob_of(content: bytes, *, like: str) -> str:
    """Return git's name for a content, by the hash that its repository uses."""
    made = hashlib.new("sha1" if len(like) == _SHA1 else "sha256", b"blob %d\0" % len(content), usedforsecurity=False)
    made.update(content)
    return made.hexdigest()


def _run(directory: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    environment = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    return subprocess.run(  # noqa: S603 - no shell, and revisions stand behind --end-of-options or as hashes
        ["git", "-C", str(directory), *arguments],  # noqa: S607 - git from the PATH, as the person has it
        env={**environment, "LC_ALL": "C"},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
        # A process group of its own: Ctrl-C must not end the git that takes the checkout away.
        start_new_session=True,
    )
