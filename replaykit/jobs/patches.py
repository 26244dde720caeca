"""The patches job: the code of one or two versions, a corpus and perhaps a server, put together to verdicts."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from replaykit.adapters.code_trees import ids_before
from replaykit.adapters.connect import connect
from replaykit.adapters.corpus import find
from replaykit.adapters.open_runs import open_runs
from replaykit.adapters.patch_histories import read_patch_run
from replaykit.adapters.rate import Rate
from replaykit.config import Config
from replaykit.errors import HistoryError, Problem
from replaykit.jobs.given import Found
from replaykit.jobs.patch_versions import versions
from replaykit.model.case import Case, Judgement
from replaykit.model.patches import OpenRuns, PatchRun, PatchVerdict, Sites
from replaykit.model.verdict import Inconclusive
from replaykit.rules.patches import judge_patches, wanted_of


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    `paths` are files and directories of code, none for the configured workflows. `base` is a revision of git.
    `corpus` are files and directories of histories. `connection` is None where no server is to be asked, and else
    the environment variables of envconfig that options override; `limit` is how many histories may be read there.
    """

    paths: tuple[str, ...] = ()
    base: str = ""
    corpus: tuple[str, ...] = ()
    connection: Mapping[str, str] | None = None
    limit: int = 100
    rps: float | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """One history of the corpus has been read, or could not be."""

    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The verdicts; `sites` are those of the code, `histories` the runs of the corpus, `server` what was listed."""

    verdicts: tuple[PatchVerdict, ...]
    sites: Sites
    histories: tuple[PatchRun, ...]
    unread: tuple[tuple[str, Problem], ...]
    server: OpenRuns | None


Event: TypeAlias = Found | Read | Answered


async def patches(config: Config, question: Question, *, here: Path) -> AsyncGenerator[Event, None]:
    """Judge the patches of the code, or of a change of it.

    Args:
        config: The settings.
        question: What is asked.
        here: The directory that paths count from.

    Yields:
        `Found` once, `Read` for each history, `Answered` last.

    Raises:
        NothingConfigured: There is no workflow code to look at.
        NotARepository: The code lies in no git repository.
        RevisionUnknown: There is no such base.
        ServerError: The server cannot be asked.
    """
    head, base = versions(config, question.paths, question.base, here=here)
    found = list(find(question.corpus, base=here))
    yield Found(len(found))
    runs: list[PatchRun] = []
    unread: list[tuple[str, Problem]] = []
    for case in found:
        run, problem = _read(case)
        if run is not None:
            runs.append(run)
        if problem is not None:
            unread.append((case.shown if isinstance(case, Case) else case.case.shown, problem))
        yield Read(problem)
    runs.sort(key=lambda run: run.source)
    server = await _asked(question, base, head)
    yield Answered(
        verdicts=judge_patches(base, head, corpus=runs, server=server, earlier=_earlier(question, base, head, here)),
        sites=head,
        histories=tuple(runs),
        unread=tuple(sorted(unread, key=lambda one: one[0])),
        server=server,
    )


def _read(found: Case | Judgement) -> tuple[PatchRun | None, Problem | None]:
    if isinstance(found, Judgement):
        return None, found.verdict.problem if isinstance(found.verdict, Inconclusive) else None
    try:
        return read_patch_run(found), None
    except HistoryError as error:
        return None, error.problem


async def _asked(question: Question, base: Sites | None, head: Sites) -> OpenRuns | None:
    if question.connection is None:
        return None
    connection = await connect(question.connection)
    rate = Rate(question.rps) if question.rps else Rate()
    return await open_runs(connection, wanted_of(base, head), limit=question.limit, rate=rate)


def _earlier(question: Question, base: Sites | None, head: Sites, here: Path) -> frozenset[str] | None:
    if base is None:
        return None
    old = {site.id for site in base.patches}
    new = {site.id: site for site in head.patches if site.id not in old}
    return ids_before(here, question.base, new.values())
