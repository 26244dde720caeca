"""A shop on a bad day: its mail relay is away for a while, its warehouse terminal hangs."""

import threading
from collections.abc import Collection, Mapping
from pathlib import Path

from examples.order_saga.models import Notice, Reservation
from examples.order_saga.shop import Shop


class MoodyShop(Shop):
    """The order saga's shop, with troubles for chosen workflow ids.

    Args:
        database: The file of its books.
        relay_away: How many notices of a workflow id fail before one goes through.
        terminal_hangs: The workflow ids whose reservations hang until `close`.
    """

    def __init__(self, database: Path, *, relay_away: Mapping[str, int], terminal_hangs: Collection[str]) -> None:
        super().__init__(database)
        self._relay_away = dict(relay_away)
        self._terminal_hangs = terminal_hangs
        self._closing = threading.Event()

    def close(self) -> None:
        """Let go of every reservation that hangs."""
        self._closing.set()

    def note(self, notice: Notice) -> None:
        """Note it, unless the relay is away."""
        workflow_id = notice.key.partition("/")[0]
        left = self._relay_away.get(workflow_id, 0)
        if left:
            self._relay_away[workflow_id] = left - 1
            message = "the mail relay is away"
            raise ConnectionError(message)
        super().note(notice)

    def reserve(self, wanted: Reservation) -> None:
        """Reserve it, unless the terminal hangs."""
        if wanted.key.partition("/")[0] in self._terminal_hangs:
            self._closing.wait()
            message = "the terminal was switched off"
            raise ConnectionError(message)
        super().reserve(wanted)
