"""A page's blocks are followed as a reader would: files written, changes applied, commands run."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.docs.pages import Block, blocks

PROMPT = "$ "
MARK = "@@ end of a command @@"
SERVER = "temporal server start-dev"
LONGEST = 120.0
GOING = 10.0
# Where the reader of a page has the project, and the server: this run's own places are written so.
HOME = "/home/ada/shop"
ADDRESS = "127.0.0.1:7233"
# Who commits where a page says so, whatever this machine's own settings of git are.
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{
        f"GIT_{role}_{part}": text
        for role in ("AUTHOR", "COMMITTER")
        for part, text in (("NAME", "Ada"), ("EMAIL", "ada@example.com"))
    },
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A console block with what its commands really print."""

    block: Block
    text: str


@dataclass(slots=True)
class Terminal:
    """A directory, an environment, and what runs in the background; leaving it ends all of that."""

    directory: Path
    address: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    _background: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        for process in reversed(self._background.values()):
            _end(process)

    def follow(self, page: str) -> Iterator[Shown]:
        """Do what each block of a page says, in order, and yield the console blocks with their real outputs."""
        for block in blocks(page):
            if block.language == "diff" and block.file:
                self._change(block)
            elif block.file:
                self._write(block.file, block.text)
            elif block.language == "console" and "background" in block.words:
                for command in commands(block.text):
                    self.start(command)
            elif block.language == "console":
                yield self.show(block)
                for word in block.words:
                    kind, _, ids = word.partition("=")
                    if kind in {"waiting", "closed"}:
                        for workflow_id in ids.split(","):
                            (self._wait_for_run if kind == "waiting" else self._wait_for_end)(workflow_id)

    def show(self, block: Block) -> Shown:
        """Run the commands of a console block; `in=DIR` and `without=COMMAND` among its words say how."""
        words = dict(word.split("=", 1) for word in block.words if "=" in word)
        env = self._without_others() if "without" in words else {}
        return Shown(block, self.run(commands(block.text), env=env, directory=words.get("in", ".")))

    def run(self, lines: list[str], *, env: Mapping[str, str] | None = None, directory: str = ".") -> str:
        """Run commands in one shell, and write them with their outputs as a console block has them."""
        ours = [line.replace(ADDRESS, self.address) for line in lines]
        script = "".join(f"{line}\n__code=$?; printf '%s\\n' '{MARK}'; (exit $__code)\n" for line in ours)
        ran = subprocess.run(
            [str(shutil.which("bash")), "-c", script],
            cwd=self.directory / directory,
            env={**self._environment(), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LONGEST,
            check=False,
        )
        outputs = self._as_readers_see(ran.stdout.decode("utf-8")).split(f"{MARK}\n")
        return "".join(f"{PROMPT}{line}\n{output}" for line, output in zip(lines, outputs, strict=False))

    def start(self, command: str) -> None:
        """Start what the page has running in a terminal of its own; a server gets this terminal's port.

        What is started again takes the place of what ran before, as a reader ends it to deploy other code.
        """
        if earlier := self._background.pop(command, None):
            _interrupt(earlier)
        is_server = command == SERVER
        named = command
        if is_server:
            command += f" --headless --port {self.address.rpartition(':')[2]}"
        self._background[named] = subprocess.Popen(
            shlex.split(command),
            cwd=self.directory,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if is_server:
            self._wait_for_server()

    def _write(self, file: str, text: str) -> None:
        path = self.directory / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def _change(self, block: Block) -> None:
        path = self.directory / str(block.file)
        old = "".join(line[1:] for line in block.text.splitlines(keepends=True) if line[0] in " -")
        new = "".join(line[1:] for line in block.text.splitlines(keepends=True) if line[0] in " +")
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"the change does not fit {block.file}:\n{block.text}\n{text}"
        path.write_text(text.replace(old, new), "utf-8")

    def _as_readers_see(self, output: str) -> str:
        for ours, theirs in (
            (str(self.directory), HOME),
            (sys.prefix, f"{HOME}/.venv"),
            (self.address, ADDRESS),
        ):
            output = output.replace(ours, theirs)
        # A head without anything on its right is padded to the width of the page.
        return "".join(f"{line.rstrip()}\n" for line in output.splitlines())

    def _without_others(self) -> dict[str, str]:
        """Make an environment in which replaykit is the only command, on PATH and beside its interpreter."""
        path = self.directory / "only-replaykit"
        path.mkdir()
        interpreter = path / "python"
        interpreter.symlink_to(Path(sys.executable).resolve())
        command = path / "replaykit"
        command.write_text(f"#!{interpreter}\nfrom replaykit.cli import main\n\nmain()\n", "utf-8")
        command.chmod(0o755)
        return {"PATH": str(path), "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TEMPORAL_", "PYTEST_", "REPLAYKIT_", "COV_"))
        }
        # Like an activated virtual environment, whichever interpreter runs this.
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
        return {
            **kept,
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "PATH": path,
            "PYTHONDONTWRITEBYTECODE": "1",
            **GIT,
            "TEMPORAL_ADDRESS": self.address,
        }

    def _wait_for_server(self) -> None:
        host, _, port = self.address.rpartition(":")
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex((host, int(port))) == 0:
                    break
            time.sleep(0.05)
        # The port opens before the server has made its namespace.
        while time.monotonic() < until:
            if "NamespaceInfo" in self.run(["temporal operator namespace describe default"]):
                return
            time.sleep(0.05)
        raise AssertionError(f"no dev server came up at {self.address}")

    def _wait_for_run(self, workflow_id: str) -> None:
        """Wait until a run has had its first activity done and waits for something else, as a slow reader would."""
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            lines = self.run([f"temporal workflow show --workflow-id {workflow_id}"]).split("\n")
            lines = [line for line in lines if line.strip()]
            if any("ActivityTaskCompleted" in line for line in lines) and "WorkflowTaskCompleted" in lines[-1]:
                return
            time.sleep(0.05)
        raise AssertionError(f"{workflow_id} never came to wait: {lines}")

    def _wait_for_end(self, workflow_id: str) -> None:
        """Wait until the server no longer lists a run as open: visibility comes after the run's end."""
        query = f"WorkflowId = '{workflow_id}' AND CloseTime IS NULL"
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            if "Total: 0" in self.run([f'temporal workflow count --query "{query}"']):
                return
            time.sleep(0.05)
        raise AssertionError(f"{workflow_id} is still listed as open")


def _interrupt(process: "subprocess.Popen[bytes]") -> None:
    """End a process as Ctrl-C does: a worker tells the server that it goes, which then waits for it no longer."""
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(GOING)
    except subprocess.TimeoutExpired:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def commands(text: str) -> list[str]:
    """List the commands of a console block."""
    return [line.removeprefix(PROMPT) for line in text.splitlines() if line.startswith(PROMPT)]


def free_port() -> int:
    """Ask for a port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
