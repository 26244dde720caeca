"""A process that has loaded the SDK and nothing else: replay processes are forked in it, and load nothing again."""

import asyncio
import contextlib
import os
import socket
import struct
import sys
from collections.abc import Sequence

from replaykit.adapters.children import environment_of

CODE = struct.Struct(">i")
FORK, KILL = b"f", b"k"
READY = b"+"
START = "import gc; gc.disable(); from replaykit.adapters.nursery_process import main; main()"


class Nursery:
    """Forks replay processes, where the system does that safely: on Linux, out of a process that has one thread."""

    def __init__(self, root: str, *, quiet: bool) -> None:
        """Take the directory to run in; nothing starts before the first child is asked for."""
        self._root = root
        self._quiet = quiet
        self._control: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self._unusable = sys.platform != "linux"

    async def child(self) -> "NurseryChild | None":
        """Fork a process that serves a pool; None where that cannot be had."""
        async with self._starting:
            if self._control is None and not self._unusable:
                await self._start()
        if self._control is None:
            return None
        ours, theirs = zip(*(socket.socketpair() for _ in range(3)), strict=True)
        try:
            socket.send_fds(self._control, [FORK], [end.fileno() for end in theirs])
        except OSError:
            self._unusable = True
            for end in ours:
                end.close()
            return None
        finally:
            for end in theirs:
                end.close()
        return await NurseryChild.on(ours, self._control)

    async def close(self) -> None:
        """End it, and whatever was forked in it."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            await self._process.wait()

    async def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            starting = asyncio.ensure_future(
                asyncio.create_subprocess_exec(
                    sys.executable,
                    "-c",
                    START,
                    str(theirs.fileno()),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    cwd=self._root,
                    env=environment_of(os.environ.get("PYTHONHASHSEED", "0"), quiet=self._quiet),
                )
            )
            try:
                self._process = await asyncio.shield(starting)
            except asyncio.CancelledError:
                # A start cut off in the middle leaves a process behind: it ends when its socket closes.
                self._process = await starting
                ours.close()
                raise
        ours.settimeout(0)
        try:
            answer = await asyncio.get_running_loop().sock_recv(ours, len(READY))
        except OSError:
            answer = b""
        except asyncio.CancelledError:
            ours.close()
            raise
        if answer == READY:
            self._control = ours
        else:
            ours.close()
            self._unusable = True


class NurseryChild:
    """A process forked in the nursery: it reads and answers on one socket, and the nursery tells how it ended."""

    def __init__(self, control: socket.socket, pid: int, streams: Sequence["_Stream"]) -> None:
        """Take the sockets, one each for messages, for stderr and for the end."""
        self._control = control
        self._pid = pid
        self._streams = streams
        self._code: asyncio.Future[int] = asyncio.ensure_future(self._ended())

    @classmethod
    async def on(cls, sockets: Sequence[socket.socket], control: socket.socket) -> "NurseryChild | None":
        """Meet the child behind the sockets; None where the nursery is gone."""
        streams = [await asyncio.open_connection(sock=one) for one in sockets]
        try:
            (pid,) = CODE.unpack(await streams[2][0].readexactly(CODE.size))
        except (asyncio.IncompleteReadError, ConnectionResetError):
            for _, writer in streams:
                writer.close()
            return None
        return cls(control, pid, streams)

    @property
    def stdin(self) -> asyncio.StreamWriter:
        """What it reads."""
        return self._streams[0][1]

    @property
    def stdout(self) -> asyncio.StreamReader:
        """What it answers."""
        return self._streams[0][0]

    @property
    def stderr(self) -> asyncio.StreamReader:
        """What it says besides."""
        return self._streams[1][0]

    def kill(self) -> None:
        """End it at once: its parent does that, who knows that the number is still its own."""
        with contextlib.suppress(OSError):
            self._control.send(KILL + CODE.pack(self._pid))

    async def wait(self) -> int:
        """Wait for its end."""
        return await asyncio.shield(self._code)

    async def _ended(self) -> int:
        try:
            (code,) = CODE.unpack(await self._streams[2][0].readexactly(CODE.size))
        except (asyncio.IncompleteReadError, ConnectionResetError):
            # The nursery is gone, which ends its children.
            code = -9
        for _, writer in self._streams:
            writer.close()
        return int(code)


_Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
