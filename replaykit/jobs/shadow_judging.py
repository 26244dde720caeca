"""Runs of a shadow are judged: fetched, decoded, replayed, and written, redacted, where something was found."""

import asyncio
import itertools
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path

from replaykit.adapters.connect import Connection
from replaykit.adapters.corpus import file_for, put, shown
from replaykit.adapters.fetch import Fetched, fetch_run
from replaykit.adapters.rate import Rate
from replaykit.adapters.seeds import AnyPool
from replaykit.errors import HistoryError, RedactionMatters, RunMissing
from replaykit.jobs.checking import Checker
from replaykit.jobs.preparing import Preparation, Prepared
from replaykit.model.case import Case, Judgement
from replaykit.model.history import Identity, RunStatus
from replaykit.model.shadow import LONGEST_TEXT, SKIPPED, Example, Judged, Listed
from replaykit.model.verdict import NOT_REGISTERED, Clean, Inconclusive, name_of
from replaykit.report.finding import finding, headline
from replaykit.report.reading import Reading
from replaykit.rules.shadow import cause_key

GONE = "its history is gone: past retention, or deleted"
OTHERS = "no configured module has its workflow type"


@dataclass(frozen=True, slots=True)
class Judging:
    """Judges runs of one server.

    `plain` prepares histories for the replay, `writing` for the disk; `out` is the directory of findings, and `reading`
    who reads of them.
    """

    connection: Connection
    rate: Rate
    pool: AnyPool
    plain: Preparation
    writing: Preparation
    out: Path
    reading: Reading

    async def judge(self, runs: tuple[Listed, ...]) -> AsyncGenerator[tuple[Judged, Example | None], None]:
        """Judge runs, at most two for each replay process at a time, and yield each as it is done.

        Raises:
            ServerError: The server cannot be asked.
            CodecServerFailed: Payloads cannot be decoded now.
            CorpusUnwritable: A finding cannot be written.
        """
        waiting = iter(runs)
        running: set[asyncio.Task[tuple[Judged, Example | None]]] = set()
        try:
            while True:
                for run in itertools.islice(waiting, 2 * self.pool.size - len(running)):
                    running.add(asyncio.create_task(self._one(run)))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _one(self, run: Listed) -> tuple[Judged, Example | None]:
        try:
            fetched = await fetch_run(self.connection, run.workflow_id, run_id=run.run_id, rate=self.rate)
        except RunMissing:
            return Judged(run.run_id, SKIPPED, cause=GONE), None
        try:
            prepared = await self.plain.prepare(fetched)
        except HistoryError as error:
            verdict = Inconclusive(error.problem)
            return self._found(run, Judgement(Case("", run.workflow_id), verdict, 0.0, fetched.identity), "")
        judgement = await self.pool.replay(self._case(prepared.identity), content=prepared.content)
        if isinstance(judgement.verdict, Inconclusive) and judgement.verdict.problem.slug == NOT_REGISTERED:
            return Judged(run.run_id, SKIPPED, cause=OTHERS), None
        if isinstance(judgement.verdict, Clean):
            compared = judgement.verdict.steps > 0
            return Judged(run.run_id, "clean", round(judgement.seconds, 4), replayed=compared), None
        return await self._written(run, fetched, judgement)

    async def _written(self, run: Listed, fetched: Fetched, before: Judgement) -> tuple[Judged, Example | None]:
        """Write a finding as export writes a history: what is told of it is told of the redacted one."""
        prepared = await self.writing.prepare(fetched)
        case = self._case(prepared.identity)
        try:
            judgement = await self._as_before(case, prepared)
        except RedactionMatters as error:
            # What was found shows values that nobody has redacted: the verdict is told, and why no more is.
            said = f"{name_of(before.verdict)}, and not written: {error.problem.render()}"
            example = Example(cause_key(before), name_of(before.verdict), said.splitlines()[0], said[:LONGEST_TEXT])
            return _judged(run, before), example
        await asyncio.to_thread(put, Path(case.path), prepared.content)
        return self._found(run, judgement, case.shown)

    async def _as_before(self, case: Case, prepared: Prepared) -> Judgement:
        judgement = await self.pool.replay(case, content=prepared.content)
        await Checker(self.writing, self.pool, replays=True).check(case, prepared, after=judgement)
        return judgement

    def _found(self, run: Listed, judgement: Judgement, path: str) -> tuple[Judged, Example]:
        text = finding(judgement, self.reading)
        if not path:
            text = text.rpartition("\n\n")[0]
        if len(text) > LONGEST_TEXT:
            text = f"{text[:LONGEST_TEXT]}\n  … (cut here; the command shows all): replaykit replay {path} -v"
        name = name_of(judgement.verdict)
        return _judged(run, judgement), Example(cause_key(judgement), name, headline(judgement)[:400], text, path)

    def _case(self, identity: Identity) -> Case:
        # Always with its run id: other workers write here, too, and none knows which names they have taken.
        path = file_for(self.out, identity, run_in=lambda _: "")
        return Case(str(path.absolute()), shown(path, Path(self.reading.base)))


def _judged(run: Listed, judgement: Judgement) -> Judged:
    name = name_of(judgement.verdict)
    return Judged(
        run.run_id,
        name,
        round(judgement.seconds, 4),
        replayed=name != "inconclusive",
        cause=cause_key(judgement),
        still_open=judgement.status is RunStatus.OPEN or (judgement.status is None and run.closed is None),
    )


def preparations(writing: Preparation) -> tuple[Preparation, Preparation]:
    """Return how histories are prepared for a replay, and how for the disk."""
    return replace(writing, redactor=None, redacting=None), writing
