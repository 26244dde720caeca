"""Stores of objects on loopback, spoken to by their own protocols: S3 (moto) and Google Cloud Storage."""

import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.serving import running

INSTALL = "pip install -e '.[dev]'"
BUCKET = "shop-histories"
REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Store:
    """A store, and the environment of a process that asks it; `home` holds no credentials of the machine's own."""

    url: str
    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def s3(home: Path) -> Iterator["S3"]:
    """Serve S3's protocol; nobody's rights are looked at before `S3.strict`."""
    moto = pytest.importorskip("moto.server", reason=INSTALL)
    pytest.importorskip("s3fs", reason=INSTALL)
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield S3(f"http://{host}:{port}", home)
    finally:
        server.stop()


@dataclass(frozen=True, slots=True)
class S3(Store):
    """S3 as moto plays it."""

    def process(self, key: str = "", secret: str = "", **more: str) -> dict[str, str]:
        """Give the environment of a process that has a key, or none at all."""
        given = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret} if key else {}
        nowhere = str(self.home / "no-such-file")
        files = {"AWS_SHARED_CREDENTIALS_FILE": nowhere, "AWS_CONFIG_FILE": nowhere, "HOME": str(self.home)}
        return {"AWS_ENDPOINT_URL": self.url, "AWS_EC2_METADATA_DISABLED": "true", **files, **given, **more}

    def put(self, files: Mapping[str, bytes]) -> None:
        """Make the bucket and put objects into it."""
        client = self._client("s3")
        client.create_bucket(Bucket=BUCKET)
        for name, content in files.items():
            client.put_object(Bucket=BUCKET, Key=name, Body=content)

    def key_of(self, user: str, *actions: str) -> tuple[str, str]:
        """Make a user who may do so much, and return the access key and its secret."""
        client = self._client("iam")
        client.create_user(UserName=user)
        if actions:
            allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
            client.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=document)
        key = client.create_access_key(UserName=user)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    @contextmanager
    def strict(self) -> Iterator[None]:
        """Look at keys, signatures and rights meanwhile."""
        self._checked_after(0)
        try:
            yield
        finally:
            self._checked_after(float("inf"))

    def _checked_after(self, requests: float) -> None:
        headers = {"Content-Type": "text/plain"}
        body = str(requests).encode()
        asked = urllib.request.Request(f"{self.url}/moto-api/reset-auth", body, headers, method="POST")  # noqa: S310 - ours
        with urllib.request.urlopen(asked):  # noqa: S310 - ours
            pass

    def _client(self, service: str) -> Any:  # noqa: ANN401 - botocore makes its clients as it runs
        session = import_module("botocore.session").get_session()
        keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
        return session.create_client(service, region_name=REGION, endpoint_url=self.url, **keys)


@contextmanager
def gcs(home: Path, files: Mapping[str, bytes]) -> Iterator[Store]:
    """Serve Google Cloud Storage's JSON protocol, with a bucket that holds so much."""
    emulator = pytest.importorskip("gcp_storage_emulator.server", reason=INSTALL)
    pytest.importorskip("gcsfs", reason=INSTALL)
    port = _free_port()
    server = emulator.create_server("127.0.0.1", port, in_memory=True, default_bucket=BUCKET)
    server.start()
    try:
        url = f"http://127.0.0.1:{port}"
        # The emulator breaks down over an empty object (gcp-storage-emulator 2026.7).
        for name, content in ((name, content) for name, content in files.items() if content):
            asked = f"{url}/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name={quote(name, safe='')}"
            with urllib.request.urlopen(urllib.request.Request(asked, content, method="POST")):  # noqa: S310 - ours
                pass
        yield Store(url, home, _google(url, home))
    finally:
        server.stop()


@contextmanager
def refusing_gcs(home: Path, status: int, said: str) -> Iterator[Store]:
    """Answer every request of Google Cloud Storage with a refusal in Google's form."""
    pytest.importorskip("gcsfs", reason=INSTALL)
    body = json.dumps({"error": {"code": status, "message": said}}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, *_: object) -> None:
            """Say nothing: pytest shows what matters."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, running(server):
        url = f"http://127.0.0.1:{server.server_address[1]}"
        yield Store(url, home, _google(url, home))


def _google(url: str, home: Path) -> dict[str, str]:
    # Nothing asks the addresses at which Google's own machines find credentials.
    nowhere = {"NO_GCE_CHECK": "true", "GCE_METADATA_HOST": "127.0.0.1:1", "GCE_METADATA_IP": "127.0.0.1:1"}
    return {"STORAGE_EMULATOR_HOST": url, "HOME": str(home), "CLOUDSDK_CONFIG": str(home), **nowhere}


def _free_port() -> int:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return int(server.server_address[1])
