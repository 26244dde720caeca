"""The pipe between this process and one that it started: frames of a length and a pickle."""

import pickle
import struct
import threading
from typing import Any, BinaryIO

from replaykit.adapters.messages import Reply, Request

LENGTH = struct.Struct(">I")


def frame(message: object) -> bytes:
    """Pack a message for the wire."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body


def unpack(body: bytes) -> Any:  # noqa: ANN401 - what the other end sends
    """Unpack a message's body; both ends are processes of the same run and the same user."""
    return pickle.loads(body)  # noqa: S301 - see above


class Line:
    """The replay process's end of the pipe."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        """Speak over two binary streams."""
        self._source = source
        self._sink = sink
        self._lock = threading.Lock()

    def receive(self) -> Request | Reply | None:
        """Wait for the next message; None once the pool is gone."""
        head = self._source.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return None
        (length,) = LENGTH.unpack(head)
        message: Request | Reply = unpack(self._source.read(length))
        return message

    def send(self, reply: Reply) -> None:
        """Send a message whole, from whichever thread."""
        data = frame(reply)
        with self._lock:
            self._sink.write(data)
            self._sink.flush()
