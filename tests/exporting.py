"""`replaykit export` as a real process against the session's dev server."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.project import Project, Result
from tests.recording import Server

# With a key in the environment no key file is made, and pseudonyms are the same in every run.
KEY = {"REPLAYKIT_REDACTION_KEY": "a key for tests, and for nothing else"}


@dataclass(frozen=True, slots=True)
class Exporter:
    """`replaykit export` against a namespace of the session's server, configured as the temporal CLI would be.

    `address` is a proxy's, where one stands in front of the server. A server of the tests' own needs no sparing: the
    rate is high, unless `paced` leaves replaykit its own.
    """

    server: Server
    project: Project = field(default_factory=Project)
    namespace: str = "default"
    address: str = ""
    paced: bool = False

    def __call__(self, *args: str) -> Result:
        return self.run(*args)

    def run(self, *args: str, env: Mapping[str, str] | None = None) -> Result:
        """Do the same with more of an environment."""
        fast = () if self.paced or {"--rps", "--from"} & set(args) else ("--rps", "200")
        return self.project.run_cli("export", *fast, *args, env={**self.environment, **(env or {})})

    @property
    def environment(self) -> dict[str, str]:
        """What the environment says of the server, and the key of the pseudonyms."""
        address = self.address or self.server.address
        return {"TEMPORAL_ADDRESS": address, "TEMPORAL_NAMESPACE": self.namespace, **KEY}

    def after(self, result: Result) -> "Exporter":
        """Go on where a run left its files."""
        return replace(self, project=Project(result.files))

    def through(self, address: str) -> "Exporter":
        """Ask the server through a proxy."""
        return replace(self, address=address)


def notes(result: Result, under: str = "fixtures/") -> dict[str, Any]:
    """Return the note of each history file: path → whose it is and what was done to it."""
    return {
        path: json.loads(text)["replaykit"]
        for path, text in result.files.items()
        if path.startswith(under) and path.endswith(".json")
    }


def ids(result: Result, under: str = "fixtures/") -> list[str]:
    """Return the workflow ids of the corpus, sorted; one that has two runs in it twice."""
    return sorted(note["workflowId"] for note in notes(result, under).values())


def listed(result: Result) -> list[str]:
    """Return the workflow ids of a JSON report, in the order in which they were exported."""
    return [entry["workflowId"] for entry in result.report["histories"]]
