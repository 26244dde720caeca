"""The export job: a source, a corpus, and what has to happen between them, put together."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from replaykit.adapters.choosing import Looked, Looking, surveying
from replaykit.adapters.codecs import decoder_of
from replaykit.adapters.connect import connect
from replaykit.adapters.corpus_index import CorpusIndex
from replaykit.adapters.locations import safe
from replaykit.adapters.pool import ReplayPool
from replaykit.adapters.rate import DEFAULT_RPS, Rate
from replaykit.adapters.redacting import Recipe, Redacting
from replaykit.adapters.redaction_key import load_pseudonyms
from replaykit.adapters.visibility import retention
from replaykit.config import Config
from replaykit.errors import NoRuns, Problem, ReplaykitError
from replaykit.jobs import writing
from replaykit.jobs.candidates import Candidate, Expected, Remark, Server, There, from_files
from replaykit.jobs.checking import Checker
from replaykit.jobs.preparing import Preparation
from replaykit.jobs.writing import Exported, Familiar, NotExported, Writing
from replaykit.model.case import Judgement
from replaykit.model.exports import Exports
from replaykit.model.manner import Manner
from replaykit.model.selection import Selection
from replaykit.model.verdict import NOT_REGISTERED, Inconclusive
from replaykit.model.wanted import Wanted
from replaykit.rules.query import query_for
from replaykit.rules.redaction.rules import rules_from
from replaykit.rules.strata import Share

__all__ = ["Expected", "Exported", "Familiar", "Looked", "Looking", "NotExported", "Remark", "There"]

DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Measuring:
    """Before an update the corpus is replayed: so many histories."""

    total: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One of them has been replayed."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A history that the corpus holds and production no longer has, or the code no longer knows; it stays."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing is left to do; `key_id` names the key of the pseudonyms, empty where nothing was redacted."""

    exports: Exports
    key_id: str
    problems: tuple[Problem, ...] = ()


Event: TypeAlias = Measuring | Measured | Looking | Looked | writing.Event | Stale | Finished


async def export(
    wanted: Wanted, manner: Manner, config: Config, *, out: Path, base: Path, connection: Mapping[str, str]
) -> AsyncGenerator[Event, None]:
    """Write the histories that are wanted into the corpus below `out`.

    Args:
        wanted: Which histories.
        manner: What becomes of them on the way.
        config: The settings: codec, redaction rules, and the workflows to replay against.
        out: The corpus.
        base: The directory that messages show paths from, and relative paths start from.
        connection: Environment variables of temporalio.envconfig that options override.

    Yields:
        `Measuring` and `Measured` before an update; `Looking` and `Looked` where runs are spread over kinds;
        `Expected`; then an event for each history, in order; `Stale` for
        histories an update found so; `Finished` last.

    Raises:
        ServerError: The server cannot be asked at all.
        ConfigError: Settings, codec, key or client configuration cannot be used.
        NoRuns: There was nothing to export.
    """
    started = time.perf_counter()
    async with AsyncExitStack() as stack:
        server = await connect(connection) if wanted.from_server else None
        recipe = Recipe(rules_from(config), load_pseudonyms(Path(config.root))) if manner.redact else None
        redactor = recipe.redactor() if recipe else None
        redacting = await stack.enter_async_context(Redacting(recipe, redactor)) if recipe and redactor else None
        index = CorpusIndex.of(out)
        replays = bool(config.workflows or config.factory)
        pool = None
        if manner.update or (manner.redact and replays):
            pool = await stack.enter_async_context(ReplayPool(config, measure=manner.update))
        namespace = server.namespace if server else wanted.namespace
        decoder = None if manner.keep_encrypted else decoder_of(config, namespace=namespace)
        preparation = Preparation(decoder, redactor, redacting)
        work = Writing(index, preparation, Checker(preparation, pool, replays=replays), base=base)
        rate = Rate(manner.rps or DEFAULT_RPS)
        held: list[_Held] = []
        if manner.update:
            yield Measuring(len(index))
            async for judgement in work.only_what_is_new():
                held.append(_held(judgement))
                yield Measured()
        shares: tuple[Share, ...] = ()
        if server and wanted.selection and wanted.selection.stratify:
            async for found in surveying(server, wanted.selection, rate=rate):
                if isinstance(found, tuple):
                    shares = found
                else:
                    yield found
        source = Server(server, rate, index, preparation) if server else None
        candidates = _candidates(
            wanted, source, shares, from_files(wanted, base=base, index=index, preparation=preparation)
        )
        async with aclosing(work.events(candidates)) as events:
            async for event in events:
                yield event
        kept = None
        if server and held:
            try:
                kept = await retention(server, rate=rate)
            except ReplaykitError as error:
                yield Remark(f"not asked how old a run may become: {error.problem.what} {error.problem.cause}")
        for stale in _stale(held, kept):
            yield stale
        exports = replace(work.exports, slowed=rate.traffic.slowed, seconds=time.perf_counter() - started)
        if not exports.seen:
            raise _nothing(wanted)
        yield Finished(exports, redactor.key_id if redactor else "", pool.problems if pool else ())


async def look(
    selection: Selection, *, rps: float | None, connection: Mapping[str, str]
) -> AsyncGenerator[Looking | Looked | tuple[Share, ...], None]:
    """Find which kinds of runs there are and how many of each would be taken; no history is fetched.

    Yields:
        How far it is, and the kinds last.

    Raises:
        ServerError: The server cannot be asked.
        ConfigInvalid: The client configuration cannot be used.
    """
    async for found in surveying(await connect(connection), selection, rate=Rate(rps or DEFAULT_RPS)):
        yield found


async def _candidates(
    wanted: Wanted, server: Server | None, shares: tuple[Share, ...], files: AsyncIterator[Candidate]
) -> AsyncGenerator[Candidate, None]:
    if server is not None:
        async for candidate in server.candidates(wanted, shares):
            yield candidate
    if wanted.locations:
        async for candidate in files:
            yield candidate


@dataclass(frozen=True, slots=True)
class _Held:
    """What is asked of a history of the corpus: whether its type is gone, and when its run ended."""

    path: str
    gone: bool
    ended: float | None


def _held(judgement: Judgement) -> _Held:
    verdict, shape = judgement.verdict, judgement.shape
    gone = isinstance(verdict, Inconclusive) and verdict.problem.slug == NOT_REGISTERED
    return _Held(judgement.case.shown, gone, shape.stamps.ended if shape else None)


def _stale(held: Iterable[_Held], kept: float | None) -> Iterator[Stale]:
    now = time.time()
    for one in held:
        if one.gone:
            yield Stale(one.path, "no configured module has its workflow type any more")
        elif kept is not None and one.ended is not None and one.ended < now - kept:
            yield Stale(
                one.path, f"its run ended {(now - one.ended) / DAY:.0f} days ago; the namespace keeps {kept / DAY:g}"
            )


def _nothing(wanted: Wanted) -> NoRuns:
    selection = wanted.selection
    if wanted.locations and selection is None:
        return NoRuns(
            f"No history was found in {', '.join(map(safe, wanted.locations))}.",
            cause="the files and directories are there, and none of them is a history",
            fix="name a Temporal Cloud export, the JSON of `temporal workflow show --output json`, or a .binpb file",
        )
    # A line's end in a query closes a comment that the query ends with.
    asked = query_for(selection).replace("\n", "") if selection else ""
    cause = f"visibility lists none for: {asked}" if asked else "the namespace holds no run, or its retention is over"
    if selection and selection.sample < 1:
        cause += f"; or none of them is in the sample of {selection.sample:g}"
    return NoRuns(
        "No run was found.",
        cause=cause,
        fix="temporal workflow list   shows what there is; a wider --since, another --query or --namespace finds more",
    )
