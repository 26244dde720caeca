"""Activities that reach out in every way that Python has, and make nothing of what comes of it."""

import asyncio
import concurrent.futures
import contextlib
import multiprocessing
import multiprocessing.pool
import os
import socket
import subprocess
import sys
import threading
import urllib.request
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import httpx2
import requests
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    UnsandboxedWorkflowRunner,
    Worker,
)

from replaykit import OpenCassette


@dataclass(frozen=True, slots=True)
class Reach:
    """How an activity reaches out, and where to; one that `fails` lets out what it runs into."""

    way: str
    host: str
    port: int
    fails: bool = False

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/"


def plain_socket(to: Reach) -> None:
    with socket.create_connection((to.host, to.port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        connection.recv(100)


def connect_ex(to: Reach) -> None:
    with socket.socket() as connection:
        connection.settimeout(5)
        connection.connect_ex((to.host, to.port))


def datagram(to: Reach) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as connection:
        connection.sendto(b"hello", (to.host, to.port))


def datagram_of_parts(to: Reach) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as connection:
        connection.sendmsg([b"hel", b"lo"], [], 0, (to.host, to.port))


def own_thread(to: Reach) -> None:
    thread = threading.Thread(target=_quietly, args=(plain_socket, to))
    thread.start()
    thread.join()


def thread_of_a_thread(to: Reach) -> None:
    thread = threading.Thread(target=own_thread, args=(to,))
    thread.start()
    thread.join()


def pool_that_was_there(to: Reach) -> None:
    POOL.submit(_quietly, plain_socket, to).result()


def pool_of_the_test(to: Reach) -> None:
    KEPT["pool"].submit(_quietly, plain_socket, to).result()


def multiprocessing_thread_pool(to: Reach) -> None:
    THREAD_POOL.apply(_quietly, (plain_socket, to))


def _quietly(function: Callable[[Reach], None], to: Reach) -> None:
    with contextlib.suppress(Exception):
        function(to)


def process_pool(to: Reach) -> None:
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        pool.submit(plain_socket, to).result()


def pool_of_multiprocessing(to: Reach) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply(plain_socket, (to,))


def own_process(to: Reach) -> None:
    process = multiprocessing.get_context("spawn").Process(target=plain_socket, args=(to,))
    process.start()
    process.join()


def fork(to: Reach) -> None:
    pid = os.fork()
    if not pid:
        with contextlib.suppress(Exception):
            plain_socket(to)
        os._exit(0)
    os.waitpid(pid, 0)


def command(_: Reach) -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def own_address(to: Reach) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as connection:
        connection.connect((to.host, to.port))
        connection.getsockname()


def own_name(_: Reach) -> None:
    socket.getaddrinfo("localhost", None)
    socket.gethostbyname("localhost")


def listening(_: Reach) -> None:
    with socket.create_server(("127.0.0.1", 0)):
        socket.getaddrinfo("localhost", 80, flags=socket.AI_PASSIVE)


async def asyncio_streams(to: Reach) -> None:
    _, writer = await asyncio.open_connection(to.host, to.port)
    writer.close()


async def asyncio_sock_connect(to: Reach) -> None:
    with socket.socket() as connection:
        connection.settimeout(0)
        await asyncio.get_running_loop().sock_connect(connection, (to.host, to.port))


async def async_httpx2(to: Reach) -> None:
    async with httpx2.AsyncClient() as client:
        await client.get(to.url)


async def async_aiohttp(to: Reach) -> None:
    async with aiohttp.ClientSession() as session, session.get(to.url) as response:
        await response.read()


async def gathered_library_coroutines(to: Reach) -> None:
    async with httpx2.AsyncClient() as client:
        await asyncio.gather(client.get(to.url), client.get(to.url))


async def to_thread(to: Reach) -> None:
    await asyncio.to_thread(plain_socket, to)


async def default_executor(to: Reach) -> None:
    await asyncio.get_running_loop().run_in_executor(None, plain_socket, to)


async def kept_alive_httpx2(to: Reach) -> None:
    await KEPT["httpx2"].get(to.url)


async def kept_alive_aiohttp(to: Reach) -> None:
    async with KEPT["aiohttp"].get(to.url) as response:
        await response.read()


def kept_alive_requests(to: Reach) -> None:
    KEPT["requests"].get(to.url)


def kept_alive_tls(_: Reach) -> None:
    KEPT["tls"].request("GET", "/again")
    KEPT["tls"].getresponse().read()


def kept_alive_tls_by_hand(_: Reach) -> None:
    KEPT["tls"].sock.write(b"GET /again HTTP/1.1\r\nHost: localhost\r\n\r\n")
    KEPT["tls"].sock.recv(100)


SYNC: dict[str, Callable[[Reach], object]] = {
    function.__name__: function
    for function in (
        plain_socket,
        connect_ex,
        datagram,
        datagram_of_parts,
        own_thread,
        thread_of_a_thread,
        pool_that_was_there,
        multiprocessing_thread_pool,
        process_pool,
        pool_of_multiprocessing,
        own_process,
        fork,
        command,
        own_address,
        own_name,
        listening,
        kept_alive_requests,
        pool_of_the_test,
        kept_alive_tls,
        kept_alive_tls_by_hand,
    )
}
SYNC["sync_httpx2"] = lambda to: httpx2.get(to.url)
SYNC["sync_requests"] = lambda to: requests.get(to.url, timeout=5)
SYNC["sync_urllib"] = lambda to: urllib.request.urlopen(to.url, timeout=5).read()  # noqa: S310 - always http
ASYNC: dict[str, Callable[[Reach], Awaitable[None]]] = {
    function.__name__: function
    for function in (
        asyncio_streams,
        asyncio_sock_connect,
        async_httpx2,
        async_aiohttp,
        gathered_library_coroutines,
        to_thread,
        default_executor,
        kept_alive_httpx2,
        kept_alive_aiohttp,
    )
}
# Clients with open connections, and pools with running threads, that a program keeps.
KEPT: dict[str, Any] = {}
POOL = concurrent.futures.ThreadPoolExecutor(2)
THREAD_POOL = multiprocessing.pool.ThreadPool(1)


@activity.defn
def reach_from_a_thread(to: Reach) -> str:
    with contextlib.nullcontext() if to.fails else contextlib.suppress(Exception):
        SYNC[to.way](to)
    return "nothing happened"


@activity.defn
async def reach_from_the_loop(to: Reach) -> str:
    with contextlib.nullcontext() if to.fails else contextlib.suppress(Exception):
        await ASYNC[to.way](to)
    return "nothing happened"


@workflow.defn
class Reaching:
    @workflow.run
    async def run(self, to: Reach) -> str:
        name = "reach_from_the_loop" if to.way in ASYNC else "reach_from_a_thread"
        # What a guard says is not to be tried again, whatever the policy; what fails otherwise, the policy ends.
        policy = RetryPolicy(non_retryable_error_types=["KeyError"])
        soon = timedelta(seconds=20)
        return str(await workflow.execute_activity(name, to, start_to_close_timeout=soon, retry_policy=policy))


class BodiesRun(Interceptor):
    """A cassette whose activities run, as those do whose HTTP calls are answered and not they themselves."""

    def __init__(self, cassette: OpenCassette) -> None:
        self._cassette = cassette

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - SDK's
        return _Inner(self._cassette.intercept_activity(next))


class _Inner(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's names
        # Past what answers activities, to what guards them.
        tape: ActivityInboundInterceptor = self.next
        return await tape.next.execute_activity(input)


async def reach(client: Client, cassette: OpenCassette, to: Reach, *, bodies: bool = True) -> str:
    """Have an activity reach out, and return what it says; with `bodies`, past whatever the cassette answers."""
    queue = f"reaching-{uuid.uuid4().hex[:8]}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[Reaching],
        activities=[reach_from_a_thread, reach_from_the_loop],
        activity_executor=POOL,
        interceptors=[BodiesRun(cassette) if bodies else cassette],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        return await client.execute_workflow(Reaching.run, to, id=queue, task_queue=queue)
