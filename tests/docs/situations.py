"""The files behind the examples of docs/errors.md: each brings one error about."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

PLAIN = 1000
TOO_LARGE = 300 * 2**20

FILES = {
    "misspelt/pyproject.toml": '[tool.replaykit]\nworkflow = ["workflows"]\n',
    "bare/pyproject.toml": "[project]\nname = 'bare'\nversion = '1'\n",
    "bare/fixtures/README.md": "nothing here\n",
    "empty/README.md": "nothing here\n",
    "unimportable.py": "from activities import chargge\n",
    "endless.py": """
        from temporalio import workflow


        @workflow.defn
        class Order:
            @workflow.run
            async def run(self, order_id: str) -> None:
                while True:
                    order_id += "!"
        """,
    "leaving.py": """
        import os

        from temporalio import workflow


        @workflow.defn(sandboxed=False)
        class Order:
            @workflow.run
            async def run(self, order_id: str) -> None:
                os._exit(3)
        """,
    "refunds.py": """
        from temporalio import workflow


        @workflow.defn
        class Refund:
            @workflow.run
            async def run(self, order_id: str) -> None:
                pass
        """,
    "arguments.py": """
        from temporalio import workflow


        @workflow.defn
        class Order:
            @workflow.init
            def __init__(self, order_id: str) -> None:
                self.prefix, self.number = order_id.split("/")

            @workflow.run
            async def run(self, order_id: str) -> None:
                pass
        """,
    "outside_only.py": """
        from temporalio import workflow

        if workflow.unsafe.in_sandbox():
            raise RuntimeError("this module reads a file at import, which only works outside the sandbox")


        @workflow.defn
        class Order:
            @workflow.run
            async def run(self, order_id: str) -> None:
                pass
        """,
    "steady.py": """
        from replaykit import Scenario
        from temporalio import workflow


        @workflow.defn(sandboxed=False)
        class Steady:
            @workflow.run
            async def run(self) -> None:
                await workflow.sleep(3600)


        STEADY = Scenario(workflow=Steady)
        """,
    "chance.py": """
        import uuid
        from datetime import timedelta

        from replaykit import Scenario
        from temporalio import activity, workflow


        @activity.defn
        async def number() -> str:
            return uuid.uuid4().hex


        @workflow.defn(sandboxed=False)
        class Numbered:
            @workflow.run
            async def run(self) -> str:
                return await workflow.execute_activity(number, start_to_close_timeout=timedelta(seconds=5))


        NUMBERED = Scenario(workflow=Numbered, activities=[number])
        """,
    "waiting.py": """
        from replaykit import Scenario
        from temporalio import workflow


        @workflow.defn(sandboxed=False)
        class Waiting:
            @workflow.run
            async def run(self) -> None:
                await workflow.wait_condition(lambda: False)


        WAITING = Scenario(workflow=Waiting, timeout=1.0)
        """,
    "cassettes/answers.yaml": """
        replaykit-cassette: 1
        interactions:
        - activity: charge
          recorded: "2026-01-05T10:00:00.000000Z"
          input:
          - order-17
          result: null
        - activity: ship
          recorded: "2026-01-05T10:00:01.000000Z"
          input:
          - order-17
          result: null
        total: 2
        """,
    "cassettes/old.yaml": """
        replaykit-cassette: 1
        expires: 90d
        interactions:
        - activity: charge
          recorded: "2026-01-05T10:00:00.000000Z"
          input:
          - order-17
          result: null
        total: 1
        """,
    "cassettes/cut.yaml": "replaykit-cassette: 1\ninteractions:\n- activity: charge\n  recorded: '2026-01-05T10",
    "cassettes/newer.yaml": "replaykit-cassette: 2\n",
    "play.py": """
        import asyncio
        import logging
        import os
        import sys

        from activities import charge, check_address, ship
        from replaykit import use_cassette
        from replaykit.errors import CassetteError
        from temporalio.client import Client
        from temporalio.envconfig import ClientConfig
        from temporalio.worker import Worker
        from workflows import Order


        async def main(path: str, order_id: str) -> None:
            client = await Client.connect(**ClientConfig.load_client_connect_config())
            activities = [charge, check_address, ship]
            with use_cassette(path, fail_unused=True) as cassette:
                if order_id:
                    async with Worker(
                        client, task_queue="play", workflows=[Order], activities=activities, interceptors=[cassette]
                    ):
                        await client.execute_workflow(Order.run, order_id, id=f"play-{order_id}", task_queue="play")


        logging.disable()
        try:
            asyncio.run(main(sys.argv[1], "".join(sys.argv[2:])))
        except CassetteError as error:
            print(error, flush=True)
        # The SDK's client may still be at work when Python takes itself apart.
        os._exit(0)
        """,
    "cassettes/model.yaml": """
        replaykit-cassette: 1
        interactions:
        - http: GET http://localhost/
          recorded: "2026-01-05T10:00:00.000000Z"
          response:
            status: 200
            headers:
              content-type: application/json
            body:
              price: 12
        total: 1
        """,
    "unstruck.py": """
        from replaykit import faults, use_cassette
        from replaykit.errors import CassetteError

        try:
            with use_cassette("cassettes/model.yaml", layers="http", faults={1: faults.unavailable()}):
                pass
        except CassetteError as error:
            print(error)
        """,
    "pooled.py": """
        from concurrent.futures import ThreadPoolExecutor

        import urllib3
        from replaykit import use_cassette
        from replaykit.errors import CassetteError

        with ThreadPoolExecutor(1) as pool:
            pool.submit(int).result()
            try:
                with (
                    use_cassette("cassettes/one.yaml", mode="once", layers="http"),
                    use_cassette("cassettes/two.yaml", mode="once", layers="http"),
                ):
                    pool.submit(urllib3.request, "GET", "http://127.0.0.1:9/").result()
            except CassetteError as error:
                print(error)
        """,
    "cassettes/vcr.yaml": """
        interactions:
        - request:
            body: null
            headers: {}
            method: GET
            uri: http://127.0.0.1:9/
          response:
            body:
              string: '{"price": 12}'
            headers:
              Content-Type:
              - application/json
            status:
              code: 200
              message: OK
        version: 1
        """,
    "past.py": """
        import asyncio
        import logging
        import os
        import socket

        from activities import check_address, ship
        from replaykit import use_cassette
        from replaykit.errors import CassetteError
        from temporalio import activity
        from temporalio.client import Client
        from temporalio.envconfig import ClientConfig
        from temporalio.worker import Worker
        from workflows import Order


        @activity.defn
        async def charge(order_id: str) -> None:
            socket.create_connection(("payments.example.com", 443))


        async def main() -> None:
            client = await Client.connect(**ClientConfig.load_client_connect_config())
            activities = [charge, check_address, ship]
            with use_cassette("cassettes/answers.yaml", layers="http") as cassette:
                async with Worker(
                    client, task_queue="past", workflows=[Order], activities=activities, interceptors=[cassette]
                ):
                    await client.execute_workflow(Order.run, "order-17", id="past-order-17", task_queue="past")


        logging.disable()
        try:
            asyncio.run(main())
        except CassetteError as error:
            print(error, flush=True)
        # The SDK's client may still be at work when Python takes itself apart.
        os._exit(0)
        """,
    "swallowing.py": """
        from temporalio import workflow
        from workflows import Order as Tutorial


        @workflow.defn(name="Order", failure_exception_types=[Exception])
        class Order(Tutorial):
            @workflow.run
            async def run(self, order_id: str) -> str:
                return await Tutorial.run(self, order_id)

            @workflow.signal
            def goods_packed(self) -> None:
                self.packed = True
        """,
}


def prepare(directory: Path) -> None:
    """Add to the tutorial's directory, which has one good history, all that the examples need."""
    done = (directory / "fixtures/Order/order-17.json").read_text("utf-8")
    waiting = (directory / "fixtures/Order/order-18.json").read_text("utf-8")
    for name, text in {**FILES, **_broken(done, waiting)}.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_dedented(text), "utf-8")
    with (directory / "large.json").open("wb") as file:
        os.truncate(file.fileno(), TOO_LARGE)
    _commit_gated(directory / "gated", done)
    (directory / "linked").mkdir()
    (directory / "linked/order-17.json").symlink_to(directory / "gone.json")


def _commit_gated(directory: Path, history: str) -> None:
    """Make a repository whose branch main does not import, and whose working tree does."""
    files = {
        "pyproject.toml": '[tool.replaykit]\nhistories = ["fixtures"]\nworkflows = ["orders"]\n',
        "orders.py": "import goods\n",
        "fixtures/order-17.json": history,
    }
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, "utf-8")
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    for words in (("init", "-q", "-b", "main"), ("add", "."), (*who, "commit", "-q", "-m", "Orders")):
        subprocess.run(["git", "-C", str(directory), *words], check=True)
    (directory / "orders.py").write_text(_dedented(FILES["refunds.py"]), "utf-8")


def _dedented(text: str) -> str:
    lines = text.splitlines(keepends=True)
    if lines[:1] != ["\n"]:
        return text
    return "".join(line.removeprefix(" " * 8) for line in lines[1:])


def _broken(good: str, waiting: str) -> dict[str, str]:
    return {
        "empty.json": "",
        "truncated.json": good[:PLAIN],
        "package.json": '{"name": "web", "version": "1.0.0"}\n',
        "decoded.json": _changed(good, _decode),
        "reordered.json": _changed(good, _drop_third),
        "misspelt.json": _changed(good, _misspell),
        "encrypted.json": _changed(good, _encrypt),
        "stored.json": _changed(good, _store),
        "contradicting.json": _changed(waiting, _contradict),
    }


def _changed(text: str, change: Any) -> str:  # noqa: ANN401 - one of the functions below
    history = json.loads(text)
    change(history["events"])
    return json.dumps(history)


def _of(events: list[Any], kind: str) -> Any:  # noqa: ANN401 - a JSON object
    return next(event[f"{kind}EventAttributes"] for event in events if f"{kind}EventAttributes" in event)


def _decode(events: list[Any]) -> None:
    _of(events, "workflowExecutionStarted")["input"] = ["order-17"]


def _drop_third(events: list[Any]) -> None:
    del events[2]


def _misspell(events: list[Any]) -> None:
    _of(events, "activityTaskScheduled")["startToCloseTimeout"] = "ten seconds"


def _encrypt(events: list[Any]) -> None:
    [payload] = _of(events, "workflowExecutionStarted")["input"]["payloads"]
    payload["metadata"]["encoding"] = "YmluYXJ5L2VuY3J5cHRlZA=="


def _store(events: list[Any]) -> None:
    _of(events, "workflowExecutionStarted")["input"]["payloads"] = [
        {
            "metadata": {
                "encoding": "anNvbi9wcm90b2J1Zg==",
                "messageType": "dGVtcG9yYWwuYXBpLnNkay52MS5FeHRlcm5hbFN0b3JhZ2VSZWZlcmVuY2U=",
            },
            "data": "eyJkcml2ZXJOYW1lIjoiczMiLCJjbGFpbURhdGEiOnsia2V5Ijoib3JkZXItMTcifX0=",
            "externalPayloads": [{"sizeBytes": "300000"}],
        }
    ]


def _contradict(events: list[Any]) -> None:
    # As Core itself writes it beside a patch marker, but without one.
    last = events[-1]
    number = int(last["eventId"])
    upserted = {
        "eventId": str(number + 1),
        "eventTime": last["eventTime"],
        "eventType": "EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
        "upsertWorkflowSearchAttributesEventAttributes": {
            "workflowTaskCompletedEventId": str(number),
            "searchAttributes": {"indexedFields": {"TemporalChangeVersion": {}}},
        },
    }
    events.append(upserted)
