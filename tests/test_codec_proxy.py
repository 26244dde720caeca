"""A codec server is asked through the proxy that the environment names, a real one on loopback, or past it."""

import asyncio
import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from temporalio.api.common.v1 import Payload

from examples.encrypted.codec import EncryptionCodec
from examples.encrypted.codec_server import CodecServer
from replaykit.adapters import codec_requests
from replaykit.adapters.codec_server import RemoteCodec
from replaykit.config import CodecAccess
from replaykit.errors import CodecServerFailed
from tests.forward_proxy import forward_proxy
from tests.serving import running
from tests.test_codec_server import PLAIN, Pauses

# No name server knows it: who asks it has asked a proxy.
HOST = "codec.shop.invalid"
TOKEN = "t0ken-of-the-test"  # noqa: S105 - made up here
USER, PASSWORD = "ada", "wolfs@bane"
SEALED = asyncio.run(EncryptionCodec().encode(PLAIN))


@pytest.fixture(autouse=True)
def _no_proxies_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def served() -> Iterator[CodecServer]:
    with CodecServer(EncryptionCodec(), token=TOKEN) as server, running(server):
        yield server


@pytest.fixture
def served_by_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CodecServer]:
    certificate = _certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with CodecServer(EncryptionCodec(), token=TOKEN) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        with running(server):
            yield server


def _certificate(directory: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    no_password = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)
    file = directory / "codec.pem"
    file.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return file


def behind(server: CodecServer) -> tuple[str, int]:
    return "127.0.0.1", server.server_address[1]


def decode(url: str) -> list[Payload]:
    access = CodecAccess(authorization=f"Bearer {TOKEN}")
    return asyncio.run(RemoteCodec(url, namespace="shop", access=access, pause=Pauses()).decode(SEALED))


def failure(url: str) -> CodecServerFailed:
    with pytest.raises(CodecServerFailed) as caught:
        decode(url)
    for secret in (TOKEN, PASSWORD, "wolfs", USER):
        assert secret not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_codec_server_by_http_is_asked_through_the_proxy(
    variable: str, served: CodecServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with forward_proxy(behind(served)) as proxy:
        # The scheme may be left out, as for curl.
        monkeypatch.setenv(variable, proxy.at if variable == "ALL_PROXY" else f"http://{proxy.at}")
        assert decode(f"http://{HOST}/codec") == PLAIN
    assert proxy.asked == [f"POST http://{HOST}/codec/decode"]


def test_a_codec_server_by_https_is_asked_through_a_tunnel_that_sees_no_token(
    served_by_tls: CodecServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with forward_proxy(behind(served_by_tls), credentials=f"{USER}:{PASSWORD}") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{USER}:{PASSWORD.replace('@', '%40')}@{proxy.at}")
        assert decode(f"https://{HOST}") == PLAIN
    assert proxy.asked == [f"CONNECT {HOST}:443"]
    heard = b"".join(proxy.heard)
    assert heard
    assert TOKEN.encode() not in heard
    assert b"payloads" not in heard


def test_the_proxy_of_the_other_scheme_is_not_asked(served: CodecServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with forward_proxy(behind(served)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.at}")
        assert failure(f"http://{HOST}").problem.cause == "its name is not known"
    assert proxy.asked == []


@pytest.mark.parametrize(
    ("listed", "host"),
    [
        (HOST, HOST),
        (".invalid, other.example", HOST),
        (f"{HOST}:8081", f"{HOST}:8081"),
        ("*", HOST),
        ("10.0.0.0/8, 192.0.2.0/24", "192.0.2.7:1"),
    ],
)
def test_what_no_proxy_lists_is_asked_directly(
    listed: str, host: str, served: CodecServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codec_requests, "CONNECT_SECONDS", 0.05)
    with forward_proxy(behind(served)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.at}")
        monkeypatch.setenv("NO_PROXY", "elsewhere.example, 198.51.100.0/24")
        assert decode(f"http://{host}") == PLAIN
        monkeypatch.setenv("NO_PROXY", listed)
        # Nobody is there: what matters is that the proxy was left out.
        failure(f"http://{host}")
    assert len(proxy.asked) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_never_asked_through_a_proxy(
    host: str, served: CodecServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with forward_proxy(behind(served)) as proxy:
        for variable in ("HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(variable, f"http://{proxy.at}")
        assert decode(f"http://{host}:{served.server_address[1]}") == PLAIN
    assert proxy.asked == []


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("given", ["", f"{USER}:wolfs@"])
def test_a_proxy_that_wants_credentials_is_told_from_a_codec_server_that_does(
    scheme: str, given: str, served: CodecServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with forward_proxy(behind(served), credentials=f"{USER}:{PASSWORD}") as proxy:
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://{given}{proxy.at}")
        problem = failure(f"{scheme}://{HOST}").problem
    assert problem.cause == (
        f"the proxy at {proxy.at} ({scheme.upper()}_PROXY) asks for credentials, or refuses those it was given"
    )
    assert problem.fix == "put them into the variable: http://USER:PASSWORD@HOST:PORT, with %40 for an @ in them"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_down_is_named_and_not_the_codec_server(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        at = f"127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://{USER}:wolfs@{at}")
        problem = failure(f"{scheme}://{HOST}").problem
    assert problem.cause == f"the proxy at {at} ({scheme.upper()}_PROXY) cannot be reached: connection refused"
    assert problem.fix == "correct the variable, or add the codec server's host to NO_PROXY"


def test_a_proxy_that_opens_no_way_there_is_told_with_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    with CodecServer(EncryptionCodec(), token=TOKEN) as no_proxy, running(no_proxy):
        at = f"127.0.0.1:{no_proxy.server_address[1]}"
        monkeypatch.setenv("HTTPS_PROXY", f"http://{at}")
        cause = failure(f"https://{HOST}").problem.cause
    assert cause == f"the proxy at {at} (HTTPS_PROXY) opens no way there: it answers with status 501"


def test_a_socks_proxy_is_said_to_be_none_for_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", f"socks5://{USER}:wolfs@127.0.0.1:1080")
    problem = failure(f"https://{HOST}").problem
    assert problem.cause == "the proxy at 127.0.0.1:1080 (ALL_PROXY) is not one for HTTP"
    assert problem.fix == "name an http:// proxy, or leave it out by NO_PROXY"
