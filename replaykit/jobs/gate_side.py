"""One version of the code in a gate: what it registers, and the replays of histories against it."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from replaykit.adapters.file_digests import Digests
from replaykit.adapters.messages import Ready
from replaykit.adapters.seeds import AnyPool, pool_for
from replaykit.config import Config
from replaykit.errors import BaseUnloadable, WorkflowsUnloadable
from replaykit.jobs.replay import judgements
from replaykit.model.case import Case, Judgement
from replaykit.model.verdict import Inconclusive
from replaykit.model.witness import Read
from replaykit.rules.gate import NOT_REGISTERED

WHOLE = ""


class Side:
    """A version of the code, below the top of a checkout; nothing of it is loaded before it is asked for.

    A history is replayed in a process that loads the one entry of the configured workflows that defines its type: so
    what the process has read tells all that the replay hangs on, and a change to another workflow is none to this one.
    """

    def __init__(self, config: Config, top: Path, *, instead_of: Path | None = None) -> None:
        """Take the settings of this version, and the checkout in whose place it is loaded, if it is the base's."""
        self.config = config
        self.code = Digests(top)
        self.replays = 0
        self._instead_of = instead_of
        self._moved = None if instead_of is None else (str(instead_of), str(top))
        self._ready: Ready | None = None
        self._whole: AnyPool | None = None
        self._reads: dict[str, Read] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.__aexit__(kind, error, traceback)

    async def ready(self) -> Ready:
        """Load all configured workflows, once, and say what was found.

        Raises:
            WorkflowsUnloadable: No workflow of the head could be loaded.
            BaseUnloadable: No workflow of the base could be loaded, or it loads the head's code.
        """
        if self._ready is None:
            whole = self._whole = self._pool(self.config)
            await self._stack.enter_async_context(whole)
            try:
                self._ready = await whole.ready()
            except WorkflowsUnloadable as error:
                raise self._unloadable(error) from None
            self._check(self._ready)
        return self._ready

    async def group_of(self, workflow_type: str) -> str:
        """Return the entry of the workflows to load alone for a type; `WHOLE` where all have to be."""
        if self.config.factory or len(self.config.workflows) == 1:
            return WHOLE
        return dict((await self.ready()).homes).get(workflow_type, WHOLE)

    async def replay(
        self, cases: Iterable[tuple[str, Case]]
    ) -> AsyncGenerator[tuple[Judgement, tuple[Read, ...]], None]:
        """Replay histories, each with its group; yield each judgement with all that was read for it."""
        groups: dict[str, list[Case]] = {}
        for group, case in cases:
            groups.setdefault(group, []).append(case)
        again: list[Case] = groups.pop(WHOLE, [])
        for group, alike in groups.items():
            async with self._pool(replace(self.config, workflows=(group,))) as pool:
                try:
                    await pool.ready()
                except WorkflowsUnloadable:
                    # It loads behind the others alone.
                    again += alike
                    continue
                async with aclosing(self._judge(pool, alike, group)) as judged:
                    async for judgement in judged:
                        if _is_missing(judgement):
                            again.append(judgement.case)
                        else:
                            yield judgement, self._read(group, judgement)
        if again:
            await self.ready()
            async with aclosing(self._judge(self._whole, again, WHOLE)) as judged:
                async for judgement in judged:
                    yield judgement, self._read(WHOLE, judgement)

    async def _judge(self, pool: AnyPool | None, cases: Sequence[Case], group: str) -> AsyncGenerator[Judgement, None]:
        if pool is None:
            raise RuntimeError("the workflows are not loaded")
        self._reads[group] = (await pool.ready()).read or Read()
        async with aclosing(judgements(pool, cases)) as judged:
            async for judgement in judged:
                self.replays += 1
                yield judgement

    def _pool(self, config: Config) -> AnyPool:
        return pool_for(config, measure=True, watch=True, moved=self._moved)

    def _read(self, group: str, judgement: Judgement) -> tuple[Read, ...]:
        witness = judgement.witness
        return (self._reads[group],) if witness is None else (self._reads[group], witness.read)

    def _unloadable(self, error: WorkflowsUnloadable) -> WorkflowsUnloadable | BaseUnloadable:
        if self._instead_of is None:
            return error
        problem = error.problem
        return BaseUnloadable(
            f"The base cannot be replayed. {problem.what}",
            cause=problem.cause.replace(str(self.code.root), str(self._instead_of)),
            fix="choose a base that imports: --base REV; if it needs files that git ignores (generated code), put them "
            "where both versions find them",
        )

    def _check(self, ready: Ready) -> None:
        """Refuse a base that comes out of the head's files: it would prove nothing."""
        if self._instead_of is None or ready.read is None:
            return
        strays = [
            path for path in ready.read.files if path.endswith(".py") and Path(path).is_relative_to(self._instead_of)
        ]
        if strays:
            raise BaseUnloadable(
                "The base loads code of the working tree, so the two could not be told apart.",
                cause=f"{strays[0]} was imported: an installed package or a path leads there",
                fix="let python-path in [tool.replaykit] name the directory that holds your package",
            )


def _is_missing(judgement: Judgement) -> bool:
    return isinstance(judgement.verdict, Inconclusive) and judgement.verdict.problem.slug == NOT_REGISTERED
