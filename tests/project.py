"""A throwaway project: files in a fresh directory, and replaykit's two faces run in it as real processes."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

Content: TypeAlias = str | bytes

ROOT = Path(__file__).parents[1]
# No story takes this long: a run that does is killed, and its test fails.
LONGEST = 90.0
# Files above this size are inputs, never what a test reads back.
LARGEST_READ = 2**20
# A killed process needs a moment to leave the process table.
GOING = 20.0


@dataclass(frozen=True, slots=True)
class Result:
    """What a run gave: exit code, output, and the project's text files after it.

    How long it took is not told: on a busy machine that says nothing of replaykit.
    """

    code: int
    stdout: str
    stderr: str
    files: Mapping[str, str]

    @property
    def report(self) -> Any:  # noqa: ANN401 - any JSON
        """The JSON on stdout."""
        return json.loads(self.stdout)


@dataclass(frozen=True, slots=True)
class Project:
    """An immutable set of files; every run gets a directory of its own and must leave no process behind."""

    files: Mapping[str, Content] = field(default_factory=dict)

    def with_file(self, path: str, content: Content) -> "Project":
        """Return a copy with one file added or replaced."""
        return Project({**self.files, path: content})

    def with_files(self, files: Mapping[str, Content]) -> "Project":
        """Return a copy with several files added or replaced."""
        return Project({**self.files, **files})

    def without_file(self, path: str) -> "Project":
        """Return a copy without one file."""
        return Project({name: content for name, content in self.files.items() if name != path})

    def run_cli(self, *args: str, env: Mapping[str, str] | None = None, interrupt_once: str | None = None) -> Result:
        """Run `replaykit ARGS...`.

        Args:
            args: The command's arguments.
            env: Environment variables to set.
            interrupt_once: The file whose appearance is answered with Ctrl-C to the whole process group.
        """
        return self._run([sys.executable, "-m", "replaykit", *args], env=env, interrupt_once=interrupt_once)

    def run_pytest(self, *args: str, env: Mapping[str, str] | None = None) -> Result:
        """Run `pytest ARGS...`."""
        # These projects use no Hypothesis and no anyio, whose plugins each pytest process would pay for, and
        # pytest-xdist only where they say so. The package that a benchmark compares with has a fixture `cassette`.
        plain = ["-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:cassetter"]
        if not any(argument.startswith("-n") for argument in args):
            plain += ["-p", "no:xdist", "-p", "no:xdist.looponfail"]
        return self._run([sys.executable, "-m", "pytest", *plain, *args], env=env, interrupt_once=None)

    def run_python(self, code: str) -> Result:
        """Run `python -c CODE`."""
        return self._run([sys.executable, "-c", code], env=None, interrupt_once=None)

    def _run(self, command: list[str], *, env: Mapping[str, str] | None, interrupt_once: str | None) -> Result:
        with tempfile.TemporaryDirectory(prefix="project-", ignore_cleanup_errors=True) as name:
            directory = Path(name).resolve() / "project"
            self._write(directory)
            return _run_in(directory, command, env=_environment(env or {}), interrupt_once=interrupt_once)

    def _write(self, directory: Path) -> None:
        directory.mkdir()
        for path, content in self.files.items():
            file = directory / path
            if path.endswith("/"):
                file.mkdir(parents=True, exist_ok=True)
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)


def _run_in(directory: Path, command: list[str], *, env: Mapping[str, str], interrupt_once: str | None) -> Result:
    # Output goes to files, not pipes: a process left behind would hold a pipe open and hide itself as a hang.
    out, err = directory.parent / "stdout", directory.parent / "stderr"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            command, cwd=directory, env=env, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
            start_new_session=True,
        )  # fmt: skip
        try:
            if interrupt_once:
                _wait_for(directory / interrupt_once, process)
                os.killpg(process.pid, signal.SIGINT)
            code = process.wait(LONGEST)
        finally:
            left = _end_group(process)
    result = Result(
        code=code,
        stdout=out.read_text("utf-8"),
        stderr=err.read_text("utf-8"),
        files=_read(directory),
    )
    assert not left, f"a process was left behind\n{result.stdout}\n{result.stderr}"
    return result


def _wait_for(file: Path, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + LONGEST
    while not file.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    assert file.exists(), f"{file.name} never appeared"


def _end_group(process: "subprocess.Popen[bytes]") -> bool:
    """End whatever is left of the process and its children; say whether children were left by an ended process."""
    alone = process.poll() is not None
    until = time.monotonic() + GOING
    try:
        while alone and time.monotonic() < until:
            os.killpg(process.pid, 0)
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    process.wait()
    return alone


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    # Nothing of the machine's own Temporal configuration, or of the pytest and xdist run around this one.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TEMPORAL_", "PYTEST_", "REPLAYKIT_", "COV_"))
    }
    # The examples, which an editable install would find: tests of the built wheel have them beside them.
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "PYTHONDONTWRITEBYTECODE": "1", **extra}


def _read(directory: Path) -> dict[str, str]:
    files = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path.stat().st_size <= LARGEST_READ:
            try:
                files[path.relative_to(directory).as_posix()] = path.read_text("utf-8")
            except UnicodeDecodeError:
                continue
    return files
