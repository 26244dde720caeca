"""One history after the other is loaded, replayed and judged inside a replay process."""

import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from temporalio.client import WorkflowHistory

from replaykit.adapters import history as histories
from replaykit.adapters import requested
from replaykit.adapters.messages import Done, Unsaved
from replaykit.adapters.opened import Opener
from replaykit.adapters.reached import Meter
from replaykit.adapters.replayer import ReplaySession
from replaykit.adapters.stamps import stamps_of
from replaykit.adapters.touched import Touched
from replaykit.adapters.user_files import is_user_file
from replaykit.adapters.worker_converters import converters_by_type
from replaykit.adapters.workflows import WorkerArguments, short_traceback
from replaykit.config import Config
from replaykit.errors import Problem
from replaykit.model.case import Case, Judgement
from replaykit.model.history import History
from replaykit.model.outcome import Outcome
from replaykit.model.reached import Imported
from replaykit.model.verdict import Clean, Diverged, Drifted, Inconclusive, Verdict
from replaykit.model.witness import Read, Witness
from replaykit.rules import accept
from replaykit.rules.judge import judge, look_up_name, nothing_to_replay, with_environment
from replaykit.rules.shape import shape_of

PATIENCE = 5.0


class ReplayWorker:
    """Replays what the pool asks for, in one asyncio loop on the main thread."""

    def __init__(
        self,
        config: Config,
        workers: Sequence[WorkerArguments],
        on_progress: Callable[[], None],
        *,
        measure: bool = False,
        meter: Meter | None = None,
        touched: Touched | None = None,
    ) -> None:
        """Take the loaded workflows.

        Args:
            config: The settings.
            workers: What was loaded: the arguments of each of the team's workers.
            on_progress: Called after each prefix of a history.
            measure: Let each judgement carry the run's shape.
            meter: Measures what each replay reaches; it has measured the loading.
            touched: Heard what loading read; then each judgement carries its witness.
        """
        self._on_progress = on_progress
        self._config = config
        self._accepted = accept.parse(config.accept)
        self._workers = tuple(workers)
        self._sessions = [ReplaySession(arguments) for arguments in workers]
        self._workflows = [workflow for arguments in workers for workflow in arguments.workflows]
        self.problems = tuple(problem for arguments in workers for problem in arguments.failures)
        self._measure = measure
        self._meter = meter
        self._touched = touched
        self.read: Read | None = None
        self.imported = None if meter is None else Imported(meter.imported(), _modules(self._workflows, meter))
        converters = [
            (one.workflows, session.team_converter) for one, session in zip(workers, self._sessions, strict=True)
        ]
        self._opener = Opener(config, converters_by_type(converters))

    async def open(self) -> None:
        """Start Core."""
        for session in self._sessions:
            await session.open()
        self.read = self._touched.read() if self._touched else None

    @property
    def names(self) -> tuple[str, ...]:
        """The workflow types that can be replayed."""
        return tuple(sorted({name for session in self._sessions for name in session.names if name}))

    @property
    def homes(self) -> tuple[tuple[str, str], ...]:
        """The entry of the configuration under which each workflow type was found, where it was one."""
        entries = {workflow: home for arguments in self._workers for workflow, home in arguments.homes.items()}
        classes = {name: kind for session in self._sessions for name, kind in session.classes.items()}
        return tuple(sorted((name, entries[kind]) for name, kind in classes.items() if kind in entries))

    async def answer(self, request: Case | Unsaved) -> Done:
        """Replay and judge one history; never raises for what a history or a workflow does."""
        started = time.perf_counter()
        case = requested.case_of(request)
        with self._touched.apart_from(case.path) if self._touched else contextlib.nullcontext():
            found = await requested.read(request, self._opener)
        if isinstance(found, Inconclusive):
            return self._done(case, found, started)
        history, parsed = found
        done = await self._judge(case, history, parsed, started)
        if not self._measure:
            return done
        reached = self._meter.take() if self._meter else None
        shape = shape_of(history, stamps_of(parsed.events, history.status), reached)
        return replace(done, judgement=replace(done.judgement, shape=shape))

    async def _judge(self, case: Case, history: History, parsed: WorkflowHistory, started: float) -> Done:
        problem = self._unregistered(history)
        if problem is not None:
            return self._done(case, Inconclusive(problem), started, history)
        if not history.tasks:
            # Core panics or hangs on a run without any workflow task; there is nothing to replay in it.
            return self._done(case, nothing_to_replay(), started, history)
        verdict, exhausted, outcome = await self._replay(history, parsed)
        done = self._done(case, verdict, started, history, exhausted=exhausted)
        if self._touched is not None:
            read = self._touched.read()
            witness = Witness(outcome.trace.steps, outcome.ahead.steps, read)
            done = replace(done, judgement=replace(done.judgement, witness=witness))
        if self._config.every_prefix and isinstance(verdict, (Clean, Drifted)):
            return await self._every_prefix(done, history, parsed)
        return done

    def _session_of(self, workflow_type: str) -> ReplaySession:
        """Return the session of the worker that runs this type: by its name, or as its dynamic workflow."""
        named = (session for session in self._sessions if workflow_type in session.names)
        dynamic = (session for session in self._sessions if None in session.names)
        return next(chain(named, dynamic, self._sessions))

    async def _replay(self, history: History, parsed: WorkflowHistory) -> tuple[Verdict, bool, Outcome]:
        """Return the verdict, whether this process is of no further use, for Core hangs or will, and the outcome."""
        session = self._session_of(history.identity.workflow_type)
        patience = min(PATIENCE, self._config.deadline / 2)
        outcome = await session.replay(history, parsed, patience=patience, meter=self._meter)
        verdict = judge(history, outcome, self._accepted)
        if not outcome.core_answered and not isinstance(verdict, Diverged):
            verdict = Inconclusive(_silent(patience), detail=outcome.core_error or "")
        verdict = look_up_name(verdict, self._source_of(history.identity.workflow_type))
        if not outcome.sandboxed and isinstance(verdict, (Clean, Drifted)) and not session.spent:
            other = await session.replay(history, parsed, patience=patience, perturb=True)
            verdict = with_environment(verdict, judge(history, other, self._accepted))
            return verdict, not other.core_answered or session.spent, outcome
        return verdict, not outcome.core_answered or session.spent, outcome

    async def _every_prefix(self, whole: Done, history: History, parsed: WorkflowHistory) -> Done:
        """Replay the history as a crash of the worker after each workflow task would; blame the first that fails."""
        judgement = whole.judgement
        converter = self._session_of(history.identity.workflow_type).data_converter
        for number, following in enumerate(history.tasks[1:], start=1):
            events = parsed.events[: following.started - 1]
            prefix = histories.describe(events, history.identity, converter, guessed_id=history.guessed_id)
            verdict, exhausted, _ = await self._replay(prefix, WorkflowHistory(parsed.workflow_id, events))
            judgement = replace(judgement, prefixes=number)
            if not isinstance(verdict, (Clean, Drifted)):
                return Done(replace(judgement, verdict=verdict, prefix=number), exhausted=exhausted)
            self._on_progress()
        return Done(judgement)

    def _unregistered(self, history: History) -> Problem | None:
        wanted = history.identity.workflow_type
        names = self._session_of(wanted).names
        broken = names.get(wanted) if wanted in names else names.get(None)
        if wanted not in names and None not in names:
            because = "".join(f"; {p.what}" for p in self.problems)
            return Problem(
                slug="workflow-not-registered",
                what=f"No workflow {wanted} is registered.",
                cause=f"the registered types are {', '.join(self.names) or 'none'}{because}",
                fix=f"add the module that defines {wanted} to [tool.replaykit] workflows",
            )
        if broken is not None:
            return Problem(
                slug="workflow-not-started",
                what=f"{wanted} could not be prepared for replay.",
                cause=short_traceback(broken),
                fix="mend the workflow module; the sandbox imports it anew for every run",
            )
        return None

    def _source_of(self, workflow_type: str) -> str | None:
        for workflow in self._workflows:
            if workflow.__name__ == workflow_type or len(self._workflows) == 1:
                module = sys.modules.get(workflow.__module__)
                path = getattr(module, "__file__", None)
                with contextlib.suppress(OSError, UnicodeDecodeError):
                    return Path(path).read_text("utf-8") if path else None
        return None

    @staticmethod
    def _done(
        case: Case,
        verdict: Verdict,
        started: float,
        history: History | None = None,
        *,
        exhausted: bool = False,
    ) -> Done:
        judgement = Judgement(
            case=case,
            verdict=verdict,
            seconds=time.perf_counter() - started,
            identity=history.identity if history else None,
            status=history.status if history else None,
            events=history.events if history else 0,
        )
        return Done(judgement, exhausted=exhausted)


def _modules(workflows: Sequence[type], meter: Meter) -> tuple[str, ...]:
    """List the files that define the workflows."""
    modules = [sys.modules.get(workflow.__module__) for workflow in workflows]
    paths = {path for module in modules if (path := getattr(module, "__file__", None)) and is_user_file(path)}
    return tuple(sorted(meter.relative(str(Path(path).resolve())) for path in paths))


def _silent(patience: float) -> Problem:
    return Problem(
        slug="core-silent",
        what="Temporal's Core stopped answering.",
        cause=f"no workflow code ran and no event was replayed for {patience:g} seconds",
        fix="look for failure_exception_types with Exception or NondeterminismError on the workflow: "
        "Core then never reports a non-determinism error",
    )
