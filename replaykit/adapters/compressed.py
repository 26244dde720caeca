"""A file is opened by its content: what gzip or zstd packed is unpacked as it is read."""

import gzip
import io
import sys
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol

from replaykit.adapters.locations import Place
from replaykit.adapters.store_refusals import unreadable
from replaykit.errors import ExtraMissing, HistoryTruncated, HistoryUnreadable, NotAHistory, ReplaykitError

BUFFER = 64 * 1024
GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
# A compressed file is now and then compressed again by whoever carries it; more is a trap.
LAYERS = 2


class _Readable(Protocol):
    def read1(self, size: int = ..., /) -> bytes: ...


class _Explained(io.RawIOBase):
    """Bytes of a stream, as many as asked for; what goes wrong after some of them is raised once they are read."""

    def __init__(self, read: Callable[[int], bytes], explain: Callable[[Exception], ReplaykitError]) -> None:
        self._read = read
        self._explain = explain
        self._error: ReplaykitError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - any writable buffer
        filled = 0
        while filled < len(buffer) and self._error is None:
            try:
                data = self._read(len(buffer) - filled)
            except ReplaykitError as error:
                self._error = error
            except Exception as error:  # noqa: BLE001 - each store of fsspec raises its own
                self._error = self._explain(error)
            else:
                if not data:
                    return filled
                buffer[filled : filled + len(data)] = data
                filled += len(data)
        if self._error is not None and not filled:
            raise self._error
        return filled


def opened(place: Place) -> tuple[BinaryIO, io.BufferedReader]:
    """Open a file; return what is to be closed, and its content as it was before it was compressed.

    Raises:
        HistoryUnreadable: The operating system does not let the file be read.
        SourceUnreadable: A store does not.
        NotAHistory: It is compressed again and again.
        ExtraMissing: It is packed with zstd, and the package for that is not installed.

    Reading raises the same, `HistoryTruncated` where compressed content stops in the middle, and `HistoryUnreadable`
    where it is damaged.
    """

    def explain(error: Exception) -> ReplaykitError:
        return _refused(place, error)

    try:
        file = place.open()
    except Exception as error:  # noqa: BLE001 - each store of fsspec raises its own
        raise explain(error) from None
    try:
        return file, _unpacked(_buffered(file.read, explain), place.shown)
    except BaseException:
        file.close()
        raise


def _unpacked(stream: io.BufferedReader, name: str) -> io.BufferedReader:
    for _ in range(LAYERS + 1):
        head = stream.peek(len(ZSTD))
        if head.startswith(GZIP):
            stream = _buffered(gzip.GzipFile(fileobj=stream, mode="rb").read1, _damaged(name, "gzip"))
        elif head.startswith(ZSTD):
            stream = _buffered(_zstd(stream, name).read1, _damaged(name, "zstd"))
        else:
            return stream
    raise NotAHistory(
        f"{name} is compressed more than {LAYERS} times.",
        cause="unpacking it gives another compressed file, over and over",
        fix="see what the file is",
    )


def _buffered(read: Callable[[int], bytes], explain: Callable[[Exception], ReplaykitError]) -> io.BufferedReader:
    return io.BufferedReader(_Explained(read, explain), BUFFER)


def _zstd(stream: io.BufferedReader, name: str) -> _Readable:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd  # noqa: PLC0415 - some builds of Python lack it
        else:
            from backports import zstd  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise ExtraMissing(
            f"{name} cannot be unpacked.",
            cause="it is compressed with zstd, and the package backports.zstd is not installed",
            fix="pip install 'temporal-replaykit[files]'",
        ) from None
    return zstd.ZstdFile(stream, "rb")


def _damaged(name: str, packed: str) -> Callable[[Exception], ReplaykitError]:
    def explain(error: Exception) -> ReplaykitError:
        if isinstance(error, EOFError):
            return HistoryTruncated(
                f"{name} is cut short.",
                cause=f"its {packed} data stops in the middle",
                fix="copy or download it again",
            )
        return HistoryUnreadable(
            f"{name} cannot be unpacked.",
            cause=f"its {packed} data is damaged" + (" (checksum)" if _is_checksum(error) else ""),
            fix="copy or download it again",
        )

    return explain


def _is_checksum(error: Exception) -> bool:
    return isinstance(error, gzip.BadGzipFile | zlib.error) and "check" in str(error).lower()


def _refused(place: Place, error: Exception) -> ReplaykitError:
    if "://" in place.shown:
        return unreadable(place.shown, error)
    return HistoryUnreadable(
        f"{place.shown} cannot be read.",
        cause=(isinstance(error, OSError) and error.strerror) or type(error).__name__,
        fix="check that the file is there and may be read; a link may lead nowhere",
    )
