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
│   ├── CassetteForeign
│   ├── CassetteVersion
│   ├── CassetteExists
│   ├── CassetteUnwritable
│   ├── CassetteAmbiguous
│   ├── FaultUnknown
│   ├── FaultImpossible
│   ├── FaultNotFired        exit 1
│   ├── CassetteMiss         exit 1
│   ├── CassetteUnused       exit 1
│   ├── CassetteExpired      exit 1
│   └── CassetteBypass       exit 1
├── ChaosError               exit 2: a scenario could not be swept
│   ├── ScenarioUnusable
│   ├── BaselineUnstable
│   ├── BaselineBroken
│   ├── PlanUnreadable
│   └── NothingToStrike      exit 3: nothing ran
├── GateError                exit 2: base and head could not be compared
│   ├── NotARepository
│   ├── RevisionUnknown
│   ├── BaseUncheckable
│   ├── BaseUnloadable
│   └── ReportUnwritable
├── ShadowError              exit 2: a shadow could not be started, followed or stopped
│   ├── NoShadowWorker
│   └── NoShadowReport
└── DemoError                exit 2: the demo could not be played
    └── NoTemporalCli
"""

from replaykit.errors.cassettes import (
    CassetteAmbiguous,
    CassetteBypass,
    CassetteCorrupt,
    CassetteError,
    CassetteExists,
    CassetteExpired,
    CassetteForeign,
    CassetteMiss,
    CassetteMissing,
    CassetteUnused,
    CassetteUnwritable,
    CassetteVersion,
    FaultImpossible,
    FaultNotFired,
    FaultUnknown,
)
from replaykit.errors.chaos import (
    BaselineBroken,
    BaselineUnstable,
    ChaosError,
    NothingToStrike,
    PlanUnreadable,
    ScenarioUnusable,
)
from replaykit.errors.corpora import (
    CorpusChanged,
    CorpusUnwritable,
    ExtraMissing,
    NoHistories,
    NoRuns,
    PathMissing,
    RedactionMatters,
    SourceError,
    SourceUnreadable,
)
from replaykit.errors.gates import (
    BaseUncheckable,
    BaseUnloadable,
    GateError,
    NotARepository,
    ReportUnwritable,
    RevisionUnknown,
)
from replaykit.errors.histories import (
    HistoryDecoded,
    HistoryEmpty,
    HistoryError,
    HistoryInvalid,
    HistoryOutOfOrder,
    HistoryTooLarge,
    HistoryTruncated,
    HistoryUnreadable,
    NotAHistory,
    PayloadUndecodable,
    PayloadUnresolved,
)
from replaykit.errors.problem import (
    DOCS,
    Problem,
    ReplaykitError,
)
from replaykit.errors.servers import (
    CodecServerFailed,
    DemoError,
    NamespaceMissing,
    NoPermission,
    NoServer,
    NoTemporalCli,
    QueryInvalid,
    RunMissing,
    ServerBusy,
    ServerError,
)
from replaykit.errors.settings import (
    CodecUnloadable,
    ConfigError,
    ConfigInvalid,
    NothingConfigured,
    RedactionKeyInvalid,
    WorkflowsUnloadable,
)
from replaykit.errors.shadows import (
    NoShadowReport,
    NoShadowWorker,
    ShadowError,
)

__all__ = [
    "DOCS",
    "BaseUncheckable",
    "BaseUnloadable",
    "BaselineBroken",
    "BaselineUnstable",
    "CassetteAmbiguous",
    "CassetteBypass",
    "CassetteCorrupt",
    "CassetteError",
    "CassetteExists",
    "CassetteExpired",
    "CassetteForeign",
    "CassetteMiss",
    "CassetteMissing",
    "CassetteUnused",
    "CassetteUnwritable",
    "CassetteVersion",
    "ChaosError",
    "CodecServerFailed",
    "CodecUnloadable",
    "ConfigError",
    "ConfigInvalid",
    "CorpusChanged",
    "CorpusUnwritable",
    "DemoError",
    "ExtraMissing",
    "FaultImpossible",
    "FaultNotFired",
    "FaultUnknown",
    "GateError",
    "HistoryDecoded",
    "HistoryEmpty",
    "HistoryError",
    "HistoryInvalid",
    "HistoryOutOfOrder",
    "HistoryTooLarge",
    "HistoryTruncated",
    "HistoryUnreadable",
    "NamespaceMissing",
    "NoHistories",
    "NoPermission",
    "NoRuns",
    "NoServer",
    "NoShadowReport",
    "NoShadowWorker",
    "NoTemporalCli",
    "NotAHistory",
    "NotARepository",
    "NothingConfigured",
    "NothingToStrike",
    "PathMissing",
    "PayloadUndecodable",
    "PayloadUnresolved",
    "PlanUnreadable",
    "Problem",
    "QueryInvalid",
    "RedactionKeyInvalid",
    "RedactionMatters",
    "ReplaykitError",
    "ReportUnwritable",
    "RevisionUnknown",
    "RunMissing",
    "ScenarioUnusable",
    "ServerBusy",
    "ServerError",
    "ShadowError",
    "SourceError",
    "SourceUnreadable",
    "WorkflowsUnloadable",
]
