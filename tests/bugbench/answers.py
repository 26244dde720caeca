"""What Temporal's own Replayer and replaykit say of the cases, each in real processes."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.bugbench.case import Case
from tests.bugbench.plain import BEGINS
from tests.bugbench.source import TYPE

ROOT = Path(__file__).parent.parent.parent
# Replay runs under another hash seed than the recording did (record.SEED), as a worker after a restart would.
SEED = "2"
STARTING = 60.0
DEADLINE = 10.0
HANGS = "hangs"


@dataclass(frozen=True, slots=True)
class Said:
    """replaykit's verdict and the steps that it blames: (recorded, new) of the divergence or of each drift."""

    verdict: str
    blamed: tuple[tuple[str, str], ...] = ()
    detail: str = ""


def batches(cases: Sequence[Case]) -> Iterator[list[Case]]:
    """Part the cases into those that one project can hold: one without a factory, and each with one by itself."""
    plain = [case for case in cases if not case.factory]
    if plain:
        yield plain
    yield from ([case] for case in cases if case.factory)


def environment() -> dict[str, str]:
    """Name the variables of a replay process."""
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
    return {**kept, "PYTHONHASHSEED": SEED, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}


async def sdk_answers(directory: Path, cases: Sequence[Case]) -> dict[str, str]:
    """Ask the plain Replayer; a case that does not end is killed with its process, and the rest go on in another."""
    answers: dict[str, str] = {}
    left = [case.name for case in cases]
    while left:
        answers |= await _sdk_run(directory, left)
        rest = [name for name in left if name not in answers]
        assert len(rest) < len(left), f"the plain Replayer got nowhere with {left[:3]}"
        left = rest
    return answers


async def _sdk_run(directory: Path, names: Sequence[str]) -> dict[str, str]:
    command = [sys.executable, "-m", "tests.bugbench.plain", str(directory), *names]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    answers: dict[str, str] = {}
    current = names[0]
    patience = STARTING
    try:
        while process.stdout is not None and (line := await asyncio.wait_for(process.stdout.readline(), patience)):
            patience = DEADLINE
            name, _, word = line.decode().strip().rpartition(" ")
            if word == BEGINS:
                current = name
            elif name in names:
                answers[name] = word
    except TimeoutError:
        answers[current] = HANGS
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if len(answers) < len(names) and current not in answers:
        # Core can end the process on the spot.
        answers[current] = "crashes"
    return answers


async def replaykit_answers(directory: Path) -> dict[str, Said]:
    """Run `replaykit replay` in the project's directory and read its report."""
    command = [sys.executable, "-m", "replaykit", "replay", "histories", "--format", "json"]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=directory, env=environment(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert out.strip(), err.decode("utf-8", "replace")
    return {
        Path(entry["path"]).stem: _retyped(said(entry), Path(entry["path"]).stem)
        for entry in json.loads(out)["histories"]
    }


def _retyped(found: Said, case: str) -> Said:
    """Name the workflow type as the bases do: each case has one of its own."""
    blamed = tuple((recorded.replace(case, TYPE), new.replace(case, TYPE)) for recorded, new in found.blamed)
    return replace(found, blamed=blamed)


def said(entry: Mapping[str, Any]) -> Said:
    """Read one history's entry of the JSON report."""
    match entry["verdict"]:
        case "diverged":
            found = entry["divergence"]
            pair = step_of(next(iter(found["recorded"]), None)), step_of(next(iter(found["new"]), None))
            return Said("diverged", (pair,), f"{found['shape']}: {found['cause']}")
        case "drifted":
            pairs = tuple((step_of(drift["recorded"]), step_of(drift["new"])) for drift in entry["drifts"])
            changes = [f"{c['path']}: {c['recorded']} -> {c['new']}" for d in entry["drifts"] for c in d["changes"]]
            return Said("drifted", pairs, "; ".join(changes))
        case "inconclusive":
            return Said("inconclusive", (), f"{entry['problem']['what']} {entry['problem']['cause']}")
        case verdict:
            return Said(verdict, (), "; ".join(f"{n['what']}: {n['why']}" for n in entry["unverified"]))


def step_of(entry: Mapping[str, Any] | None) -> str:
    """Name a step as reports do; nothing where there is none."""
    if entry is None:
        return ""
    words = [entry["kind"], entry["name"]]
    if entry["kind"] not in {"complete", "fail", "cancel", "continue as new"}:
        words.append(f"#{entry['nth']}")
    return " ".join(word for word in words if word)
