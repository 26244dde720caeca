"""Replay, record and break Temporal workflows before production does."""

import importlib
from typing import Any

__version__ = "0.1.0"

__all__ = [
    "CassetteBypass",
    "CassetteExpired",
    "CassetteExpiryWarning",
    "CassetteMiss",
    "CassetteUnused",
    "OpenCassette",
    "ReplayDriftWarning",
    "Scenario",
    "Signal",
    "__version__",
    "effect",
    "sql_effects",
    "use_cassette",
]

# What `import replaykit` gives, and the module that is loaded when it is asked for (PEP 562).
_HOMES = {
    "CassetteBypass": "replaykit.errors",
    "CassetteExpired": "replaykit.errors",
    "CassetteExpiryWarning": "replaykit.adapters.expiring",
    "CassetteMiss": "replaykit.errors",
    "CassetteUnused": "replaykit.errors",
    "OpenCassette": "replaykit.adapters.open_cassette",
    "ReplayDriftWarning": "replaykit.pytest_items",
    "Scenario": "replaykit.model.scenario",
    "Signal": "replaykit.model.scenario",
    "effect": "replaykit.adapters.effects",
    "sql_effects": "replaykit.adapters.sql_effects",
    "use_cassette": "replaykit.adapters.in_use",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
