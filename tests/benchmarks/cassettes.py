"""Cassettes of HTTP side by side, in one run: replaykit, vcrpy in two configurations, and cassetter.

    python -m tests.benchmarks.cassettes [--sizes 10,100,1000]

Each interaction is a chat completion with 8 tools, about 13 kB with its answer; only its last message is its own. vcrpy
runs as most people run it (`yaml, body`: its YAML, matched on method, URI and body) and as fast as its documented
options make it (`json, digest`: its JSON serializer, and a registered matcher that compares a digest of the canonical
body). cassetter is left out where it is not installed. What takes too long is sampled, and marked `~`.
"""

import argparse
import asyncio
import hashlib
import importlib
import importlib.util
import json
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import vcr

from replaykit import use_cassette
from tests.benchmarks.speed import machine

TOOLS = 8
AT_ONCE = 10
TURNS = 30
# Beyond this a side replays a sample, whose time is multiplied.
LONGEST = 20.0
# Up to here vcrpy's own way of matching bodies is recorded with; it compares each request with all before it.
LARGEST = 100
SAMPLES = 8
MODES = {"record": "once", "more": "new_episodes", "play": "none"}


class _Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one piece: apart, the second waits 40 ms for the client's acknowledgement of the first.
    wbufsize = -1

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(float(self.headers.get("X-Seconds", 0)))
        said = body["messages"][-1]["content"]
        words = " ".join(f"{said[:20]} word{number}" for number in range(30))
        answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": words}}], "id": said}
        raw = json.dumps({**answer, "usage": {"prompt_tokens": 3000, "completion_tokens": 90}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        # Equal questions are told apart by it.
        self.send_header("X-Number", self.headers.get("X-Number", ""))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


@contextmanager
def model() -> Iterator[str]:
    """Answer chat completions on loopback."""
    with _Server(("127.0.0.1", 0), _Model) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1/chat/completions"
        finally:
            server.shutdown()
            thread.join()


@lru_cache
def tools() -> list[dict[str, Any]]:
    """Eight tools of about a kilobyte each."""
    parameter = {"type": "string", "description": "What it is, in a sentence that a model can use to fill it in well."}
    return [
        {
            "type": "function",
            "function": {
                "name": f"tool_{number}",
                "description": f"Tool {number}: " + "looks something up and says what it found. " * 4,
                "parameters": {"type": "object", "properties": {f"field_{n}": parameter for n in range(7)}},
            },
        }
        for number in range(TOOLS)
    ]


def body(messages: Sequence[dict[str, str]]) -> bytes:
    """A request as openai's SDK writes it."""
    asked = {"messages": list(messages), "model": "gpt-4o-mini", "tools": tools()}
    return json.dumps(asked, separators=(",", ":"), ensure_ascii=False).encode()


def question(number: int) -> bytes:
    """One of many questions of about 12 kB."""
    system = {"role": "system", "content": "You answer questions about harbours.\n" * 60}
    return body([system, {"role": "user", "content": f"question {number}: " + "What do you make of this note?\n" * 40}])


def conversation() -> Iterator[bytes]:
    """The requests of an agent's loop: each holds all that was said before."""
    said = [{"role": "system", "content": "You plan, and call tools.\n" * 60}]
    for turn in range(TURNS):
        said.append({"role": "user", "content": f"turn {turn}: the tool found this\n" * 20})
        yield body(said)
        said.append({"role": "assistant", "content": f"answer {turn}: then do that next\n" * 10})


@dataclass(frozen=True, slots=True)
class Side:
    """One way of recording and playing: opens a cassette at a path in a mode."""

    name: str
    open: Callable[[Path, str], AbstractContextManager[Any]]
    suffix: str = ".yaml"
    # How many interactions are recorded another way, because this one takes too long.
    record: Callable[[Path, str], AbstractContextManager[Any]] | None = None


def _digest_matcher(one: Any, other: Any) -> None:  # noqa: ANN401 - vcrpy has no types
    assert _digest(one.body) == _digest(other.body)


@lru_cache(4096)
def _digest(raw: bytes | None) -> str:
    return hashlib.sha256(json.dumps(json.loads(raw or b"null"), sort_keys=True).encode()).hexdigest()


def sides() -> list[Side]:
    """List what is compared."""
    fast = vcr.VCR(serializer="json")
    fast.register_matcher("digest", _digest_matcher)
    digest = ["method", "uri", "digest"]
    found = [
        Side("replaykit", lambda path, mode: use_cassette(path, mode=mode, layers="http")),
        Side(
            "vcrpy yaml, body",
            lambda path, mode: vcr.use_cassette(str(path), record_mode=mode, match_on=["method", "uri", "body"]),
            record=lambda path, mode: fast.use_cassette(
                str(path), record_mode=mode, match_on=digest, serializer="yaml"
            ),
        ),
        Side(
            "vcrpy json, digest",
            lambda path, mode: fast.use_cassette(str(path), record_mode=mode, match_on=digest),
            ".json",
        ),
    ]
    if importlib.util.find_spec("cassetter"):
        cassetter = importlib.import_module("cassetter")
        found.append(
            Side(
                "cassetter",
                lambda path, mode: cassetter.use_cassette(
                    path, record_mode=mode, match_on=["method", "uri", "json_body"]
                ),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds that each step took at one size (negative: another way), and bytes of the file."""

    record: float
    save: float
    load: float
    more: float
    last: float
    replay: float
    sampled: bool
    size: int


def measure(side: Side, directory: Path, url: str, count: int) -> Figures:
    """Record, save, load, find and replay with one side."""
    path = directory / f"{side.name.partition(' ')[0]}-{count}{side.suffix}"
    with httpx2.Client() as client:

        def ask(number: int) -> None:
            answer = client.post(url, content=question(number), headers={"Content-Type": "application/json"})
            assert answer.json()["id"].startswith(f"question {number}:")

        def ask_all(numbers: Iterable[int]) -> None:
            for number in numbers:
                ask(number)

        aside = side.record is not None and count > LARGEST
        opened = (side.record if aside and side.record else side.open)(path, MODES["record"])
        opened.__enter__()
        record = timed(lambda: ask_all(range(count)))
        save = timed(lambda: opened.__exit__(None, None, None))
        size = path.stat().st_size

        def within(mode: str, do: Callable[[], object]) -> float:
            with side.open(path, MODES[mode]):
                return timed(do)

        load = timed(lambda: within("play", int))
        last = within("play", lambda: ask(count - 1))
        sampled = last * count / 2 > LONGEST
        if sampled:
            places = [round(place * (count - 1) / (SAMPLES - 1)) for place in range(SAMPLES)]
            replay = within("play", lambda: ask_all(places)) / SAMPLES * count
        else:
            replay = within("play", lambda: ask_all(range(count)))

        def one_more() -> None:
            with side.open(path, MODES["more"]):
                ask(count)

        return Figures(-record if aside else record, save, load, timed(one_more), last, replay, sampled, size)


def timed(do: Callable[[], object]) -> float:
    """Return the seconds that something took."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def wrong_answers(side: Side, directory: Path, url: str, *, equal: bool) -> int:
    """Ask ten questions at once whose answers take the longer the earlier they are asked; count wrong answers played.

    Questions are ten, or ten times the same one that the server answers differently, as a model does.
    """
    path = directory / f"order-{side.name.partition(' ')[0]}-{equal}{side.suffix}"

    async def ask(where: str) -> list[str]:
        async with httpx2.AsyncClient() as client:

            async def one(number: int) -> str:
                seconds = str((AT_ONCE - number) * 0.05)
                answer = await client.post(
                    where,
                    content=question(0 if equal else number),
                    headers={"X-Seconds": seconds, "X-Number": str(number)},
                )
                return str(answer.json()["id"]) + answer.headers.get("x-number", "")

            return list(await asyncio.gather(*(one(number) for number in range(AT_ONCE))))

    with side.open(path, MODES["record"]):
        recorded = asyncio.run(ask(url))
    with side.open(path, MODES["play"]):
        played = asyncio.run(ask(url))
    return sum(one != other for one, other in zip(recorded, played, strict=True))


def loop_size(side: Side, directory: Path, url: str) -> int:
    """Record an agent's loop, and return the bytes of its file."""
    path = directory / f"loop-{side.name.partition(' ')[0]}{side.suffix}"
    with side.open(path, MODES["record"]), httpx2.Client() as client:
        for raw in conversation():
            client.post(url, content=raw, headers={"Content-Type": "application/json"})
    return path.stat().st_size


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10,100,1000")
    sizes = [int(size) for size in parser.parse_args().sizes.split(",")]
    warnings.simplefilter("ignore")
    say(machine())
    say(f"one request {len(question(0)):,} bytes; seconds; ~ sampled; * recorded with the digest matcher")
    with model() as url, tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        compared = sides()
        for count in sizes:
            head = f"{count} interactions"
            say(f"\n{head:<20}    record      save      load  one more find last  replay all        bytes")
            for side in compared:
                try:
                    say(row(side, measure(side, directory, url, count)))
                except Exception as error:  # noqa: BLE001 - a side that gives up is a result
                    say(f"{side.name:<20} gave up: {str(error).splitlines()[0]:.120}")
        say(f"\n{AT_ONCE} at once, wrong answers      10 questions  10 times one question")
        for side in compared:
            counts = [wrong_answers(side, directory, url, equal=equal) for equal in (False, True)]
            say(f"{side.name:<28}{counts[0]:>12}{counts[1]:>15}")
        say(f"\nloop of {TURNS} turns                 bytes")
        for side in compared:
            say(f"{side.name:<28}{loop_size(side, directory, url):>12,}")


def say(line: str) -> None:
    """Write a line now."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def row(side: Side, figures: Figures) -> str:
    """Write one line."""
    replay = f"{'~' if figures.sampled else ''}{figures.replay:.3f}"
    record = f"{'*' if figures.record < 0 else ''}{abs(figures.record):.3f}"
    steps = "".join(f"{step:>10.3f}" for step in (figures.save, figures.load, figures.more, figures.last))
    return f"{side.name:<20}{record:>10}{steps}{replay:>12}{figures.size:>13,}"


if __name__ == "__main__":
    main()
