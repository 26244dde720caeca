"""One version of the code in a gate: what it registers, and the replays of histories against it."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from replaykit.adapters.file_digests import Digests
from replaykit.adapters.gate_cache import Code, GateCache
from replaykit.adapters.nursery import Nursery
from replaykit.adapters.ready import Ready
from replaykit.config import Config
from replaykit.errors import BaseUnloadable, WorkflowsUnloadable
from replaykit.jobs.gate_base import Base
from replaykit.jobs.gate_lanes import Group, in_lanes
from replaykit.model.case import Case, Judgement
from replaykit.model.verdict import NOT_REGISTERED, Inconclusive
from replaykit.model.witness import Read

if TYPE_CHECKING:
    from replaykit.adapters.seeds import AnyPool

WHOLE = ""


class Side:
    """A version of the code; nothing of it is loaded before it is asked for.

    A history is replayed in a process that loads the one entry of the configured workflows that defines its type: so
    what the process has read tells all that the replay hangs on, and a change to another workflow is none to this one.
    """

    def __init__(self, config: Config, code: Code, cache: GateCache, *, moved: tuple[str, str] | None = None) -> None:
        """Take the settings of this version, its files, and what earlier runs found.

        Args:
            config: The settings.
            code: The files, by their digests.
            cache: What earlier runs found.
            moved: A checkout, and the one in whose place of it this version is loaded.
        """
        self.config = config
        self.code = code
        self.replays = 0
        self._cache = cache
        self._moved = moved
        self._nursery = Nursery(config.root, quiet=True)
        self._ready: Ready | None = None
        self._homes: dict[str, str] | None = None
        self._whole: AnyPool | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._stack.push_async_callback(self._nursery.close)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.__aexit__(kind, error, traceback)

    @property
    def has_groups(self) -> bool:
        """Whether some types can be loaded without the others."""
        return not self.config.factory and len(self.config.workflows) > 1

    async def ready(self) -> Ready:
        """Say what loading all configured workflows shows, by the cache or by loading them, once.

        Raises:
            WorkflowsUnloadable: No workflow of the head could be loaded.
            BaseUnloadable: No workflow of the base could be loaded, or it loads the head's code.
        """
        if self._ready is None:
            self._ready = self._cache.look_up_loaded(self._cache.asked("", "", self.config, WHOLE), self.code)
        if self._ready is None:
            pool = await self._whole_pool()
            self._ready = await pool.ready()
            self._cache.keep_loaded(self._cache.asked("", "", self.config, WHOLE), self._ready, self.code)
        return self._ready

    async def group_of(self, workflow_type: str) -> str:
        """Return the entry of the workflows to load alone for a type; `WHOLE` where all have to be."""
        if self._homes is None:
            self._homes = dict((await self.ready()).homes) if self.has_groups else {}
        return self._homes.get(workflow_type, WHOLE)

    async def replay(
        self, cases: Iterable[tuple[str, Case]]
    ) -> AsyncGenerator[tuple[Judgement, tuple[Read, ...]], None]:
        """Replay histories, each with its group; yield each judgement with all that was read for it."""
        groups: dict[str, list[Case]] = {}
        for name, case in cases:
            groups.setdefault(name, []).append(case)
        if not groups:
            return
        await self._prepare()
        again: list[Case] = groups.pop(WHOLE, [])
        alone = [Group(deque(alike), self._alone(name)) for name, alike in groups.items()]
        async with aclosing(in_lanes(alone, self._lanes, self._check)) as judged:
            async for group, judgement in judged:
                if judgement is None:
                    # It loads behind the others alone.
                    again += group.left
                    continue
                self.replays += 1
                if _is_missing(judgement):
                    again.append(judgement.case)
                else:
                    yield judgement, _read(group, judgement)
        if again:
            whole = Group(deque(again), await self._whole_pool(), stays=True)
            async with aclosing(in_lanes([whole], self._lanes, self._check)) as judged:
                async for group, judgement in judged:
                    if judgement is not None:
                        self.replays += 1
                        yield judgement, _read(group, judgement)

    @property
    def _lanes(self) -> int:
        """How many histories may be replayed at a time; a history under several seeds keeps as many processes busy."""
        return 1 if self.config.seeds > 1 else self._pool(self.config).size

    async def _prepare(self) -> None:
        """Do what has to be done before a process can load this version."""

    async def _whole_pool(self) -> "AnyPool":
        """Load all workflows in a process, once."""
        if self._whole is None:
            await self._prepare()
            whole = self._whole = self._pool(self.config)
            await self._stack.enter_async_context(whole)
            try:
                self._check(await whole.ready())
            except WorkflowsUnloadable as error:
                raise self._unloadable(error) from None
        return self._whole

    def _alone(self, name: str) -> "AnyPool":
        return self._pool(replace(self.config, workflows=(name,)))

    def _pool(self, config: Config) -> "AnyPool":
        # A gate that finds nothing changed starts no process, and does not load what would.
        from replaykit.adapters.seeds import pool_for  # noqa: PLC0415 - as said above

        return pool_for(config, measure=True, watch=True, moved=self._moved, nursery=self._nursery)

    def _unloadable(self, error: WorkflowsUnloadable) -> WorkflowsUnloadable | BaseUnloadable:
        return error

    def _check(self, ready: Ready) -> None:
        """Refuse a version that is not what it should be."""


class BaseSide(Side):
    """The version compared with: checked out where it has to run, and loaded in the place of the working tree."""

    def __init__(self, config: Config, base: Base, cache: GateCache) -> None:
        """Take the settings of the base, its files, and what earlier runs found."""
        self._top, tree = base.checkout.top, base.checkout.tree
        super().__init__(config, base.files or Digests(tree), cache, moved=(str(self._top), str(tree)))
        self._checkout = base.checkout

    async def _prepare(self) -> None:
        if not self._checkout.begun:
            await asyncio.to_thread(self._checkout.make)
        # From here on what is kept is what was there to read, to the byte.
        if not isinstance(self.code, Digests):
            self.code = Digests(self._checkout.tree)

    def _unloadable(self, error: WorkflowsUnloadable) -> WorkflowsUnloadable | BaseUnloadable:
        problem = error.problem
        return BaseUnloadable(
            f"The base cannot be replayed. {problem.what}",
            cause=problem.cause.replace(str(self._checkout.tree), str(self._top)),
            fix="choose a base that imports: --base REV; if it needs files that git ignores (generated code), put them "
            "where both versions find them",
        )

    def _check(self, ready: Ready) -> None:
        """Refuse a base that comes out of the head's files: it would prove nothing."""
        read = ready.read.files if ready.read else ()
        strays = [path for path in read if path.endswith(".py") and Path(path).is_relative_to(self._top)]
        if strays:
            raise BaseUnloadable(
                "The base loads code of the working tree, so the two could not be told apart.",
                cause=f"{strays[0]} was imported: an installed package or a path leads there",
                fix="let python-path in [tool.replaykit] name the directory that holds your package",
            )


def _read(group: Group, judgement: Judgement) -> tuple[Read, ...]:
    witness = judgement.witness
    return (group.read,) if witness is None else (group.read, witness.read)


def _is_missing(judgement: Judgement) -> bool:
    return isinstance(judgement.verdict, Inconclusive) and judgement.verdict.problem.slug == NOT_REGISTERED
