"""Errors of one history; the others still get their verdict."""

from replaykit.errors.problem import ReplaykitError


class HistoryError(ReplaykitError):
    """One history cannot be used."""

    slug = "history-error"
    exit_code = 3


class HistoryUnreadable(HistoryError):
    """The operating system does not let the file be read."""

    slug = "history-unreadable"


class HistoryEmpty(HistoryError):
    """The file, or its list of events, is empty."""

    slug = "history-empty"


class HistoryTruncated(HistoryError):
    """The JSON stops in the middle."""

    slug = "history-truncated"


class NotAHistory(HistoryError):
    """The file is no JSON, or JSON of something else."""

    slug = "not-a-history"


class HistoryDecoded(HistoryError):
    """The payloads were decoded by whoever saved the file, so the history cannot be replayed."""

    slug = "history-decoded"


class HistoryOutOfOrder(HistoryError):
    """Events are missing, repeated or in another order than the server recorded them."""

    slug = "history-out-of-order"


class HistoryInvalid(HistoryError):
    """An event does not have the form of Temporal's protocol."""

    slug = "history-invalid"


class HistoryTooLarge(HistoryError):
    """The file is larger than any history can be."""

    slug = "history-too-large"


class PayloadUndecodable(HistoryError):
    """A payload that no configured codec or converter reads."""

    slug = "payload-undecodable"


class PayloadUnresolved(HistoryError):
    """A payload lies in external storage, and nothing here brings it back."""

    slug = "payload-unresolved"
