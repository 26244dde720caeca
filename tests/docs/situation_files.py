"""The text files behind the examples of docs/errors.md, by their paths."""

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
