"""Passing a request on to a real model and its answer back, chunk by chunk."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import Any

from .errors import RefusalError


@contextmanager
def forward(url: str, raw: bytes) -> Iterator[tuple[int, str, Iterator[bytes]]]:
    """The model's answer: status, content type, and the parts of the body as they come."""
    request = urllib.request.Request(  # noqa: S310 -- the URL is our own loopback model
        url, data=raw, headers={"Content-Type": "application/json"}
    )
    try:
        answer = urllib.request.urlopen(request, timeout=600)  # noqa: S310 -- as above
    except urllib.error.HTTPError as refusal:
        answer = refusal
    with answer:
        kind = answer.headers.get("Content-Type", "application/json")
        yield answer.status, kind, iter(partial(answer.read1, 4096), b"")


def ask(upstream: str, body: Mapping[str, Any]) -> tuple[str, str]:
    """What the model answers to a chat of our own making, and its name.

    Raises:
        RefusalError: The model refuses.
    """
    with forward(f"{upstream}/chat/completions", json.dumps(body).encode()) as (status, _, parts):
        answer = json.loads(b"".join(parts))
    if status != HTTPStatus.OK:
        raise RefusalError(status, str(answer["error"]["message"]))
    said: str = answer["choices"][0]["message"]["content"]
    return said, answer["model"]
