"""The table of recorded runs."""

from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from tests.bugbench.drives import (
    as_started,
    cancelled,
    cancelled_at_once,
    first_run,
    last_run,
    reset,
    signalled,
    terminated,
    to_the_end,
    until_event,
    until_quiet,
    updated,
)
from tests.bugbench.scenario import Handle, Scenario
from tests.planted.change import Edit, before, cutting, replacing

ORDER = ("o-1", 4200)
CHARGED = "charge, args=[order, cents], start_to_close_timeout=SOON"
RETRIES = replacing(
    "from temporalio import activity, workflow\n",
    "from temporalio import activity, workflow\nfrom temporalio.common import RetryPolicy\n",
)
ODD_OPTIONS = (
    RETRIES,
    replacing(
        CHARGED,
        f"{CHARGED}, heartbeat_timeout=6 * SOON, schedule_to_start_timeout=99 * SOON, "
        "retry_policy=RetryPolicy(initial_interval=SOON / 5, maximum_attempts=3)",
    ),
    replacing("reserve, order, start_to_close_timeout=SOON", "reserve, order, schedule_to_close_timeout=SOON"),
)
STUCK = (before("        await workflow.sleep(0.1)\n", '        raise RuntimeError(f"no shelf {shelf}")\n'),)

OLD_BRANCH = "        else:\n            text ="
UNPATCHED = (
    cutting("        if workflow.patched", OLD_BRANCH),
    replacing(OLD_BRANCH, "        text ="),
)
DEPRECATED = (
    replacing(
        '        if workflow.patched("politer"):\n            text',
        '        workflow.deprecate_patch("politer")\n        text',
    ),
    cutting("        else:\n", "        return"),
)
ONLY_POLITE = (
    replacing('        if workflow.patched("politer"):\n            text', "        text"),
    cutting("        else:\n", "        return"),
)
TIMED = (replacing('lambda: self.decision != ""', 'lambda: self.decision != "", timeout=3600'),)
NAP = "        await workflow.sleep(3600)\n"

CHOSEN = "    return places[:2]\n"
EXTRA = "    return None\n"
IMPORTS = "from collections.abc import Sequence\n"


def importing(module: str) -> Edit:
    """Import a module."""
    return replacing(IMPORTS, f"import {module}\n{IMPORTS}")


SHUFFLED = (replacing(CHOSEN, "    return tuple(set(places))[:4]\n"),)
SHUFFLED_INPUT = (replacing(EXTRA, "    return list(set(PLACES))\n"),)
HASHED = (
    replacing("def chosen(places: Sequence[str])", "def chosen(places: Sequence[str], guest: str)"),
    replacing(CHOSEN, "    return places[hash(guest) % 2 :][:1]\n"),
    replacing("chosen(PLACES)", "chosen(PLACES, guest)"),
)  # fmt: skip
CLOCK_BRANCH = (
    importing("time"),
    replacing(CHOSEN, "    return places[: 2 if time.time() - workflow.time() < 5 else 1]\n"),
)
CLOCK_INPUT = (importing("time"), replacing(EXTRA, "    return time.time()\n"))
RANDOM_BRANCH = (importing("random"), replacing(CHOSEN, "    return random.sample(places, 6)\n"))
RANDOM_INPUT = (importing("random"), replacing(EXTRA, "    return random.random()\n"))
UUID_INPUT = (importing("uuid"), replacing(EXTRA, "    return str(uuid.uuid4())\n"))
UUID_ID = (
    importing("uuid"),
    replacing("start_to_close_timeout=SOON", "start_to_close_timeout=SOON, activity_id=str(uuid.uuid4())"),
)
ENVIRON_BRANCH = (
    importing("os"),
    replacing(CHOSEN, '    return places[: len(os.environ.get("BUGBENCH_STOPS", "1"))]\n'),
)
GLOBAL_BRANCH = (
    before("def chosen", "seen: list[str] = []\n\n\n"),
    replacing(CHOSEN, '    seen.append("guest")\n    return places[: len(seen)]\n'),
)
REPLAYING_BRANCH = (replacing(CHOSEN, "    return places[: 1 if workflow.unsafe.is_replaying() else 2]\n"),)
INFO_INPUT = (
    replacing(
        EXTRA,
        "    info = workflow.info()\n"
        "    return [info.namespace, info.task_queue, info.workflow_id, info.run_id, workflow.time(), "
        "info.get_current_history_length()]\n",
    ),
)
INFO_BRANCH = (replacing(CHOSEN, '    return places[: 2 if workflow.info().namespace == "default" else 1]\n'),)

LOCAL = "await workflow.execute_local_activity(discount, item, start_to_close_timeout=SOON"
RETRIED = (
    RETRIES,
    replacing(
        "    return len(item)\n", "    if activity.info().attempt < 3:\n        raise OSError\n    return len(item)\n"
    ),
    replacing(
        LOCAL,
        f"{LOCAL}, retry_policy=RetryPolicy(initial_interval=SOON / 50), local_retry_threshold=SOON / 100",
    ),
)
PARALLEL = (
    replacing("from datetime import timedelta\n", "import asyncio\nfrom datetime import timedelta\n"),
    cutting("        price = await", "        await workflow.execute_activity(publish"),
    before(
        "        await workflow.execute_activity(publish",
        "        _, price, less = await asyncio.gather(\n"
        "            workflow.execute_activity(publish, args=[item, 0], start_to_close_timeout=SOON),\n"
        "            workflow.execute_local_activity(look_up, item, start_to_close_timeout=SOON),\n"
        "            workflow.execute_local_activity(discount, item, start_to_close_timeout=SOON),\n"
        "        )\n",
    ),
)
FORGOTTEN = (
    replacing(
        '        await workflow.execute_local_activity(look_up, "after"',
        '        workflow.start_local_activity(look_up, "after"',
    ),
)
RACED = (
    replacing(
        "return await workflow.execute_activity(\n                pay,",
        "return await asyncio.wait_for(workflow.execute_activity(\n                pay,",
    ),
    replacing("retry_policy=ONCE,\n            )", "retry_policy=ONCE,\n            ), 0.5)"),
    replacing(
        "        except ActivityError as error:\n",
        '        except asyncio.TimeoutError:\n            return "late"\n        except ActivityError as error:\n',
    ),
)
LONG_CHILD = (
    replacing(
        '        return f"drove {load}"\n', '        await workflow.sleep(3600)\n        return f"drove {load}"\n'
    ),
)


async def _decided(_client: Client, handle: Handle) -> Handle:
    await handle.signal("decide", "yes")
    return handle


_FAILED = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
_TASK = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
_UPDATES: tuple[tuple[str, Any], ...] = (("add", 5), ("check", 7), ("add", 2), ("refuse", "late"))
_SHORT = {"run_timeout": timedelta(seconds=8)}

CLOSED = (
    Scenario("order", "order", to_the_end, ORDER),
    Scenario("order-sandboxed", "order", to_the_end, ORDER, sandboxed=True),
    Scenario("order-reset", "order", reset, ORDER),
    Scenario("order-odd-options", "order", to_the_end, ORDER, edits=ODD_OPTIONS, start=_SHORT),
    Scenario("pricing", "pricing", to_the_end, ("tea",)),
    Scenario("fleet", "fleet", to_the_end, ("f-1",)),
    Scenario("desk", "desk", signalled(("decide", "yes")), ("otters",)),
    Scenario("desk-timed", "desk", signalled(("decide", "yes")), ("otters",), edits=TIMED),
    Scenario(
        "desk-commented", "desk", signalled(("comment", "nice"), ("file", "a note"), ("decide", "no")), ("otters",),
    ),
    Scenario("ledger-closed", "ledger", updated(*_UPDATES, ("check", 0), then=signalled(("close", None))), ("main",)),
    Scenario("mail", "mail", to_the_end, ("hello",)),
    Scenario("listing", "listing", to_the_end, ("lamp",)),
    Scenario("greeting-before", "generations", to_the_end, ("Ada",), edits=UNPATCHED),
    Scenario("greeting-patched", "generations", to_the_end, ("Ada",)),
    Scenario("greeting-deprecated", "generations", to_the_end, ("Ada",), edits=DEPRECATED),
    Scenario("greeting-after", "generations", to_the_end, ("Ada",), edits=ONLY_POLITE),
    Scenario("batches-continued", "batches", first_run, (0, 4)),
    Scenario("batches-last", "batches", last_run, (0, 4)),
    Scenario("booking", "booking", to_the_end, ("rich-1",)),
    Scenario("booking-failed", "booking", to_the_end, ("poor-1",)),
    Scenario("booking-cancelled", "booking", cancelled, ("slow-1",)),
    Scenario("booking-terminated", "booking", terminated, ("slow-2",)),
    Scenario("booking-timed-out", "booking", to_the_end, ("slow-3",), start={"run_timeout": timedelta(seconds=1)}),
    Scenario("survey", "survey", to_the_end, ("tea",)),
    Scenario("lottery", "lottery", to_the_end, ("June",)),
    Scenario("counter", "counter", to_the_end, ("Ann",), start={"task_queue": "desk"}),
    Scenario("parcel", "parcel", to_the_end, ({"code": "p-1", "grams": 2000},)),
    Scenario("tour", "tour", to_the_end, ("Max",)),
    Scenario("info-input", "tour", to_the_end, ("Max",), edits=INFO_INPUT),
    Scenario("info-branch", "tour", to_the_end, ("Max",), edits=INFO_BRANCH),
    Scenario("pricing-retried", "pricing", to_the_end, ("tea",), edits=RETRIED),
    Scenario("pricing-parallel", "pricing", to_the_end, ("tea",), edits=PARALLEL),
    Scenario("pricing-forgotten", "pricing", to_the_end, ("tea",), edits=FORGOTTEN),
    Scenario("booking-raced", "booking", to_the_end, ("slow-4",), edits=RACED),
    Scenario("booking-cancelled-early", "booking", cancelled_at_once, ("slow-5",)),
    Scenario("fleet-cancelled", "fleet", cancelled, ("f-3",), edits=LONG_CHILD),
    Scenario("desk-strange-signal", "desk", signalled(("wave", "hi"), ("decide", "yes")), ("otters",)),
)  # fmt: skip

OPEN = (
    Scenario("desk-waiting", "desk", until_quiet, ("otters",)),
    Scenario("desk-commented-waiting", "desk", signalled(("comment", "nice"), then=until_quiet), ("otters",)),
    Scenario("desk-signal-arrived", "desk", until_quiet, ("otters",), later=_decided),
    Scenario("ledger-waiting", "ledger", updated(*_UPDATES), ("main",)),
    Scenario("visit-activity", "visit", until_quiet, ("activity",)),
    Scenario("visit-timer", "visit", until_quiet, ("timer",)),
    Scenario("visit-child", "visit", until_quiet, ("child",)),
    Scenario(
        "visit-local", "visit", until_event(_TASK, times=4), ("local",), start={"task_timeout": timedelta(seconds=1)},
    ),
    Scenario(
        "greeting-napping", "generations", until_quiet, ("Ada",), edits=(*UNPATCHED, before("        text =", NAP)),
    ),
    Scenario("order-stuck", "order", until_event(_FAILED), ORDER, edits=STUCK),
    Scenario("fleet-waiting", "fleet", until_quiet, ("f-2",), edits=LONG_CHILD),
    Scenario("order-not-begun", "order", as_started, ORDER, worker=False),
)  # fmt: skip

UNSTEADY = (
    Scenario("tour-shuffled", "tour", to_the_end, ("Max",), edits=SHUFFLED),
    Scenario("tour-shuffled-input", "tour", to_the_end, ("Max",), edits=SHUFFLED_INPUT),
    Scenario("tour-hashed", "tour", to_the_end, ("Eve",), edits=HASHED),
    Scenario("tour-hashed-alike", "tour", to_the_end, ("Max",), edits=HASHED),
    Scenario("tour-clock-branch", "tour", to_the_end, ("Max",), edits=CLOCK_BRANCH),
    Scenario("tour-clock-input", "tour", to_the_end, ("Max",), edits=CLOCK_INPUT),
    Scenario("tour-random-branch", "tour", to_the_end, ("Max",), edits=RANDOM_BRANCH),
    Scenario("tour-random-input", "tour", to_the_end, ("Max",), edits=RANDOM_INPUT),
    Scenario("tour-uuid-input", "tour", to_the_end, ("Max",), edits=UUID_INPUT),
    Scenario("tour-uuid-id", "tour", to_the_end, ("Max",), edits=UUID_ID),
    Scenario("tour-environ-branch", "tour", to_the_end, ("Max",), edits=ENVIRON_BRANCH),
    Scenario("tour-global-branch", "tour", to_the_end, ("Max",), edits=GLOBAL_BRANCH, runs=1),
    Scenario("tour-replaying-branch", "tour", to_the_end, ("Max",), edits=REPLAYING_BRANCH),
)

SCENARIOS = CLOSED + OPEN + UNSTEADY
