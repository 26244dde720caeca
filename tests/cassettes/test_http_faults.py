"""What a client ran into is recorded as such, raised again as the same class, and not waited for again."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import httpx2
import openai
import pytest
import requests
import urllib3
from openai import AsyncOpenAI, OpenAI

from examples.llm_server.server import LoopbackServer
from replaykit import use_cassette
from replaykit.adapters import tapes
from replaykit.errors import CassetteCorrupt
from replaykit.model.cassette import Fault, Response
from tests.cassettes.web import Web

NOWHERE = "http://127.0.0.1:9"
# openai's SDK waits half a second, or a quarter less, before its second attempt.
FIRST_WAIT = 0.3


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long clients have slept: what they asked for, so that a busy machine does not count."""
    asked: list[float] = []
    sleep, sleep_async = time.sleep, anyio.sleep

    def heard(seconds: float) -> None:
        # The server of the test sleeps, too, in threads of its own.
        if threading.current_thread() is threading.main_thread():
            asked.append(seconds)
        sleep(seconds)

    async def heard_async(seconds: float) -> None:
        asked.append(seconds)
        await sleep_async(seconds)

    monkeypatch.setattr(time, "sleep", heard)
    monkeypatch.setattr(anyio, "sleep", heard_async)
    return asked


def raised_by(ask: Callable[[], Any]) -> list[type[BaseException]]:
    """Return the classes of what is raised and of what caused it."""
    error: BaseException | None = None
    try:
        ask()
    except Exception as raised:  # noqa: BLE001 - which one is the question
        error = raised
    found = []
    while error is not None:
        found.append(type(error))
        error = error.__cause__
    return found


def get(url: str) -> Callable[[], object]:
    return lambda: httpx2.get(url, timeout=0.3)


def stream(url: str) -> Callable[[], object]:
    def ask() -> object:
        with httpx2.Client(timeout=5) as client, client.stream("GET", url) as answer:
            return [*answer.iter_lines()]

    return ask


def stream_async(url: str) -> Callable[[], object]:
    async def ask() -> object:
        async with httpx2.AsyncClient(timeout=5) as client, client.stream("GET", url) as answer:
            return [line async for line in answer.aiter_lines()]

    return lambda: asyncio.run(ask())


def with_aiohttp(url: str) -> Callable[[], object]:
    async def ask() -> object:
        timeout = aiohttp.ClientTimeout(total=0.3)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
            return await answer.read()

    return lambda: asyncio.run(ask())


def with_requests(url: str) -> Callable[[], object]:
    return lambda: requests.get(url, timeout=0.3)


@pytest.mark.parametrize(
    ("client", "page", "wanted"),
    [
        (get, "/stall", httpx2.ReadTimeout),
        (get, "/reset", httpx2.ReadError),
        (get, ":refused", httpx2.ConnectError),
        (stream, "/cut", httpx2.RemoteProtocolError),
        (stream_async, "/cut", httpx2.RemoteProtocolError),
        (with_aiohttp, "/stall", TimeoutError),
        (with_aiohttp, "/reset", aiohttp.ClientOSError),
        (with_aiohttp, ":refused", aiohttp.ClientConnectorError),
        (with_requests, "/stall", requests.exceptions.ReadTimeout),
        (with_requests, "/reset", requests.exceptions.ConnectionError),
        (with_requests, ":refused", requests.exceptions.ConnectionError),
    ],
)
def test_fault_is_raised_again(
    tmp_path: Path, site: Web, client: Callable[[str], Callable[[], Any]], page: str, wanted: type[Exception]
) -> None:
    url = NOWHERE + "/" if page == ":refused" else site.url + page
    raised = []
    for mode in ("once", "none"):
        with use_cassette(tmp_path / "c.yaml", mode=mode, layers="http", fail_unused=True):
            raised.append(raised_by(client(url))[0])
    assert raised == [wanted, wanted]


def test_stream_breaks_off_behind_the_same_chunk(tmp_path: Path, site: Web) -> None:
    heard: list[list[bytes]] = []
    for mode in ("once", "none"):
        heard.append([])
        with (
            use_cassette(tmp_path / "c.yaml", mode=mode, layers="http", fail_unused=True),
            pytest.raises(httpx2.RemoteProtocolError, match="closed connection"),
            httpx2.Client() as client,
            client.stream("GET", f"{site.url}/cut") as answer,
        ):
            heard[-1].extend(answer.iter_raw())
    # What came before the break came in a list that extend took apart piece by piece.
    assert heard[0] == heard[1]
    assert len(b"".join(heard[1]).split(b"\n\n")) == 3
    [interaction] = tapes.load(tmp_path / "c.yaml").interactions
    assert isinstance(interaction.answer, Response)
    assert interaction.answer.fault is not None


def ask(url: str, text: str, *, attempts: int = 3) -> str:
    with OpenAI(base_url=url, api_key="k", timeout=0.3, max_retries=attempts - 1) as client:
        answer = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])
        return str(answer.choices[0].message.content)


def ask_async(url: str, text: str, *, attempts: int) -> str:
    async def story() -> str:
        async with AsyncOpenAI(base_url=url, api_key="k", timeout=0.3, max_retries=attempts - 1) as client:
            answer = await client.responses.create(model="gpt-4o-mini", input=text)
            return answer.output_text

    return asyncio.run(story())


@pytest.mark.parametrize("one", [ask, ask_async])
def test_openai_raises_its_last_error_without_waiting(
    tmp_path: Path, llm_server: LoopbackServer, slept: list[float], one: Callable[..., str]
) -> None:
    llm_server.stall("never")
    for mode in ("once", "none"):
        with use_cassette(tmp_path / "c.yaml", mode=mode, layers="http", fail_unused=True) as cassette:
            slept.clear()
            raised = raised_by(lambda: one(llm_server.base_url, "never", attempts=2))
            refused = raised_by(lambda: one(f"{NOWHERE}/v1", "never", attempts=1))
        assert raised[:2] == [openai.APITimeoutError, httpx2.ReadTimeout]
        assert refused[:2] == [openai.APIConnectionError, httpx2.ConnectError]
        assert (sum(slept) > FIRST_WAIT) == (mode == "once")
    assert cassette.played == 3


def test_attempts_of_openai_are_repeated_without_waiting(
    tmp_path: Path, llm_server: LoopbackServer, slept: list[float]
) -> None:
    for mode, repeat in (("once", False), ("none", False), ("none", True)):
        if mode == "once":
            llm_server.fail("busy", status=500)
            llm_server.fail("busy", status=429)
        with use_cassette(
            tmp_path / "c.yaml", mode=mode, layers="http", fail_unused=True, repeat_attempts=repeat
        ) as cassette:
            slept.clear()
            answer = ask(llm_server.base_url, "busy")
        assert answer.startswith("In short: busy")
        assert (sum(slept) > FIRST_WAIT) == (mode == "once" or repeat)
    assert cassette.played == 3


def test_attempt_that_timed_out_before_another_succeeded_is_passed_over(tmp_path: Path, slept: list[float]) -> None:
    with LoopbackServer() as server, use_cassette(tmp_path / "c.yaml", mode="once", layers="http"):
        server.stall("slow")
        with pytest.raises(openai.APITimeoutError):
            ask(server.base_url, "slow", attempts=1)
    # The server answered the second attempt of this one.
    whole = tapes.load(tmp_path / "c.yaml")
    text = (tmp_path / "c.yaml").read_text("utf-8").replace("total: 1\n", "")
    text += (
        '- http: POST http://localhost/v1/chat/completions\n  recorded: "2099-01-01T00:00:00.000000Z"\n  attempt: 2\n'
        "  request:\n    model: gpt-4o-mini\n    messages:\n    - role: user\n      content: slow\n"
        "  response:\n    status: 200\n    headers:\n      content-type: application/json\n    body:\n"
        "      choices:\n      - message:\n          content: at last\ntotal: 2\n"
    )
    (tmp_path / "c.yaml").write_text(text, "utf-8")
    assert isinstance(whole.interactions[0].answer, Fault)
    with use_cassette(tmp_path / "c.yaml", layers="http", fail_unused=True):
        assert ask(NOWHERE + "/v1", "slow") == "at last"
    with use_cassette(tmp_path / "c.yaml", layers="http", fail_unused=True, repeat_attempts=True):
        assert sum(slept) == 0
        assert ask(NOWHERE + "/v1", "slow") == "at last"
        assert sum(slept) > FIRST_WAIT


@pytest.mark.long
def test_retry_after_is_slept_only_when_asked(tmp_path: Path, site: Web, slept: list[float]) -> None:
    def fetch() -> urllib3.BaseHTTPResponse:
        retries = urllib3.Retry(1, status_forcelist=[503], raise_on_status=False)
        with urllib3.PoolManager() as pool:
            return pool.request("GET", f"{site.url}/later", retries=retries)

    for mode, repeat in (("once", False), ("none", False), ("none", True)):
        with use_cassette(tmp_path / "c.yaml", mode=mode, layers="http", fail_unused=True, repeat_attempts=repeat):
            slept.clear()
            answer = fetch()
        assert answer.status == 503
        assert (sum(slept) > 2) == (mode == "once" or repeat)
        assert answer.headers["retry-after"] == ("0" if mode == "none" and not repeat else "3")


def test_fault_that_no_client_raises_is_refused(tmp_path: Path) -> None:
    for number, name in enumerate(("os.system", "builtins.eval", "builtins.print", "httpx2.Client", "nothing")):
        path = tmp_path / f"{number}.yaml"
        path.write_text(
            'replaykit-cassette: 1\ninteractions:\n- http: GET http://localhost/\n  recorded: "2026-01-05"\n'
            f"  fault:\n    raised: {name}\n    message: boo\ntotal: 1\n",
            "utf-8",
        )
        with pytest.raises(CassetteCorrupt, match="no HTTP client here raises"), use_cassette(path, layers="http"):
            httpx2.get("http://127.0.0.1:9/")


def test_cancelled_request_is_no_answer(tmp_path: Path, site: Web) -> None:
    async def story() -> None:
        async with httpx2.AsyncClient() as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.get(f"{site.url}/stall"), 0.1)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.get(f"{site.url}/events"), 0.1)

    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http") as cassette:
        asyncio.run(story())
    assert cassette.recorded == 0
