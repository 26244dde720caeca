"""What an activity reaches past its cassette fails the test, whatever the activity made of it."""

import asyncio
import http.client
import http.server
import multiprocessing
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing.pool import Pool
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import aiohttp
import httpx2
import pytest
import requests
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError

from replaykit import CassetteBypass, use_cassette
from replaykit.adapters import tapes
from replaykit.adapters.bypass import Guard
from replaykit.adapters.cassette_options import Options
from replaykit.adapters.in_use import open_cassette
from replaykit.adapters.watched import watched_by
from replaykit.errors import CassetteError, ConfigInvalid
from replaykit.model.cassette import Cassette
from replaykit.rules import allowed_hosts
from tests.cassettes.reaching import ASYNC, KEPT, SYNC, Reach, reach
from tests.recording import Server

PROCESSES = {
    "process_pool": "ProcessPoolExecutor",
    "pool_of_multiprocessing": "multiprocessing.Process",
    "own_process": "multiprocessing.Process",
    "fork": "os.fork",
}
HARMLESS = ("own_address", "own_name", "listening")
KEPT_ALIVE = ("kept_alive_requests", "kept_alive_httpx2", "kept_alive_aiohttp")
ENCRYPTED = ("kept_alive_tls", "kept_alive_tls_by_hand")
CONNECTING = sorted({*SYNC, *ASYNC} - {*PROCESSES, *HARMLESS, *KEPT_ALIVE, *ENCRYPTED, "command", "pool_of_the_test"})


class World:
    """A real server on loopback that counts the requests, connections and datagrams that reach it."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        heard = self.heard

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                heard.append(self.path)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *args: object) -> None:
                pass

        class Counting(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
                heard.append("connection")
                super().process_request(request, client_address)

        self.server = Counting(("127.0.0.1", 0), Handler)
        self.port = int(self.server.server_address[1])
        self.datagrams = socket.socket(type=socket.SOCK_DGRAM)
        self.datagrams.bind(("127.0.0.1", self.port))
        self.datagrams.settimeout(0)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def encrypt(self, directory: Path) -> None:
        """Speak TLS from now on, with a certificate that is written into the directory."""
        certificate, key = directory / "certificate.pem", directory / "key.pem"
        wanted = ("-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost")
        named = ("-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate))
        subprocess.run(["openssl", "req", *wanted, *named], check=True, capture_output=True)
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        serving.load_cert_chain(certificate, key)
        self.server.socket = serving.wrap_socket(self.server.socket, server_side=True)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.datagrams.close()


@pytest.fixture
def world() -> Iterator[World]:
    running = World()
    yield running
    running.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tapes.save(tmp_path / "c.yaml", Cassette())
    return tmp_path / "c.yaml"


@pytest.mark.parametrize("way", CONNECTING)
def test_whatever_reaches_out_from_an_activity_fails_the_test_and_reaches_nothing(
    server: Server, world: World, path: Path, way: str
) -> None:
    with (
        pytest.raises(CassetteBypass) as caught,
        use_cassette(path) as cassette,
        pytest.raises(WorkflowFailureError) as failed,
    ):
        server.run(lambda client: reach(client, cassette, Reach(way, "127.0.0.1", world.port)))
    assert world.heard == []
    with pytest.raises(BlockingIOError):
        world.datagrams.recv(10)
    name = "reach_from_the_loop" if way in ASYNC else "reach_from_a_thread"
    problem = caught.value.problem
    assert problem.what.startswith(f"Activity {name} reached 127.0.0.1:{world.port} past the cassette (cassette ")
    assert problem.what.endswith("c.yaml, mode none).")
    assert "tests/cassettes/reaching.py:" in problem.cause, "the user's line is named"
    assert way in problem.cause or way.startswith("sync_")
    assert f'allow_hosts=["127.0.0.1:{world.port}"]' in problem.fix
    error = failed.value.cause
    assert isinstance(error, ActivityError)
    assert isinstance(error.cause, ApplicationError)
    assert (error.cause.type, error.cause.non_retryable) == ("CassetteBypass", True)


@pytest.mark.parametrize("way", ["plain_socket", "asyncio_streams"])
def test_activity_that_lets_the_error_out_ends_for_good_with_it(
    server: Server, world: World, path: Path, way: str
) -> None:
    with (
        pytest.raises(CassetteBypass),
        use_cassette(path) as cassette,
        pytest.raises(WorkflowFailureError) as failed,
    ):
        server.run(lambda client: reach(client, cassette, Reach(way, "127.0.0.1", world.port, fails=True)))
    assert isinstance(failed.value.cause, ActivityError)
    assert isinstance(failed.value.cause.cause, ApplicationError)
    assert failed.value.cause.cause.non_retryable, "or Temporal tries again for ever"


def test_activity_that_fails_in_another_way_fails_as_it_did(server: Server, path: Path) -> None:
    with use_cassette(path) as cassette, pytest.raises(WorkflowFailureError) as failed:
        server.run(lambda client: reach(client, cassette, Reach("no_such_way", "", 0, fails=True)))
    assert isinstance(failed.value.cause, ActivityError)
    assert isinstance(failed.value.cause.cause, ApplicationError)
    assert failed.value.cause.cause.type == "KeyError"


@pytest.mark.parametrize("way", ["sync_requests", "sync_urllib", "sync_httpx2", "async_httpx2", "async_aiohttp"])
def test_request_that_the_cassette_answers_is_no_bypass(server: Server, world: World, tmp_path: Path, way: str) -> None:
    to = Reach(way, "127.0.0.1", world.port)
    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http") as cassette:
        server.run(lambda client: reach(client, cassette, to, bodies=False))
    before = list(world.heard)
    with use_cassette(tmp_path / "c.yaml", layers="http", fail_unused=True) as playing:
        server.run(lambda client: reach(client, playing, to, bodies=False))
    assert playing.played == 1
    assert world.heard == before != []


@pytest.mark.parametrize("way", ["plain_socket", "asyncio_streams", "own_thread", "process_pool"])
def test_what_no_http_client_sends_is_a_bypass_where_the_cassette_answers_http(
    server: Server, world: World, path: Path, way: str
) -> None:
    with pytest.raises(CassetteBypass), use_cassette(path, layers="http") as cassette:
        server.run(lambda client: reach(client, cassette, Reach(way, "127.0.0.1", world.port), bodies=False))
    assert world.heard == []


@pytest.mark.parametrize("way", KEPT_ALIVE)
def test_request_over_a_connection_that_was_open_before_fails_the_test(
    server: Server, world: World, path: Path, way: str
) -> None:
    to = Reach(way, "127.0.0.1", world.port)

    async def story(client: Client) -> None:
        KEPT["requests"] = requests.Session()
        KEPT["httpx2"] = httpx2.AsyncClient()
        KEPT["aiohttp"] = aiohttp.ClientSession()
        try:
            await asyncio.to_thread(KEPT["requests"].get, to.url)
            await KEPT["httpx2"].get(to.url)
            async with KEPT["aiohttp"].get(to.url) as response:
                await response.read()
            before = list(world.heard)
            with pytest.raises(WorkflowFailureError), use_cassette(path) as cassette:
                await reach(client, cassette, to)
            assert world.heard == before
        finally:
            KEPT["requests"].close()
            await KEPT["httpx2"].aclose()
            await KEPT["aiohttp"].close()
            await asyncio.sleep(0)

    with pytest.raises(CassetteBypass, match=f"reached 127.0.0.1:{world.port} past the cassette"):
        server.run(story)


@pytest.mark.parametrize("way", ENCRYPTED)
def test_request_over_an_encrypted_connection_that_was_open_before_fails_the_test(
    server: Server, world: World, path: Path, tmp_path: Path, way: str
) -> None:
    world.encrypt(tmp_path)
    trusting = ssl.create_default_context(cafile=tmp_path / "certificate.pem")
    connection = http.client.HTTPSConnection("localhost", world.port, context=trusting, timeout=5)
    connection.request("GET", "/")
    connection.getresponse().read()
    KEPT["tls"] = connection
    try:
        with (
            pytest.raises(CassetteBypass, match=f"reached 127.0.0.1:{world.port} past the cassette"),
            use_cassette(path) as cassette,
        ):
            server.run(lambda client: reach(client, cassette, Reach(way, "localhost", world.port)))
    finally:
        connection.close()
    assert world.heard == ["connection", "/"]


@pytest.mark.parametrize("way", PROCESSES)
def test_process_that_an_activity_wants_is_refused_with_words(
    server: Server, world: World, path: Path, way: str
) -> None:
    with pytest.raises(CassetteBypass) as caught, use_cassette(path) as cassette:
        server.run(lambda client: reach(client, cassette, Reach(way, "127.0.0.1", world.port)))
    assert world.heard == []
    assert f"gave work to another process, where no cassette sees what it calls: {PROCESSES[way]} (" in str(
        caught.value
    )
    assert f"in {way}" in caught.value.problem.cause
    assert "ThreadPoolExecutor" in caught.value.problem.fix


@pytest.mark.parametrize("way", HARMLESS)
def test_what_reaches_nobody_is_no_bypass(server: Server, path: Path, way: str) -> None:
    with use_cassette(path) as cassette:
        said = server.run(lambda client: reach(client, cassette, Reach(way, "127.0.0.1", 9)))
    assert said == "nothing happened"
    assert cassette.unwatched == ()


def test_program_that_an_activity_starts_is_named_as_not_watched(server: Server, path: Path) -> None:
    with use_cassette(path) as cassette:
        server.run(lambda client: reach(client, cassette, Reach("command", "127.0.0.1", 9)))
    [said] = cassette.unwatched
    assert said.startswith("activity reach_from_a_thread started python")
    assert "tests/cassettes/reaching.py:" in said


@pytest.mark.parametrize("way", ["async_httpx2", "sync_requests", "plain_socket", "own_thread"])
@pytest.mark.parametrize(
    ("host", "allow"),
    [
        ("127.0.0.1", "127.0.0.1:{port}"),
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost:{port}"),
        # The name is resolved where nobody watched.
        ("127.0.0.1", "localhost"),
    ],
)
def test_allowed_host_is_reached(server: Server, world: World, path: Path, way: str, host: str, allow: str) -> None:
    with use_cassette(path, allow_hosts=[allow.format(port=world.port)]) as cassette:
        server.run(lambda client: reach(client, cassette, Reach(way, host, world.port)))
    assert "connection" in world.heard


def test_host_is_allowed_while_the_cassette_is_in_use(server: Server, world: World, path: Path) -> None:
    with use_cassette(path) as cassette:
        cassette.allow_hosts(f"127.0.0.1:{world.port}")
        server.run(lambda client: reach(client, cassette, Reach("plain_socket", "127.0.0.1", world.port)))
    assert "connection" in world.heard


@pytest.mark.parametrize("allow", ["127.0.0.1:1", "127.0.0.2", "db.invalid"])
def test_another_host_or_port_stays_refused(server: Server, world: World, path: Path, allow: str) -> None:
    with pytest.raises(CassetteBypass), use_cassette(path, allow_hosts=[allow]) as cassette:
        server.run(lambda client: reach(client, cassette, Reach("plain_socket", "127.0.0.1", world.port)))
    assert world.heard == []


def test_name_that_nobody_can_look_up_is_a_bypass_too_and_shown_as_the_name(server: Server, path: Path) -> None:
    with pytest.raises(CassetteBypass, match=r"reached api\.model\.invalid:443 past"), use_cassette(path) as cassette:
        server.run(lambda client: reach(client, cassette, Reach("async_httpx2", "api.model.invalid", 443)))


def test_whoever_is_no_activity_reaches_what_it_wants(server: Server, world: World, path: Path) -> None:
    other = World()

    async def story(client: Client) -> None:
        with use_cassette(path, allow_hosts=[f"127.0.0.1:{world.port}"]) as cassette:
            # The activity makes the pool start its thread, which the test goes on using.
            for way in ("default_executor", "own_thread", "async_aiohttp", "pool_of_the_test"):
                await reach(client, cassette, Reach(way, "127.0.0.1", world.port))
            url = f"http://localhost:{other.port}/"
            await asyncio.to_thread(requests.get, url, timeout=5)
            for pool in (None, KEPT["pool"]):
                await asyncio.get_running_loop().run_in_executor(pool, requests.get, url)
            async with aiohttp.ClientSession() as session, session.get(url) as response:
                await response.read()
            process = multiprocessing.get_context("spawn").Process(target=os.getpid)
            process.start()
            await asyncio.to_thread(process.join)

    try:
        with ThreadPoolExecutor(1) as KEPT["pool"]:
            server.run(story)
        assert other.heard.count("/") == 4
    finally:
        other.close()


def test_standard_library_is_as_it_was_when_the_cassette_is_not_in_use_any_more(
    server: Server, world: World, path: Path
) -> None:
    before = standard_library()
    with use_cassette(path, allow_hosts=["127.0.0.1"]) as cassette:
        assert standard_library() == before, "nothing is replaced before an activity runs"
        with use_cassette(path, allow_hosts=["127.0.0.1"]) as inner:
            for used in (cassette, inner):
                server.run(lambda client, c=used: reach(client, c, Reach("plain_socket", "127.0.0.1", world.port)))  # type: ignore[misc]  # a lambda's default
        assert standard_library() != before, "the outer one is in use"
    assert standard_library() == before


def standard_library() -> list[dict[str, object]]:
    owners = (socket, socket.socket, ssl.SSLSocket, threading.Thread, ThreadPoolExecutor, ProcessPoolExecutor, os)
    return [dict(vars(owner)) for owner in (*owners, BaseProcess, Pool, subprocess.Popen)]


def test_what_somebody_else_puts_over_a_watched_function_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = Guard(cassette="", allow=(), note=lambda _: None)
    before = socket.getaddrinfo
    with guard.watching("late", until=__file__):
        ours = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", partial(ours))
        theirs = socket.getaddrinfo
    guard.close()
    assert socket.getaddrinfo is theirs
    assert theirs("localhost", 80), "what it calls does nothing any more"
    monkeypatch.setattr(socket, "getaddrinfo", before)


def test_thread_that_outlives_its_cassette_is_nobody_s_business(world: World) -> None:
    noted: list[CassetteError] = []
    guard, another = (Guard(cassette="cassette c.yaml, mode none", allow=(), note=noted.append) for _ in range(2))
    ended = threading.Event()

    def late() -> None:
        ended.wait(20)
        SYNC["plain_socket"](Reach("", "127.0.0.1", world.port))

    with guard.watching("late", until=__file__):
        thread = threading.Thread(target=late)
        thread.start()
    with another.watching("other", until=__file__):
        guard.close()
        with watched_by(None):
            ended.set()
            thread.join()
    another.close()
    assert "connection" in world.heard
    assert noted == []


def test_name_that_is_allowed_later_is_looked_up_then() -> None:
    guard = Guard(cassette="", allow=allowed_hosts.parse(["db.invalid"]), note=lambda _: None)
    assert not guard.is_allowed("127.0.0.1", 5432)
    guard.allow(allowed_hosts.parse(["localhost:5432"]))
    assert guard.is_allowed("127.0.0.1", 5432)
    assert not guard.is_allowed("127.0.0.1", 5433)


def test_names_that_are_allowed_are_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[object] = []
    real = socket.getaddrinfo

    def noting(host: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the standard library's
        looked_up.append(host)
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", noting)
    guard = Guard(cassette="", allow=allowed_hosts.parse(["localhost:5432"]), note=lambda _: None)
    assert [guard.is_allowed("127.0.0.1", port) for port in (5432, 5433, 5432)] == [True, False, True]
    assert looked_up == ["localhost"]


def test_address_of_a_name_is_the_same_however_it_is_written() -> None:
    guard = Guard(cassette="", allow=allowed_hosts.parse(["db.internal"]), note=lambda _: None)
    guard.found("DB.internal.", {"0:0:0:0:0:0:0:2"})
    assert guard.names_of("::2") == ["db.internal"]
    assert guard.is_allowed("::2", 5432)


def test_bypass_that_no_line_of_the_team_s_began_says_so() -> None:
    noted: list[CassetteError] = []
    problem = Guard(cassette="cassette c.yaml", allow=(), note=noted.append).refuse(
        "It reached out", (), fix="allow it"
    )
    assert "Cause: no line of your code is on the stack\n" in str(problem)
    assert noted == [problem]


@pytest.mark.parametrize(("address", "shown"), [("127.0.0.1", "localhost:5432"), ("::2", r"\[::2\]:5432")])
def test_bypass_names_the_host_as_it_was_looked_up_or_its_address(address: str, shown: str) -> None:
    guard = Guard(cassette="cassette c.yaml", allow=allowed_hosts.parse(["localhost:1"]), note=lambda _: None)
    with (
        guard.watching("look", until=__file__) as watched,
        pytest.raises(CassetteBypass, match=f"Activity look reached {shown} past"),
    ):
        watched.reaches(address, 5432, ())
    guard.close()


def test_nothing_is_refused_or_named_once_the_cassette_is_closed() -> None:
    noted: list[CassetteError] = []
    guard = Guard(cassette="cassette c.yaml", allow=(), note=noted.append)
    with guard.watching("late", until=__file__) as watched:
        guard.close()
        watched.reaches("192.0.2.1", 80, ())
        watched.leaves("os.fork", ())
        watched.commands("curl", ())
    assert (noted, guard.unwatched, watched.problem) == ([], (), None)


def test_port_may_be_named_by_its_service() -> None:
    guard = Guard(cassette="cassette c.yaml", allow=(), note=lambda _: None)
    with guard.watching("look", until=__file__), pytest.raises(CassetteBypass, match=r"reached api\.invalid:443 past"):
        socket.getaddrinfo("api.invalid", "https")
    guard.close()


def test_program_that_a_shell_starts_is_named_too() -> None:
    guard = Guard(cassette="cassette c.yaml", allow=(), note=lambda _: None)
    with guard.watching("shell", until=__file__):
        os.system("true harbour")  # noqa: S605 - what is watched
    guard.close()
    assert guard.unwatched == ("activity shell started true",)


def test_first_bypass_of_an_activity_is_the_one_it_ends_with() -> None:
    guard = Guard(cassette="cassette c.yaml", allow=(), note=lambda _: None)
    with guard.watching("twice", until=__file__) as watched:
        for host in ("192.0.2.1", "192.0.2.2"):
            with pytest.raises(CassetteBypass):
                watched.reaches(host, 80, ())
    guard.close()
    assert watched.problem is not None
    assert "192.0.2.1:80" in watched.problem.problem.what


def test_bypass_of_a_library_s_own_activity_names_the_library_s_line() -> None:
    guard = Guard(cassette="cassette c.yaml", allow=(), note=lambda _: None)
    code = compile("def call(watched):\n    watched.reaches('192.0.2.1', 80, ())", "/x/site-packages/lib.py", "exec")
    library: dict[str, Any] = {}
    exec(code, library)  # noqa: S102 - stands in for an installed package
    with (
        guard.watching("call", until=__file__) as watched,
        pytest.raises(CassetteBypass, match=r"at /x/site-packages/lib\.py:2 in call"),
    ):
        library["call"](watched)
    guard.close()


def test_activity_that_begins_when_its_cassette_is_closed_replaces_nothing() -> None:
    before = standard_library()
    guard = Guard(cassette="", allow=(), note=lambda _: None)
    guard.close()
    with guard.watching("late", until=__file__):
        assert standard_library() == before
    assert standard_library() == before


def test_nobody_is_kept_from_anything_while_answers_are_recorded(server: Server, world: World, tmp_path: Path) -> None:
    with use_cassette(tmp_path / "new.yaml", mode="once") as cassette:
        cassette.allow_hosts("elsewhere.test")
        server.run(lambda client: reach(client, cassette, Reach("plain_socket", "127.0.0.1", world.port)))
    assert "connection" in world.heard


@pytest.mark.parametrize("said", ["", "http://db", "db:port", "db:0", "db:70000", "a b", "[::1", "::1]:5", "u@db"])
def test_what_is_no_host_is_an_error(path: Path, said: str) -> None:
    with pytest.raises(ConfigInvalid, match="is no host that activities may be allowed to reach"):
        open_cassette(path, Options(allow_hosts=[said]))


@pytest.mark.parametrize(
    ("said", "host", "port", "covered"),
    [
        ("DB.internal", "db.internal", 1, True),
        ("db.internal:5432", "db.internal", 5432, True),
        ("db.internal:5432", "db.internal", 5433, False),
        ("::1", "0:0:0:0:0:0:0:1", 1, True),
        ("[::1]:80", "::1", 80, True),
        ("[::1]:80", "::1", 81, False),
        ("internal", "db.internal", 1, False),
    ],
)
def test_allowed_host_covers_its_name_or_address_and_port(said: str, host: str, port: int, *, covered: bool) -> None:
    [allowed] = allowed_hosts.parse([said])
    assert allowed.allows(host, port) == covered
