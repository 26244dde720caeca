"""A codec server for the Web UI, the temporal CLI and replaykit: `python -m examples.encrypted.codec_server`.

It speaks Temporal's protocol (POST …/decode and …/encode, Payloads as protobuf JSON) on the loopback interface, and
lets in whoever sends the token. Its own machine alone needs the key.
"""

import argparse
import asyncio
import hmac
import os
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.json_format import MessageToJson, Parse, ParseError
from temporalio.api.common.v1 import Payloads
from temporalio.converter import PayloadCodec

from .codec import EncryptionCodec

TOKEN = "LAB_CODEC_TOKEN"  # noqa: S105 - the name of an environment variable
INSECURE_DEVELOPMENT_TOKEN = "insecure-development"  # noqa: S105 - and named as what it is
LARGEST = 64 * 2**20


class CodecServer(ThreadingHTTPServer):
    """Serves one codec to those who send `Authorization: Bearer TOKEN`."""

    daemon_threads = True

    def __init__(self, codec: PayloadCodec, *, token: str, host: str = "127.0.0.1", port: int = 0) -> None:
        """Bind to the address; port 0 takes a free one."""
        self.codec = codec
        self.authorization = f"Bearer {token}".encode()
        super().__init__((host, port), _Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: CodecServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer one request."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            self.close_connection = True
            return self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body = self.rfile.read(int(length))
        if not hmac.compare_digest(self.headers.get("Authorization", "").encode(), self.server.authorization):
            return self._answer(HTTPStatus.UNAUTHORIZED)
        # Only the end of the path counts, so that one server may be mounted anywhere.
        work = {"decode": self.server.codec.decode, "encode": self.server.codec.encode}.get(self.path.split("/")[-1])
        if work is None:
            return self._answer(HTTPStatus.NOT_FOUND)
        try:
            asked = Parse(body, Payloads())
            done = asyncio.run(work(asked.payloads))
        except (ParseError, UnicodeDecodeError):
            return self._answer(HTTPStatus.BAD_REQUEST)
        except Exception:  # noqa: BLE001 - a payload it cannot read; its text stays here
            return self._answer(HTTPStatus.BAD_REQUEST)
        return self._answer(HTTPStatus.OK, MessageToJson(Payloads(payloads=done), indent=None).encode())

    def _answer(self, status: HTTPStatus, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Keep quiet: a log of decoded payloads would be the leak that encryption prevents."""


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="codec_server", description="Decode the lab's payloads for those who may.")
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    parser.add_argument("--port", type=int, default=0, help="default: a free one, which is printed")
    options = parser.parse_args()
    token = os.environ.get(TOKEN) or INSECURE_DEVELOPMENT_TOKEN
    with CodecServer(EncryptionCodec(), token=token, host=options.host, port=options.port) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
