"""`replaykit export` as a real process against the session's dev server."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.project import Project, Result
from tests.recording import Server

# With a key in the environment no key file is made, and pseudonyms are the same in every run.
KEY = {"REPLAYKIT_REDACTION_KEY": "a key for tests, and for nothing else"}


@dataclass(frozen=True, slots=True)
class Exporter:
    """`replaykit export` against the session's server, configured as the temporal CLI would be."""

    server: Server
    project: Project = field(default_factory=Project)

    def __call__(self, *args: str) -> Result:
        return self.run(*args)

    def run(self, *args: str, env: Mapping[str, str] | None = None) -> Result:
        """Do the same with more of an environment."""
        known = {"TEMPORAL_ADDRESS": self.server.address, **KEY}
        return self.project.run_cli("export", *args, env={**known, **(env or {})})

    def after(self, result: Result) -> "Exporter":
        """Go on where a run left its files."""
        return Exporter(self.server, Project(result.files))
