"""Passing a request on to a real model and its answer back, chunk by chunk."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial


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
