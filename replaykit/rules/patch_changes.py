"""What a new version of the code does to each patch, from the sites of both versions."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from replaykit.model.patches import Call, Change, PatchSite, Sites, Stage


@dataclass(frozen=True, slots=True)
class PatchChange:
    """One patch of one workflow in both versions of the code; `gone` where runs alone know it."""

    id: str
    workflow: str
    before: tuple[PatchSite, ...]
    after: tuple[PatchSite, ...]
    renamed_to: str = ""
    gone: bool = False

    @property
    def stage_before(self) -> Stage:
        """How far it had come."""
        return stage(self.before)

    @property
    def stage(self) -> Stage:
        """How far it has come now; what a rename put into its place is another patch."""
        return stage(self.after)

    @property
    def kind(self) -> Change:
        """What is done to it; a second use of an id is judged as `reused` later, by the runs that hold its marker."""
        if self.renamed_to:
            return Change.RENAMED
        if self.gone:
            return Change.UNCALLED
        match self.stage_before, self.stage:
            case before, after if before is after:
                return Change.KEPT
            case _, Stage.ABSENT:
                return Change.REMOVED
            case Stage.ABSENT, _:
                return Change.INTRODUCED
            case _, Stage.DEPRECATED:
                return Change.DEPRECATED
            case _:
                return Change.RESTORED

    @property
    def added(self) -> tuple[PatchSite, ...]:
        """The `patched` sites that are new in a version whose base had others already."""
        if self.stage_before is not Stage.PATCHED:
            return ()
        known = [(site.function, site.call) for site in self.before]
        new: list[PatchSite] = []
        for site in self.after:
            if (site.function, site.call) in known:
                known.remove((site.function, site.call))
            elif site.call is Call.PATCHED:
                new.append(site)
        moved = len(self.after) <= len(self.before)
        return () if moved else tuple(new)

    @property
    def guards_changed(self) -> bool:
        """Whether the same id guards other code than before."""
        digests = [{site.guards for site in sites if site.guards} for sites in (self.before, self.after)]
        return bool(digests[0] and digests[1] and digests[0] != digests[1])


def stage(sites: tuple[PatchSite, ...]) -> Stage:
    """Tell how far a patch has come: as long as one place asks `patched`, both branches are there."""
    if not sites:
        return Stage.ABSENT
    return Stage.PATCHED if any(site.call is Call.PATCHED for site in sites) else Stage.DEPRECATED


def changes(base: Sites, head: Sites) -> tuple[PatchChange, ...]:
    """Pair the patches of two versions, each of each workflow once; a rename takes the place of two."""
    keys = sorted({(site.workflow, site.id) for site in (*base.patches, *head.patches) if site.id is not None})
    found = [PatchChange(id_, type_, _of(base, type_, id_), _of(head, type_, id_)) for type_, id_ in keys]
    renames = dict(_renames(found))
    gone = {(change.workflow, new) for change, new in renames.items()}
    return tuple(
        replace(change, renamed_to=renames.get(change, ""))
        for change in found
        if (change.workflow, change.id) not in gone
    )


def _of(sites: Sites, workflow: str, patch: str) -> tuple[PatchSite, ...]:
    # A call that no workflow class was found for may be any workflow's, and the other way round.
    return _distinct(
        site
        for site in sites.patches
        if site.id == patch and (not workflow or not site.workflow or site.workflow == workflow)
    )


def _distinct(sites: Iterator[PatchSite]) -> tuple[PatchSite, ...]:
    found = {(site.path, site.line, site.call, site.said): site for site in sites}.values()
    # The calls that decide the stage come first.
    return tuple(sorted(found, key=lambda site: site.call is not Call.PATCHED))


def _renames(found: list[PatchChange]) -> Iterator[tuple[PatchChange, str]]:
    removed = [change for change in found if change.kind is Change.REMOVED]
    introduced = [change for change in found if change.kind is Change.INTRODUCED]
    taken: set[tuple[str, str]] = set()
    for old in removed:
        there = [
            new
            for new in introduced
            if new.workflow == old.workflow
            and (new.workflow, new.id) not in taken
            and new.stage is old.stage_before
            and {site.function for site in new.after} & {site.function for site in old.before}
        ]
        same = [new for new in there if {s.guards for s in new.after} == {s.guards for s in old.before}]
        alone = there if len(there) == 1 and _alone(old, removed) else []
        for new in (same if len(same) == 1 else alone)[:1]:
            taken.add((new.workflow, new.id))
            yield old, new.id


def _alone(old: PatchChange, removed: list[PatchChange]) -> bool:
    return sum(1 for other in removed if other.workflow == old.workflow) == 1
