"""The life of a patch: where code asks for it, which runs hold its marker, and whether a change of it is safe."""

from dataclasses import dataclass
from enum import StrEnum

from replaykit.model.safety import Safety


class Call(StrEnum):
    """How code asks for a patch."""

    PATCHED = "patched"
    DEPRECATE = "deprecate_patch"


class Stage(StrEnum):
    """How far a patch has come in a version of the code."""

    PATCHED = "patched"
    DEPRECATED = "deprecated"
    ABSENT = "absent"


class Behavior(StrEnum):
    """What Worker Versioning does with an open run when a new version is deployed; without versioning all runs move."""

    PINNED = "pinned"
    AUTO_UPGRADE = "auto_upgrade"
    UNVERSIONED = "unversioned"

    @property
    def moves(self) -> bool:
        """Whether such a run gets the new code."""
        return self is not Behavior.PINNED


@dataclass(frozen=True, slots=True)
class PatchSite:
    """One call of `patched` or `deprecate_patch` in the source.

    `id` is None where it is no constant; `said` is the argument as written. `workflow` is the workflow type that gets
    there, empty where no workflow class does. `guards` is a digest of what the call guards, both branches, empty where
    it guards nothing of its own.
    """

    id: str | None
    call: Call
    workflow: str
    path: str
    line: int
    function: str
    said: str = ""
    guards: str = ""


@dataclass(frozen=True, slots=True)
class WorkflowClass:
    """A class with `@workflow.defn`. `type` is empty for a dynamic one, `behavior` None where it declares none."""

    type: str
    path: str
    line: int
    behavior: Behavior | None = None


@dataclass(frozen=True, slots=True)
class Sites:
    """What a version of the code says of patches. `unparsed` are files that are no Python, each with the reason."""

    patches: tuple[PatchSite, ...] = ()
    workflows: tuple[WorkflowClass, ...] = ()
    unparsed: tuple[tuple[str, str], ...] = ()
    files: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """The marker of a patch in a run; `deprecated` is None where only visibility tells of it, which does not say."""

    id: str
    deprecated: bool | None


@dataclass(frozen=True, slots=True)
class PatchRun:
    """A run as the life of patches sees it, from a server or from a corpus.

    `read` says whether its history was read; `begun` is False where it was, and no workflow task had completed.
    `started` is in seconds since the epoch. `source` is the history's file, empty for a run on a server.
    """

    workflow_type: str
    workflow_id: str
    run_id: str
    started: float
    open: bool
    marks: tuple[Mark, ...] = ()
    behavior: Behavior = Behavior.UNVERSIONED
    read: bool = True
    begun: bool = True
    source: str = ""

    def mark(self, patch: str) -> Mark | None:
        """Return the run's marker of a patch."""
        return next((mark for mark in self.marks if mark.id == patch), None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a server is to be asked for.

    `types` are workflow types whose open runs matter, each with those of its patches whose markers decide: deprecated
    or gone in the new code. Of `others` those matter that hold a marker. `ids` are patches that no workflow class was
    found for, `known` all that the code asks for: a run that holds another has its history read, too.
    """

    types: tuple[tuple[str, frozenset[str]], ...] = ()
    others: tuple[str, ...] = ()
    ids: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OpenRuns:
    """The open runs of a server, as far as they were asked for.

    `types` are the workflow types whose open runs are all among `runs`, or all that hold a marker where the code asks
    for no patch of theirs; `ids` the patches whose marked open runs of any type are. `limit` is how many histories
    might be read.
    """

    address: str
    namespace: str
    runs: tuple[PatchRun, ...] = ()
    types: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    limit: int = 0


class Change(StrEnum):
    """What a version of the code does to a patch."""

    INTRODUCED = "introduced"
    REUSED = "reused"
    DEPRECATED = "deprecated"
    REMOVED = "removed"
    RENAMED = "renamed"
    RESTORED = "patched again"
    KEPT = "unchanged"
    UNCALLED = "no call read"
    UNREADABLE = "unreadable"


class Reason(StrEnum):
    """Why a verdict is what it is."""

    NEW_ID = "new id"
    ID_USED_BEFORE = "id used before"
    SECOND_PLACE = "second place"
    UNMARKED_OPEN = "unmarked open runs"
    LIVE_OPEN = "live markers in open runs"
    MARKED_OPEN = "markers in open runs"
    NONE_IN_DANGER = "no open run in danger"
    BRANCHES_STAY = "both branches stay"
    UNKNOWN_CALL = "its call is not in the code that was read"
    NO_SERVER = "no server asked"
    UNREAD = "markers not read"
    NO_WORKFLOW = "no workflow class"
    NOT_CONSTANT = "id is no constant"
    NO_EVIDENCE = "nothing to compare with"


class Rule(StrEnum):
    """Which rule of Worker Versioning was applied to the open runs looked at."""

    PINNED = "pinned: runs stay with the version they are on"
    AUTO_UPGRADE = "auto_upgrade: all runs move"
    UNVERSIONED = "no versioning: all runs move"
    MIXED = "pinned runs stay, the others move"
    UNKNOWN = "no open run seen"


class Offer(StrEnum):
    """What can be cleaned up now."""

    DEPRECATE = "deprecate"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Counted:
    """Runs in numbers: `without` the marker, with a `live` one, a `deprecated` one, or one that was not read."""

    without: int = 0
    live: int = 0
    deprecated: int = 0
    unread: int = 0

    @property
    def marked(self) -> int:
        """How many hold the marker."""
        return self.live + self.deprecated + self.unread


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict rests on.

    `histories` counts the corpus, `open` the open runs of the server (None where none was asked, or not for these).
    `in_danger` are the open runs that the change breaks or may break, oldest first; `staying` how many would be among
    them and are pinned. `query` finds the runs on a server.
    """

    histories: Counted = Counted()
    open: Counted | None = None
    in_danger: tuple[PatchRun, ...] = ()
    staying: int = 0
    rule: Rule = Rule.UNKNOWN
    query: str = ""

    @property
    def oldest(self) -> float | None:
        """When the oldest run in danger began."""
        return min((run.started for run in self.in_danger), default=None)


@dataclass(frozen=True, slots=True)
class PatchVerdict:
    """What becomes of one patch of one workflow.

    `sites` are those of the new code, those of the old where it has none. `renamed_to` is the id that stands in its
    place. `notes` are remarks in words.
    """

    id: str
    workflow: str
    stage: Stage
    change: Change
    safety: Safety
    reason: Reason
    evidence: Evidence = Evidence()
    sites: tuple[PatchSite, ...] = ()
    before: Stage = Stage.ABSENT
    renamed_to: str = ""
    offer: Offer | None = None
    notes: tuple[str, ...] = ()


def of_change(verdict: PatchVerdict) -> bool:
    """Tell whether a verdict is about what changed; what may be a library's patch counts where it may matter."""
    if verdict.change is Change.UNCALLED:
        return bool(verdict.evidence.in_danger)
    return verdict.change is not Change.KEPT
