"""The nursery's own process (nursery.py): forks a replay process each time it is asked, and tells how it ended."""

import contextlib
import gc
import os
import selectors
import signal
import socket
import sys
import traceback
from pathlib import Path

from replaykit.adapters import replay_process
from replaykit.adapters.nursery import CODE, FORK, KILL, READY
from replaykit.adapters.reached import meter_for
from replaykit.config import Config

_TASKS = "/proc/self/task"


def main() -> None:
    """Serve until the other end of the socket closes; then every child that is left is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    # Thrown away: what the coverage package loads and looks up when it is first used, no child does again.
    meter_for(Config(root=str(Path.cwd())))
    # A thread that holds a lock would hold it in the child for ever: what was loaded must not have started any.
    if len(os.listdir(_TASKS)) != 1:  # noqa: PTH208 - the number of entries is all that is asked
        return
    gc.freeze()
    nurse = _Nurse(control)
    try:
        nurse.serve()
    finally:
        nurse.end()


class _Nurse:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, int] = {}
        self._selector = selectors.DefaultSelector()
        self._bell, self._clapper = os.pipe()
        os.set_blocking(self._clapper, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._clapper, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Fork, kill and reap until nobody is there to ask for it."""
        self._control.send(READY)
        self._selector.register(self._control, selectors.EVENT_READ)
        self._selector.register(self._bell, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj == self._bell:
                    os.read(self._bell, 4096)
                    self._reap()
                elif not self._answer():
                    return

    def _own(self) -> tuple[int, ...]:
        # The objects behind the numbers live as long as this process: none closes a number that is another's by then.
        epoll = self._selector.fileno() if isinstance(self._selector, selectors.EpollSelector) else None
        return (self._control.fileno(), self._bell, self._clapper, *((epoll,) if epoll is not None else ()))

    def _answer(self) -> bool:
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, 64, 3)
        except ConnectionResetError:
            return False
        if message == FORK:
            self._fork(*descriptors)
        elif message[:1] == KILL:
            (pid,) = CODE.unpack(message[1:])
            if pid in self._children:
                os.kill(pid, signal.SIGKILL)
        return bool(message)

    def _fork(self, line: int, errors: int, status: int) -> None:
        try:
            pid = os.fork()
        except OSError:
            # There may be too many processes: the pool meets a closed socket, and starts one itself if it can.
            os.close(status)
        else:
            if pid == 0:
                self._become(line, errors, status)
            self._children[pid] = status
            self._tell(status, pid)
        os.close(line)
        os.close(errors)

    def _become(self, line: int, errors: int, status: int) -> None:
        """Be a replay process, to its end."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for standard, descriptor in enumerate((line, line, errors)):
                os.dup2(descriptor, standard)
            # What stays open in here would not close for the other end.
            for descriptor in (*self._own(), line, errors, status, *self._children.values()):
                os.close(descriptor)
            replay_process.main()
            code = 0
        except BaseException:  # noqa: BLE001 - what ends a process of its own ends this one
            traceback.print_exc()
        finally:
            with contextlib.suppress(BaseException):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            descriptor = self._children.pop(pid)
            self._tell(descriptor, os.waitstatus_to_exitcode(status))
            os.close(descriptor)

    def _tell(self, descriptor: int, number: int) -> None:
        with contextlib.suppress(OSError):
            os.write(descriptor, CODE.pack(number))

    def end(self) -> None:
        """Kill every child that is left."""
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)
        for pid in self._children:
            os.waitpid(pid, 0)
