"""Side effects are declared in activities: `with effect("charge", key=order_id):`; nothing happens outside chaos."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias

# A file's path; or, where nothing needs to outlive the process, a function that is given each row.
LedgerOf: TypeAlias = str | Callable[[dict[str, Any]], None]

# Where rows go, whose they are, and what is told of each effect that begins or ends.
_SCOPE: ContextVar["EffectScope | None"] = ContextVar("replaykit_effects", default=None)
# Inside a declared effect: what is seen there of HTTP and SQL is that effect, and no other.
_DECLARED: ContextVar[bool] = ContextVar("replaykit_declared", default=False)


@dataclass(slots=True)
class EffectScope:
    """The attempt of an activity whose effects are noted: where the ledger is, and who does them."""

    ledger: LedgerOf
    workflow_id: str
    step: str
    attempt: int
    before: Callable[[int], None] = lambda _number: None
    count: int = 0


@dataclass(slots=True)
class DeclaredEffect:
    """An effect under way; say `unchanged()` where it turned out that it had been done before."""

    changed: bool = True
    _noted: list[str] = field(default_factory=list)

    def unchanged(self) -> None:
        """Say that nothing was done: the other side knew this request already."""
        self.changed = False


@contextmanager
def effect(
    name: str,
    *,
    key: str = "",
    idempotency_key: str = "",
    input: object = None,  # noqa: A002 - what it is
    undo: str = "",
) -> Iterator[DeclaredEffect]:
    """Declare a side effect: what stands in the block changes the world outside.

    Outside of a chaos run this does nothing at all.

    Args:
        name: What is done, such as `charge`.
        key: What it is done to, such as an order's id: only one commit a name and key is right. By default the step
            of the workflow, whatever the attempt.
        idempotency_key: The key that the other side is given and by which it tells a repetition: commits under one
            such key count as one. Leave it out where the other side does not tell repetitions.
        input: What it is done with, anything JSON can hold: one key with two inputs is a finding. Only its digest is
            kept.
        undo: The name of the effect that takes this one back: where the run does not complete, an effect of that name
            and this key must have been committed.
    """
    scope = _SCOPE.get()
    declared = DeclaredEffect()
    if scope is None:
        yield declared
        return
    scope.count += 1
    number = scope.count
    scope.before(number)
    row = row_of(scope, name, key=key, idempotency_key=idempotency_key, input_digest=digest(input), undo=undo)
    append(scope.ledger, {**row, "row": "begin", "at": time.time()})
    token = _DECLARED.set(True)
    try:
        yield declared
    finally:
        _DECLARED.reset(token)
    if declared.changed:
        append(scope.ledger, {**row, "row": "commit", "at": time.time()})


def row_of(
    scope: EffectScope, name: str, *, key: str = "", idempotency_key: str = "", input_digest: str = "", undo: str = ""
) -> dict[str, Any]:
    """Write what all rows of an effect say."""
    return {
        "effect": name,
        "key": key or f"{scope.workflow_id}/{scope.step}",
        "idempotency_key": idempotency_key,
        "input": input_digest,
        "undo": undo,
        "step": scope.step,
        "attempt": scope.attempt,
        "workflow_id": scope.workflow_id,
    }


def watching() -> EffectScope | None:
    """Return the attempt whose effects are noted here; nothing inside a declared effect, which is noted itself."""
    return None if _DECLARED.get() else _SCOPE.get()


def append(ledger: LedgerOf, row: dict[str, Any]) -> None:
    """Write one row to the ledger; a file has it on disk when this returns, so that it outlives a SIGKILL."""
    if not isinstance(ledger, str):
        ledger(row)
        return
    line = json.dumps(row, separators=(",", ":"), ensure_ascii=False) + "\n"
    handle = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line.encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def digest(value: object) -> str:
    """Digest what an effect is done with; empty where nothing was said."""
    if value is None:
        return ""
    text = json.dumps(value, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@contextmanager
def effects_of(scope: EffectScope) -> Iterator[None]:
    """Note the effects of this context, and of the threads and tasks that begin in it."""
    token = _SCOPE.set(scope)
    try:
        yield
    finally:
        _SCOPE.reset(token)
