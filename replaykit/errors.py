"""The error tree: every problem says what, cause and fix, under a slug that the docs explain.

ReplaykitError
├── ConfigError              exit 2: options and [tool.replaykit]
│   ├── ConfigInvalid
│   ├── NothingConfigured
│   ├── WorkflowsUnloadable
│   ├── RedactionKeyInvalid
│   └── CodecUnloadable
├── PathMissing              exit 3: one inconclusive history; the others still get their verdict
├── NoHistories              exit 3: nothing ran
├── SourceError              exit 3: one place of histories cannot be read; export goes on with the others
│   ├── SourceUnreadable
│   └── ExtraMissing
├── NoRuns                   exit 3: export found nothing to export
├── RedactionMatters         exit 2: one run is not written, for redacted it replays otherwise
├── CorpusUnwritable         exit 2: export cannot write where it should
├── CorpusChanged            exit 2: another program writes to the corpus that is made smaller
├── HistoryError             one history cannot be used; the others still get their verdict
│   ├── HistoryUnreadable
│   ├── HistoryEmpty
│   ├── HistoryTruncated
│   ├── NotAHistory
│   ├── HistoryDecoded
│   ├── HistoryOutOfOrder
│   ├── HistoryInvalid
│   ├── HistoryTooLarge
│   ├── PayloadUndecodable
│   └── PayloadUnresolved
├── CodecServerFailed        exit 2: the codec server did not decode the payloads of a history
├── ServerError              exit 2: export could not talk to Temporal
│   ├── NoServer
│   ├── NoPermission
│   ├── NamespaceMissing
│   ├── RunMissing
│   ├── QueryInvalid
│   └── ServerBusy
├── CassetteError            exit 2: a cassette cannot be used, or does not hold what was asked
│   ├── CassetteMissing
│   ├── CassetteCorrupt
│   ├── CassetteVersion
│   ├── CassetteExists
│   ├── CassetteUnwritable
│   ├── CassetteMiss         exit 1
│   └── CassetteUnused       exit 1
└── DemoError                exit 2: the demo could not be played
    └── NoTemporalCli
"""

from dataclasses import dataclass
from typing import ClassVar

DOCS = "docs/errors.md"


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, why, what to do about it, and the docs' name for it."""

    slug: str
    what: str
    cause: str
    fix: str

    def render(self) -> str:
        """Lay the problem out in the four labelled lines that every error shows."""
        return "\n".join(
            [
                self.what,
                _labelled("Cause:", self.cause),
                _labelled("Fix:  ", self.fix),
                _labelled("Docs: ", f"{DOCS}#{self.slug}"),
            ]
        )


def _labelled(label: str, text: str) -> str:
    indent = " " * (len(label) + 1)
    return f"{label} " + f"\n{indent}".join(text.splitlines() or [""])


class ReplaykitError(Exception):
    """A problem that a user can meet and mend."""

    slug: ClassVar[str] = "replaykit-error"
    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, *, cause: str, fix: str) -> None:
        """Name the problem: `what` in one sentence, its `cause`, and a `fix` to paste."""
        super().__init__(what)
        self.problem = Problem(slug=self.slug, what=what, cause=cause, fix=fix)

    def __str__(self) -> str:
        return self.problem.render()


class ConfigError(ReplaykitError):
    """Options or `[tool.replaykit]` cannot be used as they stand."""

    slug = "config-error"


class ConfigInvalid(ConfigError):
    """A key or value of `[tool.replaykit]` is unknown or of the wrong type."""

    slug = "config-invalid"


class NothingConfigured(ConfigError):
    """Neither options nor `[tool.replaykit]` say what to work on."""

    slug = "nothing-configured"


class WorkflowsUnloadable(ConfigError):
    """No workflow could be loaded, so no history can be replayed."""

    slug = "workflows-unloadable"


class RedactionKeyInvalid(ConfigError):
    """The local key of pseudonyms is empty, too short, or cannot be read or made."""

    slug = "redaction-key-invalid"


class CodecUnloadable(ConfigError):
    """The data converter or the codec that the configuration names cannot be loaded."""

    slug = "codec-unloadable"


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


class CodecServerFailed(ReplaykitError):
    """The codec server cannot be reached, refuses, or answers what is no answer."""

    slug = "codec-server-failed"


class ServerError(ReplaykitError):
    """A Temporal server could not be asked."""

    slug = "server-error"


class NoServer(ServerError):
    """No Temporal server answers at the address."""

    slug = "no-server"


class NoPermission(ServerError):
    """The server refuses the credentials."""

    slug = "no-permission"


class NamespaceMissing(ServerError):
    """The server does not know the namespace."""

    slug = "namespace-missing"


class RunMissing(ServerError):
    """The server does not know the workflow or the run."""

    slug = "run-missing"


class QueryInvalid(ServerError):
    """The server cannot read the visibility query."""

    slug = "query-invalid"


class ServerBusy(ServerError):
    """The server kept asking to slow down."""

    slug = "server-busy"


class CassetteError(ReplaykitError):
    """A cassette cannot be used, or does not hold what was asked."""

    slug = "cassette-error"


class CassetteMissing(CassetteError):
    """There is no cassette at the path, and the mode does not record one."""

    slug = "cassette-missing"


class CassetteCorrupt(CassetteError):
    """A cassette or journal is damaged, cut short, empty, or no cassette at all."""

    slug = "cassette-corrupt"


class CassetteVersion(CassetteError):
    """A cassette or journal was written by a newer replaykit."""

    slug = "cassette-version"


class CassetteExists(CassetteError):
    """A cassette would be written over another."""

    slug = "cassette-exists"


class CassetteUnwritable(CassetteError):
    """A cassette or journal cannot be written."""

    slug = "cassette-unwritable"


class CassetteMiss(CassetteError):
    """The code asked something that was never recorded."""

    slug = "cassette-miss"
    exit_code = 1


class CassetteUnused(CassetteError):
    """Recordings were not asked for, and the caller wants all of them to be."""

    slug = "cassette-unused"
    exit_code = 1


class DemoError(ReplaykitError):
    """The demo could not be played."""

    slug = "demo-error"


class NoTemporalCli(DemoError):
    """The `temporal` command that starts the embedded dev server is not on PATH."""

    slug = "no-temporal-cli"
