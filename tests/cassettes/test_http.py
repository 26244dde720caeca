"""HTTP requests are recorded once and answered from the cassette ever after, whatever client makes them."""

import asyncio
import contextlib
import http.client
import io
import json
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3
import vcr.patch
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageParam

from replaykit import CassetteMiss, use_cassette
from replaykit.adapters import tapes
from replaykit.errors import CassetteAmbiguous, ConfigInvalid
from tests.cassettes.web import PAUSE, TEXT, Web

NOWHERE = "http://127.0.0.1:9"


def recorded_and_played(path: Path, ask: Callable[[str], Any], url: str) -> tuple[Any, Any]:
    with use_cassette(path, mode="once", layers="http") as cassette:
        recorded = ask(url)
        assert (cassette.played, cassette.recorded > 0) == (0, True)
    with use_cassette(path, layers="http", fail_unused=True) as cassette:
        played = ask(NOWHERE + url[url.index("/", 8) :] if url.count("/") > 2 else NOWHERE)
        assert (cassette.played > 0, cassette.recorded) == (True, 0)
    return recorded, played


def chat(*texts: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text} for text in texts]


def ask_openai(url: str) -> list[object]:
    with OpenAI(base_url=url, api_key="sk-loopback") as client:
        whole = client.chat.completions.create(model="gpt-4o-mini", messages=chat("whole"))
        pieces = list(client.chat.completions.create(model="gpt-4o-mini", messages=chat("pieces"), stream=True))
        response = client.responses.create(model="gpt-4o-mini", input="respond")
        events = list(client.responses.create(model="gpt-4o-mini", input="respond", stream=True))
        vectors = client.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
    return [whole, pieces, response, events, vectors]


async def ask_openai_async(url: str) -> list[object]:
    async with AsyncOpenAI(base_url=url, api_key="sk-loopback") as client:
        whole = await client.chat.completions.create(model="gpt-4o-mini", messages=chat("whole"))
        stream = await client.chat.completions.create(model="gpt-4o-mini", messages=chat("pieces"), stream=True)
        pieces = [piece async for piece in stream]
        events = [event async for event in await client.responses.create(model="gpt-4o-mini", input="r", stream=True)]
        vectors = await client.embeddings.create(model="text-embedding-3-small", input="a")
    return [whole, pieces, events, vectors]


def test_openai_gets_the_same_answers(tmp_path: Path, llm: str) -> None:
    recorded, played = recorded_and_played(tmp_path / "c.yaml", ask_openai, llm)
    assert played == recorded
    text = (tmp_path / "c.yaml").read_text("utf-8")
    assert "- http: POST http://localhost/v1/chat/completions\n" in text
    assert "sk-loopback" not in text
    assert "left: true" not in text


def test_openai_async_gets_the_same_answers(tmp_path: Path, llm: str) -> None:
    recorded, played = recorded_and_played(tmp_path / "c.yaml", lambda url: asyncio.run(ask_openai_async(url)), llm)
    assert played == recorded


def test_usage_of_whole_and_streamed_answers_is_counted(tmp_path: Path, llm: str) -> None:
    recorded_and_played(tmp_path / "c.yaml", ask_openai, llm)
    with use_cassette(tmp_path / "c.yaml", layers="http") as cassette:
        answers: Any = ask_openai(llm)
    whole, _, response, events, vectors = answers
    spent = [whole.usage.prompt_tokens, response.usage.input_tokens, events[-1].response.usage.input_tokens]
    assert cassette.usage.input == sum(spent) + vectors.usage.prompt_tokens


def with_httpx(url: str) -> object:
    with httpx2.Client() as client:
        return [
            client.get(f"{url}/gzip").json(),
            client.get(f"{url}/text").text,
            client.get(f"{url}/binary").content,
            client.post(f"{url}/echo", content=b"\xff\xfe").json(),
            client.get(f"{url}/gone").status_code,
            client.get(f"{url}/moved", follow_redirects=True).text,
        ]


def with_plain_httpx(url: str) -> object:
    async def stream() -> list[bytes]:
        async with httpx.AsyncClient() as client, client.stream("GET", f"{url}/events") as answer:
            return [chunk async for chunk in answer.aiter_bytes()]

    with httpx.Client() as client:
        return [
            client.get(f"{url}/gzip").json(),
            client.post(f"{url}/echo", content=b"\xff\xfe").json(),
            client.get(f"{url}/moved", follow_redirects=True).text,
            asyncio.run(stream()),
        ]


def with_requests(url: str) -> object:
    return [
        requests.get(f"{url}/gzip", timeout=5).json(),
        requests.get(f"{url}/text", timeout=5).text,
        requests.get(f"{url}/binary", timeout=5).content,
        requests.post(f"{url}/echo", json={"a": [1, None]}, timeout=5).json(),
        requests.get(f"{url}/gone", timeout=5).status_code,
        requests.get(f"{url}/moved", timeout=5).text,
    ]


def with_urllib(url: str) -> object:
    with urllib.request.urlopen(f"{url}/text", timeout=5) as answer, urllib3.PoolManager() as pool:  # noqa: S310 - the URL is ours
        return [answer.read(), pool.request("POST", f"{url}/echo", body=io.BytesIO(b"file")).data]


def with_aiohttp(url: str) -> object:
    async def ask() -> object:
        async with aiohttp.ClientSession() as session:
            answers: list[object] = []
            for path in ("gzip", "text", "binary", "gone", "moved"):
                async with session.get(f"{url}/{path}") as answer:
                    answers.append((answer.status, await answer.read()))
            async with session.post(f"{url}/echo", json={"a": 1}) as answer:
                return [*answers, await answer.json()]

    return asyncio.run(ask())


@pytest.mark.parametrize("ask", [with_httpx, with_plain_httpx, with_requests, with_urllib, with_aiohttp])
def test_any_client_gets_the_same_answers(tmp_path: Path, site: Web, ask: Callable[[str], Any]) -> None:
    recorded, played = recorded_and_played(tmp_path / "c.yaml", ask, site.url)
    assert played == recorded


def test_compressed_json_stands_readable_and_bytes_lie_beside(tmp_path: Path, site: Web) -> None:
    recorded_and_played(tmp_path / "c.yaml", with_httpx, site.url)
    text = (tmp_path / "c.yaml").read_text("utf-8")
    assert "content-encoding" not in text
    assert f"      text: |-\n        {TEXT.splitlines()[0]}\n" in text
    assert len(list((tmp_path / "c.files").iterdir())) == 1


def test_nothing_of_who_asks_is_written(tmp_path: Path, site: Web) -> None:
    asked = f"{site.url}/secret?api_key=k3y&q=bob.builder@shop.test"
    headers = {"Authorization": "Bearer t0ken", "Cookie": "session=c00kie", "OpenAI-Organization": "org-1"}
    for mode in ("once", "none"):
        with use_cassette(tmp_path / "c.yaml", mode=mode, layers="http"):
            said = httpx2.post(asked, headers=headers, json={"to": "eve.online@shop.test"})
            written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
            for secret in (b"k3y", b"t0ken", b"c00kie", b"org-", b"s3cr3t", b"@shop", b"%40shop"):
                assert secret not in written
    assert said.headers["x-page"] == "7"
    assert said.json()["mail"] != "ada.lovelace@shop.test"


def test_secret_in_a_compressed_answer_is_redacted_too(tmp_path: Path, site: Web) -> None:
    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http"):
        assert httpx2.get(f"{site.url}/secret-gzip").json() == {"mail": "ada.lovelace@shop.test"}
    text = (tmp_path / "c.yaml").read_text("utf-8")
    assert "ada.lovelace" not in text
    assert "      mail: " in text, "it stands as a structure, and not as the compressed bytes"


def test_ten_equal_questions_at_once_get_their_answers_in_the_order_of_asking(tmp_path: Path, site: Web) -> None:
    async def ask(url: str) -> list[int]:
        async with httpx2.AsyncClient() as client:

            async def one(number: int) -> int:
                answer = await client.post(f"{url}/numbered", json={}, headers={"X-Number": str(number)})
                return int(answer.json()["number"])

            return list(await asyncio.gather(*(one(number) for number in range(10))))

    recorded, played = recorded_and_played(tmp_path / "c.yaml", lambda url: asyncio.run(ask(url)), site.url)
    assert recorded == played == list(range(10))


def test_question_to_a_model_is_found_by_what_its_answer_depends_on(tmp_path: Path, llm: str) -> None:
    def tool(name: str) -> Any:  # noqa: ANN401 - one of the SDK's many
        return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}

    def ask(**options: Any) -> str:  # noqa: ANN401 - the SDK's options
        with OpenAI(base_url=llm, api_key="k") as client:
            answer = client.chat.completions.create(model="gpt-4o-mini", messages=chat("q"), **options)
        return str(answer.choices[0].message.content)

    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http"):
        ask(tools=[tool("find"), tool("sum")], user="ada", temperature=0.5)
    with use_cassette(tmp_path / "c.yaml", layers="http"):
        ask(tools=[tool("sum"), tool("find")], user="bob", temperature=0.5, extra_body={"seed": None})
    with pytest.raises(CassetteMiss) as missed, use_cassette(tmp_path / "c.yaml", layers="http"):
        ask(tools=[tool("find"), tool("sum"), tool("search")], temperature=0.7)
    cause = missed.value.problem.cause.splitlines()
    assert cause[0] == "its one recording, #1, differs in 2 places:"
    assert [line.split()[0] for line in cause[1:]] == ["temperature", "tools[+search]"]


def test_miss_passes_through_openai_at_once(tmp_path: Path, llm: str) -> None:
    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http"):
        ask_openai(llm)
    with (
        pytest.raises(CassetteMiss, match=r'messages\[0\].content   "whole" → "wholly"') as raised,
        use_cassette(tmp_path / "c.yaml", layers="http") as cassette,
        OpenAI(base_url=llm, api_key="k") as client,
    ):
        client.chat.completions.create(model="gpt-4o-mini", messages=chat("wholly"))
    # Asked once: other errors the SDK answers with two more attempts.
    assert cassette.misses == (raised.value,)


def test_miss_that_code_swallows_leaves_the_block(tmp_path: Path, site: Web) -> None:
    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http"):
        requests.get(f"{site.url}/text", timeout=5)
    asked = len(site.asked)
    with (
        pytest.raises(CassetteMiss, match="GET http://localhost/gzip"),
        use_cassette(tmp_path / "c.yaml", layers="http"),
        contextlib.suppress(Exception),
    ):
        requests.get(f"{site.url}/gzip", timeout=5)
    assert len(site.asked) == asked, "the request went out"


def test_new_episodes_asks_for_what_is_missing_only(tmp_path: Path, site: Web) -> None:
    for path in ("text", "gzip"):
        with use_cassette(tmp_path / "c.yaml", mode="new_episodes", layers="http"):
            requests.get(f"{site.url}/text", timeout=5)
            requests.get(f"{site.url}/{path}", timeout=5)
    names = [interaction.name for interaction in tapes.load(tmp_path / "c.yaml").interactions]
    assert [name.rpartition("/")[2] for name in names] == ["text", "text", "gzip"]


def test_stream_keeps_its_timing_and_plays_at_any_speed(
    tmp_path: Path, site: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask() -> tuple[list[float], bytes]:
        moments: list[float] = []
        heard = b""
        began = time.monotonic()
        with httpx2.Client() as client, client.stream("GET", f"{site.url}/events") as answer:
            for chunk in answer.iter_raw():
                moments.append(time.monotonic() - began)
                heard += chunk
        return moments, heard

    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http"):
        recorded, heard = ask()
    # The caller saw the first chunk long before the last, already while recording.
    assert recorded[-1] - recorded[0] > PAUSE * 2
    for timing, least in ((1.0, PAUSE * 2), (0.5, PAUSE), (0.0, 0.0)):
        if not timing:
            monkeypatch.setattr(time, "sleep", pytest.fail)
        with use_cassette(tmp_path / "c.yaml", layers="http", stream_timing=timing):
            played, again = ask()
        assert (again, len(played)) == (heard, len(recorded))
        assert played[-1] - played[0] >= least


def test_stream_that_was_left_early_is_a_miss_beyond_that(tmp_path: Path, site: Web) -> None:
    def ask(limit: int) -> bytes:
        heard = b""
        with httpx2.Client() as client, client.stream("GET", f"{site.url}/events") as answer:
            for number, chunk in enumerate(answer.iter_raw(), start=1):
                heard += chunk
                if number == limit:
                    break
        return heard

    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http"):
        heard = ask(2)
    with use_cassette(tmp_path / "c.yaml", layers="http", fail_unused=True):
        assert ask(2) == heard
    with pytest.raises(CassetteMiss, match="ends before its end"), use_cassette(tmp_path / "c.yaml", layers="http"):
        ask(9)


def test_overlapping_cassettes_keep_to_themselves(tmp_path: Path, site: Web) -> None:
    async def use(name: str, turns: list[asyncio.Event], number: int) -> None:
        with use_cassette(tmp_path / f"{name}.yaml", mode="once", layers="http"):
            async with httpx2.AsyncClient() as client:
                for turn in range(2):
                    await turns[turn * 2 + number].wait()
                    await client.post(f"{site.url}/echo", json={"by": name, "turn": turn})
                    turns[turn * 2 + number + 1].set()

    async def both() -> None:
        turns = [asyncio.Event() for _ in range(5)]
        turns[0].set()
        await asyncio.gather(use("one", turns, 0), use("two", turns, 1))

    asyncio.run(both())
    for name in ("one", "two"):
        bodies = [i.input[0].json for i in tapes.load(tmp_path / f"{name}.yaml").interactions if i.input]
        assert bodies == [{"by": name, "turn": 0}, {"by": name, "turn": 1}]


def test_thread_that_was_there_before_is_answered_where_one_cassette_is_in_use(tmp_path: Path, site: Web) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(int).result() == 0
        with use_cassette(tmp_path / "c.yaml", mode="once", layers="http") as cassette:
            pool.submit(requests.get, f"{site.url}/text", timeout=5).result()
            assert cassette.recorded == 1
        asked = len(site.asked)
        with (
            pytest.raises(CassetteAmbiguous, match="2 are in use"),
            use_cassette(tmp_path / "c.yaml", layers="http"),
            use_cassette(tmp_path / "d.yaml", mode="once", layers="http"),
        ):
            pool.submit(requests.get, f"{site.url}/text", timeout=5).result()
    assert len(site.asked) == asked, "the request went out"


def test_nothing_stays_patched(tmp_path: Path, site: Web) -> None:
    before = httpx2.HTTPTransport.handle_request, aiohttp.ClientSession._request, http.client.HTTPConnection  # noqa: SLF001 - what is patched
    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http"):
        requests.get(f"{site.url}/text", timeout=5)
        assert httpx2.HTTPTransport.handle_request is not before[0]
    assert before == (
        httpx2.HTTPTransport.handle_request,
        aiohttp.ClientSession._request,  # noqa: SLF001 - as above
        http.client.HTTPConnection,
    )
    asked = len(site.asked)
    requests.get(f"{site.url}/text", timeout=5)
    assert len(site.asked) == asked + 1


def test_httpx_is_heard_while_http_client_sends(tmp_path: Path, site: Web) -> None:
    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http") as cassette:
        # What vcrpy does around each real request of http.client, while other threads send theirs.
        with vcr.patch.force_reset():
            httpx2.get(f"{site.url}/text")
        assert cassette.recorded == 1


def test_json_in_a_spelling_of_its_own_is_played_as_the_same_json(tmp_path: Path) -> None:
    recording = """replaykit-cassette: 1
interactions:
- http: GET http://localhost/own
  recorded: "2026-01-05T10:00:00.000000Z"
  response:
    status: 200
    headers:
      content-type: application/json
      link:
      - <http://localhost/1>; rel=prev
      - <http://localhost/3>; rel=next
    body:
      written: by hand
total: 1
"""
    (tmp_path / "c.yaml").write_text(recording, "utf-8")
    with use_cassette(tmp_path / "c.yaml", layers="http", fail_unused=True):
        answer = httpx2.get("http://127.0.0.1:1234/own")
    assert json.loads(answer.content) == {"written": "by hand"}
    assert answer.headers.get_list("link") == ["<http://localhost/1>; rel=prev", "<http://localhost/3>; rel=next"]


def test_what_differs_from_run_to_run_is_declared(tmp_path: Path, site: Web) -> None:
    volatile = ["http:POST */echo job.started", r"pattern:run-\d+"]
    for mode, run in (("once", 1), ("none", 2)):
        with use_cassette(tmp_path / "c.yaml", mode=mode, layers="http", volatile=volatile, fail_unused=True):
            httpx2.post(f"{site.url}/echo?run=run-{run}", json={"job": {"started": run, "id": f"run-{run}"}})


def test_unknown_layer_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="the layers are activity and http"):
        use_cassette(tmp_path / "c.yaml", layers="sockets").__enter__()


def test_multipart_is_found_whatever_its_boundary(tmp_path: Path, site: Web) -> None:
    for mode in ("once", "none"):
        with use_cassette(tmp_path / "c.yaml", mode=mode, layers="http", fail_unused=True):
            httpx2.post(f"{site.url}/echo", files={"file": ("a.txt", b"content")})


def test_answer_is_on_disk_before_the_caller_has_it(tmp_path: Path, site: Web) -> None:
    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http"):
        httpx2.get(f"{site.url}/text")
        [journal] = tmp_path.iterdir()
        assert b"/text" in journal.read_bytes()
