"""A codec server is asked over real HTTP, and whatever it does wrong is one error that gives nothing away."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload

from examples.encrypted.codec import EncryptionCodec
from examples.encrypted.codec_server import CodecServer
from replaykit.adapters import codec_requests
from replaykit.adapters.codec_server import BatchRefused, RemoteCodec
from replaykit.config import CodecAccess
from replaykit.errors import CodecServerFailed
from tests.serving import running

TOKEN = "t0ken-of-the-test"  # noqa: S105 - made up here
ACCESS = CodecAccess(authorization=f"Bearer {TOKEN}")
PLAIN = [Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(n).encode()) for n in range(3)]


@pytest.fixture
def served() -> Iterator[str]:
    with CodecServer(EncryptionCodec(), token=TOKEN) as server, running(server):
        yield server.url


@dataclass
class Scripted:
    """A server that answers as it is told, the last answer again and again, and keeps what it was asked."""

    answers: Sequence[tuple[int, bytes | Callable[[bytes], bytes], dict[str, str]]]
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    @contextmanager
    def serve(self) -> Iterator["Scripted"]:
        script = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                script.asked.append((self.path, dict(self.headers), body))
                status, answer, headers = script.answers[min(len(script.asked), len(script.answers)) - 1]
                content = answer if isinstance(answer, bytes) else answer(body)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: Any) -> None:  # noqa: ANN401 - the base class's signature
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, running(server):
            self.url = f"http://127.0.0.1:{server.server_address[1]}"
            yield self


def echo(body: bytes) -> bytes:
    return body


class Pauses:
    """Waits for nothing, and remembers for how long it would have."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def decode(url: str, payloads: Sequence[Payload] = PLAIN, **more: Any) -> list[Payload]:  # noqa: ANN401 - RemoteCodec's own
    codec = RemoteCodec(url, **{"namespace": "shop", "access": ACCESS, "pause": Pauses(), **more})
    return asyncio.run(codec.decode(payloads))


def failure(url: str, **more: Any) -> CodecServerFailed:  # noqa: ANN401 - RemoteCodec's own
    with pytest.raises(CodecServerFailed) as caught:
        decode(url, **more)
    assert TOKEN not in str(caught.value)
    return caught.value


def test_what_is_encoded_there_is_decoded_there_in_order(served: str) -> None:
    codec = RemoteCodec(served, namespace="shop", access=ACCESS)
    encoded = asyncio.run(codec.encode(PLAIN))
    assert {payload.metadata["encoding"] for payload in encoded} == {b"binary/encrypted"}
    assert asyncio.run(codec.decode(encoded)) == PLAIN


def test_the_request_is_that_of_temporals_protocol() -> None:
    with Scripted([(200, echo, {})]).serve() as server:
        access = CodecAccess(authorization="Basic abc", headers=(("X-Team", "payments"),))
        decode(f"{server.url}/codecs/{{namespace}}/", namespace="shop/a b", access=access)
    [(path, headers, body)] = server.asked
    assert path == "/codecs/shop%2Fa%20b/decode"
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Namespace"] == "shop/a b"
    assert headers["Authorization"] == "Basic abc"
    assert headers["X-Team"] == "payments"
    assert json.loads(body)["payloads"][1] == {"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "MQ=="}


def test_many_payloads_go_in_few_requests_and_come_back_in_order() -> None:
    payloads = [Payload(metadata={"encoding": b"json/plain"}, data=str(n).encode()) for n in range(1001)]
    with Scripted([(200, echo, {})]).serve() as server:
        assert decode(server.url, payloads) == payloads
    assert len(server.asked) == 6


def test_large_payloads_go_in_requests_that_a_proxy_lets_through() -> None:
    payloads = [Payload(data=bytes(400_000)), Payload(data=bytes(200_000)), Payload(data=bytes(200_000))]
    with Scripted([(200, echo, {})]).serve() as server:
        assert decode(server.url, payloads) == payloads
    assert len(server.asked) == 2
    assert all(len(body) < 2**20 for _, _, body in server.asked)


def test_no_payloads_are_no_request() -> None:
    assert decode("http://127.0.0.1:9", []) == []


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(status: int) -> None:
    with Scripted([(status, b"", {}), (status, b"", {}), (200, echo, {})]).serve() as server:
        pauses = Pauses()
        assert decode(server.url, pause=pauses) == PLAIN
    assert len(server.asked) == 3
    assert 0.2 <= pauses.seconds[0] < pauses.seconds[1]


def test_the_wait_that_a_server_asks_for_is_kept_within_reason() -> None:
    with Scripted(
        [(429, b"", {"Retry-After": "2"}), (429, b"", {"Retry-After": "3600"}), (200, echo, {})]
    ).serve() as it:
        pauses = Pauses()
        decode(it.url, pause=pauses)
    assert 2 <= pauses.seconds[0] <= 3
    assert 5 <= pauses.seconds[1] <= 7.5


def test_an_error_that_stays_is_told_with_its_status_and_without_the_body() -> None:
    with Scripted([(500, b"wolfsbane", {})]).serve() as server:
        error = failure(f"{server.url}/codec")
    assert len(server.asked) == 4
    assert error.problem.what == f"The codec server at {server.url}/codec gave no payloads."
    assert error.problem.cause == "it answers with status 500"
    assert "wolfsbane" not in str(error)


@pytest.mark.parametrize("access", [CodecAccess(), CodecAccess(authorization="Bearer wrong")])
def test_a_wrong_token_is_told_with_the_variable_that_holds_it(served: str, access: CodecAccess) -> None:
    error = failure(served, access=access)
    assert "status 401" in error.problem.cause
    assert "TEMPORAL_CODEC_AUTH" in error.problem.fix
    assert "wrong" not in error.problem.fix


def test_a_server_that_is_down_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        pauses = Pauses()
        error = failure(f"http://127.0.0.1:{taken.getsockname()[1]}", pause=pauses)
    assert error.problem.cause == "connection refused"
    assert len(pauses.seconds) == 3


def test_a_name_that_nobody_knows_is_told() -> None:
    assert failure("http://codec.invalid").problem.cause == "its name is not known"


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec_requests, "ANSWER_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = failure(f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert error.problem.cause == "no answer within 0.05 s"


def test_a_server_without_tls_where_tls_is_asked_is_told(served: str) -> None:
    assert "TLS failed" in failure(served.replace("http:", "https:")).problem.cause


def test_a_redirect_takes_payloads_and_token_nowhere() -> None:
    with Scripted([(200, echo, {})]).serve() as other:
        with Scripted([(307, b"", {"Location": f"{other.url}/decode"})]).serve() as server:
            assert "status 307" in failure(server.url).problem.cause
        assert not other.asked


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>wolfsbane</html>", b'{"payloads": 7}', b'{"payloads": [{"metadata": 1}]}', b"\xff\xfe"],
)
def test_an_answer_that_is_no_payloads_is_told_and_not_quoted(answer: bytes) -> None:
    with Scripted([(200, answer, {})]).serve() as server:
        error = failure(server.url)
    assert error.problem.cause == "its answer is no JSON of Temporal's Payloads"
    assert "wolfsbane" not in str(error)


@pytest.mark.parametrize("answer", [b"{}", b'{"payloads": [{}, {}]}', b'{"payloads": [{}, {}, {}, {}]}'])
def test_another_number_of_payloads_is_told(answer: bytes) -> None:
    with Scripted([(200, answer, {})]).serve() as server:
        error = failure(server.url)
    assert error.problem.cause.startswith("it answers 3 payloads with ")


def test_a_path_that_is_not_served_is_told() -> None:
    with Scripted([(404, b"", {})]).serve() as server:
        assert failure(server.url).problem.cause == "it answers with status 404: nothing is served there"


def test_a_payload_that_the_server_cannot_read_is_no_failure_of_the_server(served: str) -> None:
    strange = Payload(metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"unknown"}, data=b"x")
    with pytest.raises(BatchRefused):
        decode(served, [*PLAIN, strange])
