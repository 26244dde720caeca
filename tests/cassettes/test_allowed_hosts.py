"""Requests to hosts that are allowed go past the HTTP layer: sent in every mode, never recorded, never answered."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import httpx2
import pytest
import requests

from replaykit import CassetteMiss, use_cassette
from replaykit.adapters import tapes
from replaykit.model.cassette import Cassette
from replaykit.rules.allowed_hosts import allow_url, parse
from tests.cassettes.calling import Call, Model, call_all
from tests.cassettes.reaching import Reach, reach
from tests.cassettes.test_http import with_aiohttp, with_httpx, with_plain_httpx, with_requests, with_urllib
from tests.cassettes.web import Web
from tests.recording import Server

CLIENTS = [with_httpx, with_plain_httpx, with_requests, with_urllib, with_aiohttp]


@pytest.fixture(autouse=True)
def nothing_asked_yet(site: Web) -> None:
    site.asked.clear()


def host_of(site: Web) -> str:
    return site.url.removeprefix("http://")


@pytest.mark.parametrize("ask", CLIENTS)
def test_requests_to_an_allowed_host_are_sent_and_neither_recorded_nor_answered(
    tmp_path: Path, site: Web, ask: Callable[[str], Any]
) -> None:
    path = tmp_path / "c.yaml"
    with use_cassette(path, mode="once", layers="http", allow_hosts=[host_of(site)]) as cassette:
        first = ask(site.url)
        httpx2.get(site.url.replace("127.0.0.1", "localhost") + "/text")
    assert cassette.recorded == 1, "the host of another name"
    asked = len(site.asked)
    with use_cassette(path, layers="http", allow_hosts=[host_of(site)]) as cassette:
        assert ask(site.url) == first
    assert (cassette.played, len(site.asked)) == (0, 2 * asked - 1)


def test_what_was_recorded_of_a_host_that_is_allowed_now_is_asked_for_real_and_named_as_unused(
    tmp_path: Path, site: Web
) -> None:
    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http"):
        requests.get(f"{site.url}/text", timeout=5)
    with use_cassette(tmp_path / "c.yaml", layers="http") as cassette:
        cassette.allow_hosts(host_of(site))
        requests.get(f"{site.url}/text", timeout=5)
    assert cassette.unused == ("#1 http GET http://localhost/text",)
    assert site.asked == ["GET /text"] * 2


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize("allow", ["127.0.0.1:1", "127.0.0.2", "localhost"])
def test_another_host_or_port_is_still_a_miss(tmp_path: Path, site: Web, ask: Callable[[str], Any], allow: str) -> None:
    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http"):
        requests.get(f"{site.url}/nothing", timeout=5)
    with pytest.raises(CassetteMiss), use_cassette(tmp_path / "c.yaml", layers="http", allow_hosts=[allow]):
        ask(site.url)
    assert site.asked == ["GET /nothing"]


@pytest.mark.parametrize("way", ["sync_requests", "sync_urllib", "sync_httpx2", "async_httpx2", "async_aiohttp"])
def test_request_of_an_activity_to_an_allowed_host_is_neither_miss_nor_bypass(
    server: Server, site: Web, tmp_path: Path, way: str
) -> None:
    tapes.save(tmp_path / "c.yaml", Cassette())
    port = int(site.server_address[1])
    with use_cassette(tmp_path / "c.yaml", layers="http", allow_hosts=[host_of(site)]) as cassette:
        server.run(lambda client: reach(client, cassette, Reach(way, "127.0.0.1", port), bodies=False))
    assert site.asked == ["GET /"]
    assert cassette.misses == ()


def test_stream_of_an_allowed_host_is_read_by_its_caller_alone(tmp_path: Path, site: Web) -> None:
    async def ask() -> tuple[bool, bytes]:
        async with aiohttp.ClientSession() as session, session.get(f"{site.url}/events") as answer:
            return type(answer.content) is aiohttp.StreamReader, await answer.read()

    with use_cassette(tmp_path / "c.yaml", mode="new_episodes", layers="http", allow_hosts=[host_of(site)]):
        own, body = asyncio.run(ask())
    assert own, "and no copy of what vcrpy has read to its end"
    assert body.count(b"data: ") == 3


def test_model_is_answered_from_the_cassette_beside_an_allowed_host(
    server: Server, llm: str, site: Web, tmp_path: Path
) -> None:
    for mode in ("once", "none"):
        model = Model(llm)
        with use_cassette(tmp_path / "c.yaml", mode=mode, layers="http", allow_hosts=[host_of(site)]) as cassette:
            server.run(lambda client, c=cassette, m=model: call_all(client, m, c, [Call("hello")]))  # type: ignore[misc]  # defaults
            requests.get(f"{site.url}/text", timeout=5)
        assert (cassette.recorded, cassette.played) == ((1, 0) if mode == "once" else (0, 1))
    assert len(site.asked) == 2


@pytest.mark.parametrize(
    ("allow", "url", "passes"),
    [
        ("db.internal", "http://db.internal/x", True),
        ("db.internal", "https://DB.internal./x", True),
        ("db.internal:443", "https://db.internal/x", True),
        ("db.internal:80", "http://db.internal/x", True),
        ("db.internal:80", "https://db.internal/x", False),
        ("db.internal:8080", "http://db.internal:8080", True),
        ("db.internal", "http://elsewhere.test/db.internal", False),
        ("db.internal", "http://db.internal@elsewhere.test/", False),
        ("db.internal", "http://user:pass@db.internal/", True),
        ("[::1]:80", "http://[0:0:0:0:0:0:0:1]/", True),
        ("db.internal", "http://db.internal:port/", False),
        ("db.internal", "http://[db.internal/", False),
        ("db.internal", "/x", False),
    ],
)
def test_url_passes_by_the_host_that_stands_in_it(allow: str, url: str, *, passes: bool) -> None:
    assert allow_url(parse([allow]), url) == passes
