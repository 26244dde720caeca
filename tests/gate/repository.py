"""A project in a git repository of its own: files are written, committed, and gated by a real process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.project import LONGEST, Content, Result, _environment, _run_in

_WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")


@dataclass(frozen=True, slots=True)
class Repository:
    """A directory with a repository; its branch `main` is the base of every gate here."""

    directory: Path

    @classmethod
    def of(cls, directory: Path, files: Mapping[str, Content]) -> "Repository":
        """Make a repository whose branch main holds the files."""
        repository = cls(directory.resolve() / "shop")
        repository.directory.mkdir()
        repository.write(files)
        repository.git("init", "--quiet", "--initial-branch=main")
        repository.commit("base")
        return repository

    def write(self, files: Mapping[str, Content]) -> None:
        """Write files into the working tree."""
        for name, content in files.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str) -> None:
        """Commit the whole working tree."""
        self.git("add", "--all")
        self.git(*_WHO, "commit", "--quiet", "--message", message)

    def git(self, *arguments: str) -> str:
        """Run git here."""
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        command = ["git", "-C", str(self.directory), *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    def gate(
        self, *options: str, base: str = "main", paths: tuple[str, ...] = ("histories",), within: str = ""
    ) -> Result:
        """Run the gate, in a directory of the repository, and see that nothing of it is left behind."""
        command = [sys.executable, "-m", "replaykit", "gate", "--base", base, *paths, *options]
        result = _run_in(self.directory / within, command, env=self._environment(), interrupt_once=None)
        assert self.left_behind() == []
        return result

    def bash(self, script: str, *, within: str = "", **env: str) -> Result:
        """Run a script as the runner of GitHub does, with this environment's commands on the PATH."""
        commands = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        file = self._temporary / "script.sh"
        file.write_text(script, "utf-8")
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(file)]
        environment = {**self._environment(), "PATH": commands, **env}
        result = _run_in(self.directory / within, command, env=environment, interrupt_once=None)
        assert self.left_behind() == []
        return result

    def interrupted_gate(self, once: Path, sent: signal.Signals) -> int:
        """Run the gate, answer the appearance of a file with a signal, and return the exit code."""
        process = subprocess.Popen(
            [sys.executable, "-m", "replaykit", "gate", "--base", "main", "histories"],
            cwd=self.directory, env=self._environment(), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            until = time.monotonic() + LONGEST
            while not once.exists() and process.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
            assert once.exists()
            process.send_signal(sent)
            return process.wait(LONGEST)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)

    def left_behind(self) -> list[str]:
        """List the checkouts beside the working tree, as git and as the disk have them."""
        listed = self.git("worktree", "list", "--porcelain").split("\n\n")
        others = [entry for entry in listed if entry.strip()][1:]
        return [*others, *(str(path) for path in self._temporary.glob("replaykit-base-*"))]

    @property
    def _temporary(self) -> Path:
        path = self.directory.parent / "temporary"
        path.mkdir(exist_ok=True)
        return path

    def _environment(self) -> dict[str, str]:
        # Which commit of a machine's own settings would sign or hook must not matter; a test's checkouts are its own.
        return _environment({"TMPDIR": str(self._temporary), "GIT_CONFIG_GLOBAL": os.devnull})


def standings(result: Result) -> dict[str, str]:
    """Reduce a JSON report to the standing of each history, by the history's name."""
    return {Path(entry["path"]).stem: entry["standing"] for entry in result.report["histories"]}
