"""The history that a request names is read from its file, or from the content that came with it."""

from pathlib import Path

from temporalio.client import WorkflowHistory

from replaykit.adapters.history_file import document_from, read_document
from replaykit.adapters.messages import Unsaved
from replaykit.adapters.opened import Opener
from replaykit.adapters.workflows import short_traceback
from replaykit.errors import Problem, ReplaykitError
from replaykit.model.case import Case
from replaykit.model.history import History
from replaykit.model.verdict import Inconclusive


def case_of(request: Case | Unsaved) -> Case:
    """Return the case that a request is about."""
    return request if isinstance(request, Case) else request.case


async def read(request: Case | Unsaved, opener: Opener) -> tuple[History, WorkflowHistory] | Inconclusive:
    """Read a history, or say why it cannot be read; never raises."""
    case = case_of(request)
    try:
        document = (
            read_document(Path(case.path), shown=case.shown)
            if isinstance(request, Case)
            else document_from(request.content, case.shown)
        )
        return await opener.open(document, Path(case.path))
    except ReplaykitError as error:
        return Inconclusive(error.problem)
    except Exception as error:  # noqa: BLE001 - a codec is user code and a fixture is anything
        return Inconclusive(_unreadable(case, error))


def _unreadable(case: Case, error: Exception) -> Problem:
    return Problem(
        slug="history-invalid",
        what=f"{case.shown} could not be read.",
        cause=short_traceback(error),
        fix="if the last lines name your data converter or codec, mend it; else save the history again",
    )
