"""What a person wants exported."""

from dataclasses import dataclass

from replaykit.model.selection import Selection


@dataclass(frozen=True, slots=True)
class Wanted:
    """Runs by name, runs by what visibility says of them, or histories from files.

    `run_id` goes with one workflow id. `follow` are the kinds of related runs to take along, as `--follow` names them.
    `namespace` is that of histories from files that do not tell theirs.
    """

    workflow_ids: tuple[str, ...] = ()
    run_id: str | None = None
    selection: Selection | None = None
    locations: tuple[str, ...] = ()
    follow: frozenset[str] = frozenset()
    namespace: str = ""

    @property
    def from_server(self) -> bool:
        """Whether a server is to be asked at all."""
        return bool(self.workflow_ids or self.selection)
