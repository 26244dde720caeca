"""Connections, threads and child processes are seen while somebody watches, and told to whoever watches that code.

Attributes of the standard library are replaced for that, and put back when nobody watches any more. The other way was
an audit hook (`sys.addaudithook`). It sees sockets that C code opens, too, but it can never be taken away again. It
says nothing of what is sent over a connection that was open before, as clients with keep-alive do; nothing of the
addresses that a name has, without which no host could be allowed by its name; and nothing of work that is given to a
pool of processes which runs already.

Who watches is a context variable, so tasks inherit it. Threads do not (before Python 3.14), so it is handed to a thread
when it is started, and to a work item when it is given to a pool of threads: a pool outlives whoever used it first.

Not seen is what does not go through Python's own sockets: C and Rust clients such as libpq, libcurl and gRPC's core,
and uvloop. Unix sockets stay within the machine, and are not looked at.
"""

import contextlib
import multiprocessing.pool
import multiprocessing.process
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextvars import ContextVar
from functools import wraps
from typing import Any, Protocol

from replaykit.adapters.sites import Place
from replaykit.adapters.user_stack import AT_MOST, user_stack

_INTERNET = frozenset({socket.AF_INET, socket.AF_INET6})
_ABSENT = object()


class Watcher(Protocol):
    """Who is told; what it raises, the code that is watched gets instead of what it wanted.

    Attributes:
        file: The file of code that calls the watched code, where stacks end.
    """

    file: str

    def looks_up(self, host: str, port: int, began: Sequence[Place]) -> None:
        """A name is looked up to connect to it."""

    def found(self, host: str, addresses: set[str]) -> None:
        """A name that was looked up has these addresses."""

    def reaches(self, host: str, port: int, began: Sequence[Place]) -> None:
        """A connection is opened, or something sent over one."""

    def leaves(self, how: str, began: Sequence[Place]) -> None:
        """Python code is handed to another process."""

    def commands(self, command: str, began: Sequence[Place]) -> None:
        """A program is started."""


class _Began(threading.local):
    """Where the team's code began the work that this thread does; innermost first."""

    places: tuple[Place, ...] = ()


_WATCHER: ContextVar[Watcher | None] = ContextVar("replaykit_watcher", default=None)
_BEGAN = _Began()


@contextlib.contextmanager
def watched_by(watcher: Watcher | None) -> Iterator[None]:
    """Have a watcher, or nobody, told what the code of this block does, and the tasks and threads that it starts."""
    token = _WATCHER.set(watcher)
    try:
        yield
    finally:
        _WATCHER.reset(token)


class Watch:
    """The replaced attributes, while anybody watches; process-wide, as what it replaces is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watchers = 0
        self._replaced: list[tuple[Any, str, object, object]] = []

    def begin(self) -> None:
        """Watch; each `begin` needs its `end`."""
        with self._lock:
            self._watchers += 1
            if self._watchers == 1:
                for owner, name, around in _REPLACEMENTS:
                    self._replace(owner, name, around)

    def end(self) -> None:
        """Put everything back once nobody watches."""
        with self._lock:
            self._watchers -= 1
            if self._watchers:
                return
            while self._replaced:
                owner, name, before, ours = self._replaced.pop()
                # What somebody else put over it stays: it calls ours, which without a watcher does nothing.
                if vars(owner).get(name) is not ours:
                    continue
                if before is _ABSENT:
                    delattr(owner, name)
                else:
                    setattr(owner, name, before)

    def _replace(self, owner: Any, name: str, around: Callable[..., Any]) -> None:  # noqa: ANN401 - a class or module
        before = vars(owner).get(name, _ABSENT)
        ours = around(getattr(owner, name))
        setattr(owner, name, ours)
        self._replaced.append((owner, name, before, ours))


WATCH = Watch()


def _connecting(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def connect(self: socket.socket, address: Any) -> Any:  # noqa: ANN401 - the standard library's
        # Connecting a datagram socket sends nothing; it is a way to learn one's own address.
        if self.type != socket.SOCK_DGRAM and (watcher := _WATCHER.get()):
            _reached(watcher, self, address)
        return original(self, address)

    return connect


def _sending(original: Callable[..., Any]) -> Callable[..., Any]:
    addressed_at = {"sendto": -1, "sendmsg": 3}.get(original.__name__)

    @wraps(original)
    def send(self: socket.socket, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the standard library's
        if watcher := _WATCHER.get():
            try:
                address = None if addressed_at is None else args[addressed_at]
            except IndexError:
                address = None
            _reached(watcher, self, address)
        return original(self, *args, **kwargs)

    return send


def _reached(watcher: Watcher, connection: socket.socket, address: Any) -> None:  # noqa: ANN401 - any family's address
    if connection.family not in _INTERNET:
        return
    if address is None:
        try:
            address = connection.getpeername()
        except OSError:
            return
    if isinstance(address, tuple) and len(address) > 1 and isinstance(address[0], str):
        watcher.reaches(address[0], address[1], _BEGAN.places)


def _looking_up(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the standard library's
        watcher = _WATCHER.get()
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        flags = kwargs.get("flags", args[3] if len(args) > 3 else 0)  # noqa: PLR2004 - its place in the signature
        # Without a port nobody means to connect; a passive one is to be listened at.
        wanted = None if flags & socket.AI_PASSIVE else _port(port)
        if watcher is None or not isinstance(name, str) or not wanted:
            return original(host, port, *args, **kwargs)
        watcher.looks_up(name, wanted, _BEGAN.places)
        found = original(host, port, *args, **kwargs)
        watcher.found(name, {str(address[0]) for *_, address in found})
        return found

    return getaddrinfo


def _port(port: object) -> int | None:
    if isinstance(port, int):
        return port
    said = port.decode("ascii", "replace") if isinstance(port, bytes) else port
    if not isinstance(said, str):
        return None
    try:
        return int(said) if said.isdigit() else socket.getservbyname(said)
    except OSError:
        return None


def _starting_thread(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def start(self: threading.Thread) -> None:
        if watcher := _WATCHER.get():
            self.run = _carrying(watcher, self.run)  # type: ignore[method-assign]  # on this thread only
        original(self)

    return start


def _carrying(watcher: Watcher, function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function be watched in whatever thread it runs."""
    places = (*user_stack(until=watcher.file), *_BEGAN.places)[:AT_MOST]

    def carried(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the function's
        before, _BEGAN.places = _BEGAN.places, places
        try:
            with watched_by(watcher):
                return function(*args, **kwargs)
        finally:
            _BEGAN.places = before

    return carried


def _submitting(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def submit(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - a Future
        watcher = _WATCHER.get()
        if watcher is None:
            return original(self, fn, *args, **kwargs)
        # The pool's thread is nobody's, whoever made the pool start it.
        with watched_by(None):
            return original(self, _carrying(watcher, fn), *args, **kwargs)

    return submit


def _leaving(how: str) -> Callable[..., Any]:
    def around(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def leave(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the standard library's
            if watcher := _WATCHER.get():
                watcher.leaves(how, _BEGAN.places)
            return original(*args, **kwargs)

        return leave

    return around


def _pooling(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def pool(self: multiprocessing.pool.Pool, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - its own
        if watcher := _WATCHER.get():
            if not isinstance(self, multiprocessing.pool.ThreadPool):
                watcher.leaves("multiprocessing.Pool", _BEGAN.places)
            func = _carrying(watcher, func)
        return original(self, func, *args, **kwargs)

    return pool


def _commanding(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def command(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the standard library's
        if watcher := _WATCHER.get():
            # Of a method, the first argument is the object.
            given = args[1:] if original.__name__ == "__init__" else args
            watcher.commands(_program(given[0] if given else kwargs.get("args", "?")), _BEGAN.places)
        return original(*args, **kwargs)

    return command


def _program(said: object) -> str:
    """Name the program of a command; its arguments may hold anything."""
    first = said if isinstance(said, (str, bytes, os.PathLike)) else next(iter(said), "?") if said else "?"  # type: ignore[call-overload]  # a sequence
    text = os.fsdecode(first)
    return os.path.basename(text.split(maxsplit=1)[0] if text.split() else "?")  # noqa: PTH119 - a name, no file


_POOL_METHODS = ("apply_async", "map", "map_async", "starmap", "starmap_async", "imap", "imap_unordered")
_REPLACEMENTS: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    (socket.socket, "connect", _connecting),
    (socket.socket, "connect_ex", _connecting),
    *((socket.socket, name, _sending) for name in ("send", "sendall", "sendto", "sendmsg")),
    # An encrypted socket writes through OpenSSL; what is not encrypted yet goes through the above.
    (ssl.SSLSocket, "send", _sending),
    (ssl.SSLSocket, "write", _sending),
    (socket, "getaddrinfo", _looking_up),
    (threading.Thread, "start", _starting_thread),
    (ThreadPoolExecutor, "submit", _submitting),
    (ProcessPoolExecutor, "submit", _leaving("ProcessPoolExecutor")),
    (multiprocessing.process.BaseProcess, "start", _leaving("multiprocessing.Process")),
    *((multiprocessing.pool.Pool, name, _pooling) for name in _POOL_METHODS),
    *((os, name, _leaving(f"os.{name}")) for name in ("fork", "forkpty") if hasattr(os, name)),
    (subprocess.Popen, "__init__", _commanding),
    *((os, name, _commanding) for name in ("system", "posix_spawn", "posix_spawnp") if hasattr(os, name)),
)
