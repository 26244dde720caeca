"""What loading the workflows showed is reduced to JSON and read back."""

from collections.abc import Mapping
from typing import Any

from replaykit.adapters.ready import Ready
from replaykit.model.reached import Imported
from replaykit.rules.passed import reached_from_json, reached_to_json


def loaded_to_json(ready: Ready) -> dict[str, Any]:
    """Write it as JSON, without the problems and what was read: it is kept where all loaded, beside what was read."""
    imported = ready.imported
    return {
        "names": list(ready.names),
        "homes": [list(home) for home in ready.homes],
        "modules": None if imported is None else list(imported.modules),
        "lines": None if imported is None else reached_to_json(imported.reached),
    }


def loaded_from_json(form: Mapping[str, Any]) -> Ready:
    """Read what `loaded_to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: Something else stands there.
    """
    modules, lines = form["modules"], form["lines"]
    return Ready(
        names=tuple(str(name) for name in form["names"]),
        problems=(),
        imported=None
        if modules is None
        else Imported(reached_from_json(lines), tuple(str(module) for module in modules)),
        homes=tuple((str(name), str(entry)) for name, entry in form["homes"]),
    )
