"""A run in the making: what it says, where it says a secret, and how it is started."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    StartWorkflowInput,
    WorkflowHandle,
)
from temporalio.converter import PayloadConverter

from examples.encrypted.workflows import LabReport
from tests.secrets import Secret

FORMS = ("{} {}", "{}\n{}", "{} ({})", '{{"what": "{}", "said": "{}"}}', "{}: '{}'")


@dataclass(frozen=True, slots=True)
class Visitor:
    """One run in the making: its dice, and the secret that it carries to one place, if it carries any."""

    number: int
    dice: random.Random
    secret: Secret | None = None
    place: str = ""

    def says(self, place: str, words: str) -> str:
        """The words, with the secret where this is its place."""
        if self.secret is None or place != self.place:
            return words
        return self.dice.choice(FORMS).format(words, self.secret.text)

    def id(self, name: str) -> str:
        """The workflow id: a name and a number, or with the secret."""
        return f"{name}-{self.secret.text}" if self.secret and self.place == "id" else f"{name}-t{self.number}"

    def memo(self) -> Mapping[str, Any]:
        """The memo of the run."""
        return {"note": self.says("memo", "a resident"), "number": self.number}


class _Headers(Interceptor):
    """Sends a header with every start, as interceptors for tracing and authorization do."""

    def __init__(self, text: str) -> None:
        self._payload = PayloadConverter.default.to_payload(text)

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's name
        return _Starts(next, self._payload)


class _Starts(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, payload: Payload) -> None:  # noqa: A002 - the SDK's name
        super().__init__(next)
        self._payload = payload

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002 - as above
        input.headers = {**input.headers, "x-resident": self._payload}
        return await super().start_workflow(input)


@dataclass(frozen=True, slots=True)
class Town:
    """What the runs are made with: a client, and one that encrypts."""

    client: Client
    sealed: Client

    async def starts(self, visitor: Visitor, run: Any, *args: Any, name: str, queue: str) -> WorkflowHandle[Any, Any]:  # noqa: ANN401 - any workflow
        """Start a run of the crowd."""
        client = self.sealed if run is LabReport.run else self.client
        if visitor.place == "header":
            config = client.config()
            config["interceptors"] = [_Headers(visitor.says("header", "trace"))]
            client = Client(**config)
        return await client.start_workflow(
            run, args=args, id=visitor.id(name), task_queue=queue, memo=visitor.memo(), static_summary=name
        )
