"""What drives a scenario ends with its run, and says nothing more."""

import asyncio
import gc
from typing import Any

from replaykit.adapters.chaos.clock import driven


def test_what_a_drive_raises_of_being_cancelled_is_not_printed() -> None:
    said: list[dict[str, Any]] = []

    async def update() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            # As the SDK's client does while it waits for an update.
            raise TimeoutError("cancelled while waiting for the update") from None

    async def cancelled() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: said.append(context))
        nobody: Any = None
        driving = asyncio.ensure_future(driven(nobody, "order-17", update()))
        await asyncio.sleep(0.05)
        driving.cancel()
        await asyncio.gather(driving, return_exceptions=True)
        gc.collect()

    asyncio.run(cancelled())
    assert said == []
