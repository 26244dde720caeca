"""What an activity reaches past its cassette fails the test, whatever the activity makes of it."""

import asyncio
import contextlib
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from replaykit.adapters.corpus import shown
from replaykit.adapters.sites import Place
from replaykit.adapters.user_stack import AT_MOST, user_stack, waiting_at
from replaykit.adapters.watched import WATCH, watched_by
from replaykit.errors import CassetteBypass, CassetteError
from replaykit.rules.allowed_hosts import Allowed, is_address, normal


class Guard:
    """Watches the activities that run while a cassette answers everything; safe to use from several threads.

    Nothing is replaced in the standard library until the first activity runs, and everything is put back by `close`.
    """

    def __init__(self, *, cassette: str, allow: Sequence[Allowed], note: Callable[[CassetteError], None]) -> None:
        """Watch for a cassette.

        Args:
            cassette: How errors name the cassette, and its mode.
            allow: The hosts that activities may reach.
            note: Is told each bypass when it happens.
        """
        self._cassette = cassette
        self._allow = tuple(allow)
        self._note = note
        self._lock = threading.Lock()
        self._watching = False
        self._closed = False
        self._names: dict[str, set[str]] = defaultdict(set)
        self._resolved = False
        self._commands: dict[str, None] = {}

    @property
    def is_closed(self) -> bool:
        """Whether the cassette is not in use any more."""
        return self._closed

    @property
    def unwatched(self) -> tuple[str, ...]:
        """The programs that activities started: what those reach, nobody sees."""
        return tuple(self._commands)

    @contextlib.contextmanager
    def watching(self, name: str, *, until: str) -> Iterator["Watched"]:
        """Watch the activity of this name while the block runs it, and for good what threads and tasks it leaves.

        Args:
            name: The activity type.
            until: The file of the block: stacks end there.
        """
        with self._lock:
            if not self._watching and not self._closed:
                WATCH.begin()
                self._watching = True
        watched = Watched(self, name, until)
        with watched_by(watched):
            yield watched

    def close(self) -> None:
        """Stop watching, whatever still runs."""
        with self._lock:
            if self._watching:
                WATCH.end()
            self._watching, self._closed = False, True

    def allow(self, hosts: Sequence[Allowed]) -> None:
        """Let activities reach more hosts."""
        with self._lock:
            self._allow += tuple(hosts)
            self._resolved = False

    def is_allowed(self, host: str, port: int) -> bool:
        """Say whether an activity may reach a host, which may be the address of a name that is allowed."""
        if self._closed or any(allowed.allows(host, port) for allowed in self._allow):
            return True
        if not is_address(host):
            return False
        self._resolve()
        names = self.names_of(host)
        return any(allowed.allows(name, port) for allowed in self._allow for name in names)

    def _resolve(self) -> None:
        """Look up the names that are allowed, once: a name may have been looked up where nobody watched."""
        if self._resolved:
            return
        self._resolved = True
        for allowed in self._allow:
            if not is_address(allowed.host):
                with contextlib.suppress(OSError):
                    # Without a port nobody is told, though an activity may be what asks.
                    found = socket.getaddrinfo(allowed.host, None, type=socket.SOCK_STREAM)
                    self.found(allowed.host, {str(address[0]) for *_, address in found})

    def found(self, host: str, addresses: set[str]) -> None:
        """Remember what a name stands for."""
        with self._lock:
            for address in addresses:
                self._names[normal(address)].add(normal(host))

    def names_of(self, address: str) -> list[str]:
        """Return the names that were looked up and have an address."""
        with self._lock:
            return sorted(self._names.get(normal(address), ()))

    def refuse(self, what: str, places: Sequence[Place], *, fix: str) -> CassetteBypass:
        """Make and note the error about something that an activity does past its cassette."""
        lines = [f"at {_where(place)} in {place.code.co_qualname}" for place in places]
        lines = lines or ["no line of your code is on the stack"]
        problem = CassetteBypass(f"{what} ({self._cassette}).", cause="\n".join(lines), fix=fix)
        self._note(problem)
        return problem

    def command(self, text: str) -> None:
        """Note a program that an activity started."""
        with self._lock:
            self._commands[text] = None


class Watched:
    """One run of an activity, and what it did past its cassette."""

    def __init__(self, guard: Guard, name: str, until: str) -> None:
        self.file = until
        self.problem: CassetteBypass | None = None
        self._guard = guard
        self._name = name
        try:
            self._task = asyncio.current_task()
        except RuntimeError:
            self._task = None

    def looks_up(self, host: str, port: int, began: Sequence[Place]) -> None:
        """Refuse a name that is not allowed before it is looked up: so the same happens without a network.

        Raises:
            CassetteBypass: It is not allowed.
        """
        self._reaches(host, port, began)

    def found(self, host: str, addresses: set[str]) -> None:
        """Remember what a name stands for."""
        self._guard.found(host, addresses)

    def reaches(self, host: str, port: int, began: Sequence[Place]) -> None:
        """Refuse a connection to a host that is not allowed, old or new.

        Raises:
            CassetteBypass: It is not allowed.
        """
        self._reaches(host, port, began)

    def _reaches(self, host: str, port: int, began: Sequence[Place]) -> None:
        if self._guard.is_allowed(host, port):
            return
        name = next(iter(self._guard.names_of(host)), host)
        where = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
        raise self._refused(
            f"Activity {self._name} reached {where} past the cassette",
            began,
            fix="have the call go through a layer that the cassette records"
            f'   or allow the host: allow_hosts=["{where}"]',
        )

    def leaves(self, how: str, began: Sequence[Place]) -> None:
        """Refuse another process: a call from there would be real, and nobody would see it.

        Raises:
            CassetteBypass: Always, while the cassette is in use.
        """
        if self._guard.is_closed:
            return
        raise self._refused(
            f"Activity {self._name} gave work to another process, where no cassette sees what it calls: {how}",
            began,
            fix="have it work in threads in this test: concurrent.futures.ThreadPoolExecutor",
        )

    def commands(self, command: str, began: Sequence[Place]) -> None:
        """Note a program that is started."""
        if not self._guard.is_closed:
            at = next((f" at {_where(place)}" for place in self._places(began)), "")
            self._guard.command(f"activity {self._name} started {command}{at}")

    def _refused(self, what: str, began: Sequence[Place], *, fix: str) -> CassetteBypass:
        problem = self._guard.refuse(what, self._places(began), fix=fix)
        self.problem = self.problem or problem
        return problem

    def _places(self, began: Sequence[Place]) -> Sequence[Place]:
        stack = (*user_stack(until=self.file), *began)[:AT_MOST]
        # A task that the activity made of a library's own coroutine has no line of the team's on its stack.
        return stack or waiting_at(self._task) or user_stack(until=self.file, installed=True)


def _where(place: Place) -> str:
    return f"{shown(Path(place.code.co_filename), Path.cwd())}:{place.line}"
