"""Errors of places that hold histories, or should."""

from replaykit.errors.problem import ReplaykitError


class PathMissing(ReplaykitError):
    """A path given on the command line does not exist."""

    slug = "path-missing"


class NoHistories(ReplaykitError):
    """The paths exist and hold no history: nothing ran."""

    slug = "no-histories"
    exit_code = 3


class SourceError(ReplaykitError):
    """A place that should hold histories cannot be read."""

    slug = "source-error"
    exit_code = 3


class SourceUnreadable(SourceError):
    """A URL cannot be opened or listed."""

    slug = "source-unreadable"


class ExtraMissing(SourceError):
    """Reading a file or a URL takes a package that is not installed."""

    slug = "extra-missing"


class NoRuns(ReplaykitError):
    """Neither the server nor the files hold a history that was asked for."""

    slug = "no-runs"
    exit_code = 3


class RedactionMatters(ReplaykitError):
    """Redacted, a history would replay otherwise than before."""

    slug = "redaction-matters"


class CorpusUnwritable(ReplaykitError):
    """The directory of the corpus cannot be made or written."""

    slug = "corpus-unwritable"


class CorpusChanged(ReplaykitError):
    """Another program wrote to the corpus while it was surveyed."""

    slug = "corpus-changed"
