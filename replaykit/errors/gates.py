"""Errors of what is compared with a base: of the repository, of the revision, and of what lies in it."""

from replaykit.errors.problem import ReplaykitError


class GateError(ReplaykitError):
    """Base and head could not be compared."""

    slug = "gate-error"


class NotARepository(GateError):
    """The project does not lie in a git repository, or git is not there."""

    slug = "not-a-repository"


class RevisionUnknown(GateError):
    """The repository knows no such revision."""

    slug = "revision-unknown"


class BaseUncheckable(GateError):
    """The base revision cannot be checked out beside the working tree."""

    slug = "base-uncheckable"


class BaseUnloadable(GateError):
    """The base's workflows do not load, or load the head's code."""

    slug = "base-unloadable"


class ReportUnwritable(GateError):
    """A file that a report was to be written to cannot be written."""

    slug = "report-unwritable"
