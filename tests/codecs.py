"""Codecs and a storage of the kinds that teams have, and runs of tests/workflows/sealed.py that went through them."""

import asyncio
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    PayloadCodec,
    SerializationContext,
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)
from temporalio.worker import Worker

from replaykit.adapters.fetch import Fetched
from replaykit.model.history import Identity
from tests.namespaces import until
from tests.recording import Server
from tests.workflows.sealed import Sealed, SealedChild, refuse, seal

SECRET = "wolfsbane"  # noqa: S105 - a word that must not be read on the way


@dataclass(frozen=True)
class OwnerCodec(PayloadCodec, WithSerializationContext):
    """Seals each payload for the workflow or activity that owns it: nobody else can open it."""

    owner: str = "nobody"

    def with_context(self, context: SerializationContext) -> Self:
        if isinstance(context, ActivitySerializationContext):
            kind = "local" if context.is_local else "remote"
            return replace(self, owner=f"{context.workflow_id}/{context.workflow_type}/{kind}/{context.activity_type}")
        assert isinstance(context, WorkflowSerializationContext)
        return replace(self, owner=f"{context.namespace}/{context.workflow_id}")

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        seal = hashlib.sha256(self.owner.encode()).digest()
        return [
            Payload(metadata={"encoding": b"binary/owned", "seal": seal}, data=payload.SerializeToString()[::-1])
            for payload in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        for payload in payloads:
            if payload.metadata["seal"] != hashlib.sha256(self.owner.encode()).digest():
                raise PermissionError(f"not for {self.owner}")
        return [Payload.FromString(payload.data[::-1]) for payload in payloads]


class ParcelCodec(PayloadCodec):
    """Makes one parcel of a list, whatever its length."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        data = b"".join(len(raw := p.SerializeToString()).to_bytes(4, "big") + raw for p in payloads)
        return [Payload(metadata={"encoding": b"binary/parcel"}, data=data)]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        [parcel] = payloads
        data, opened = parcel.data, []
        while data:
            size = int.from_bytes(data[:4], "big")
            opened.append(Payload.FromString(data[4 : 4 + size]))
            data = data[4 + size :]
        return opened


class FolderDriver(StorageDriver):
    """Keeps payloads as files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def name(self) -> str:
        return "folder"

    async def store(self, _context: StorageDriverStoreContext, payloads: Sequence[Payload]) -> list[StorageDriverClaim]:
        claims = []
        for payload in payloads:
            name = uuid.uuid4().hex
            (self._folder / name).write_bytes(payload.SerializeToString())
            claims.append(StorageDriverClaim({"file": name}))
        return claims

    async def retrieve(
        self, _context: StorageDriverRetrieveContext, claims: Sequence[StorageDriverClaim]
    ) -> list[Payload]:
        return [Payload.FromString((self._folder / claim.claim_data["file"]).read_bytes()) for claim in claims]


def run_sealed(server: Server, converter: DataConverter) -> Fetched:
    """Run the workflow with a real worker and fetch its history as the server holds it."""

    async def work(_client: Client) -> Fetched:
        client = await Client.connect(server.address, data_converter=converter)
        name = f"sealed-{uuid.uuid4().hex[:8]}"
        queue = f"queue-{name}"
        async with Worker(client, task_queue=queue, workflows=[Sealed, SealedChild], activities=[seal, refuse]):
            handle = await client.start_workflow(
                Sealed.run, SECRET, id=name, task_queue=queue, memo={"begun": SECRET}, static_summary=f"all {SECRET}"
            )
            # An update in the first workflow task would come before what that task asks for.
            await until(lambda: _has_begun(handle))
            assert await handle.execute_update(Sealed.hear, SECRET) == f"heard {SECRET}"
            await asyncio.wait_for(handle.result(), 60)
        return await fetched(server, name)

    return server.run(work)


async def _has_begun(handle: WorkflowHandle[Any, Any]) -> bool:
    events = (await handle.fetch_history()).events
    return any(event.event_type == EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED for event in events)


async def fetched(server: Server, workflow_id: str) -> Fetched:
    """Fetch through a client without any data converter."""
    handle = (await Client.connect(server.address)).get_workflow_handle(workflow_id)
    described = await handle.describe()
    identity = Identity(
        workflow_id=workflow_id,
        run_id=described.run_id,
        workflow_type=described.workflow_type,
        task_queue=described.task_queue,
        namespace="default",
    )
    return Fetched(identity, await handle.fetch_history())
