"""The cassette of a test: chosen by its marker, opened, checked after the test, merged at the session's end."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from replaykit.adapters import compact, prices
from replaykit.adapters.cassette_options import Options
from replaykit.adapters.in_use import close_cassette, open_cassette
from replaykit.adapters.open_cassette import OpenCassette
from replaykit.adapters.project import load_config
from replaykit.adapters.user_stack import at_the_place_of
from replaykit.config import Config
from replaykit.errors import ReplaykitError
from replaykit.pytest_plugin import CASSETTE, CASSETTE_SESSION, OPEN_CASSETTE

DIRECTORY = "cassettes"
MARKER = "cassette"
LONGEST_NAME = 120
# What the marker says beside the options of a cassette's use.
_OF_PYTEST = frozenset({"path", "fail_unused"})
# How old recordings may become is a setting of the project's.
_ARGUMENTS = (frozenset(field.name for field in fields(Options)) - {"expiry"}) | _OF_PYTEST

_FAIL_UNUSED: pytest.StashKey[bool] = pytest.StashKey()
_SETTINGS: pytest.StashKey[Config] = pytest.StashKey()


@contextmanager
def opened_for(request: pytest.FixtureRequest) -> Iterator[OpenCassette]:
    """Open the cassette of a test.

    Raises:
        CassetteError: It cannot be used.
        ConfigInvalid: The marker says something that cannot be read.
    """
    item: pytest.Item = request.node
    said = _marked(item)
    config = item.config
    path = item.path.parent / said["path"] if said.get("path") else default_path(item)
    used = {key: value for key, value in said.items() if key not in _OF_PYTEST}
    used |= {
        "mode": config.getoption("cassette_mode") or said.get("mode") or "none",
        "allow_hosts": (*_settings(config).allow_hosts, *said.get("allow_hosts", ())),
        "expiry": _settings(config).expiry,
    }
    opened = open_cassette(path, Options(**used))
    item.stash[OPEN_CASSETTE] = opened
    item.stash[_FAIL_UNUSED] = bool(said.get("fail_unused"))
    # Merged when the session ends: a cassette of mode once, shared by tests, is complete only then.
    if not opened.replaying:
        note_recorded(config, [str(path)])
    try:
        yield opened
    finally:
        close_cassette(opened)


def _settings(config: pytest.Config) -> Config:
    """Read `[tool.replaykit]`, once a session.

    Raises:
        ConfigInvalid: It cannot be used.
    """
    if _SETTINGS not in config.stash:
        config.stash[_SETTINGS] = load_config(config.rootpath)
    return config.stash[_SETTINGS]


def default_path(item: pytest.Item) -> Path:
    """Name a test's own cassette: `cassettes/<module>/<test>.yaml` beside its module."""
    name = ".".join(part for part in item.nodeid.split("::")[1:] if part) or item.name
    # A parameter may hold anything, slashes included. What had to be changed gets a digest, so that two stay two.
    safe = re.sub(r"[^\w.=\[\]-]", "_", name)[:LONGEST_NAME]
    if safe != name:
        safe += f"-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return item.path.parent / DIRECTORY / item.path.stem / f"{safe}.yaml"


def _marked(item: pytest.Item) -> dict[str, Any]:
    said: dict[str, Any] = {}
    # From the module's marker inwards: the nearest wins.
    for marker in reversed(list(item.iter_markers(MARKER))):
        if len(marker.args) > 1 or set(marker.kwargs) - _ARGUMENTS:
            raise pytest.UsageError(
                f"@pytest.mark.cassette of {item.nodeid} takes a path and "
                f"{', '.join(sorted(_ARGUMENTS - {'path'}))}, not {marker.args[1:] or ''}{sorted(marker.kwargs)}"
            )
        said.update(marker.kwargs)
        if marker.args:
            said["path"] = marker.args[0]
    return said


def after_failure(item: pytest.Item, error: BaseException) -> None:
    """Note what the cassette of a failed test did, and put a miss or bypass in the place of whatever else came of it.

    Raises:
        CassetteMiss: Something was asked that the cassette does not hold.
        CassetteBypass: An activity reached past the cassette.
    """
    opened = item.stash[OPEN_CASSETTE]
    item.user_properties.append((CASSETTE, _noted(opened)))
    if opened.problem is not None:
        raise at_the_place_of(error, opened.problem) from None


def after_pass(item: pytest.Item) -> None:
    """Note what the cassette of a test did that found nothing wrong, and look at what the test could not see.

    Raises:
        CassetteMiss: Something was asked that the cassette does not hold.
        CassetteBypass: An activity reached past the cassette.
        CassetteUnused: The test wants every recording to be asked for, and not every one was.
    """
    opened = item.stash[OPEN_CASSETTE]
    item.user_properties.append((CASSETTE, _noted(opened)))
    opened.check(fail_unused=item.stash[_FAIL_UNUSED])


def _noted(opened: OpenCassette) -> str:
    bill = opened.saved
    return json.dumps(
        {
            "name": opened.name,
            "mode": opened.mode,
            "played": opened.played,
            "recorded": opened.recorded,
            "missed": len(opened.misses),
            "unused": opened.unused if opened.mode != "all" else [],
            "unwatched": opened.unwatched,
            "bill": {
                "answers": bill.answers,
                "tokens": bill.tokens,
                "dollars": str(bill.dollars),
                "unpriced": bill.unpriced,
                "priced": prices.is_installed(),
            }
            if bill.answers
            else None,
        }
    )


def note_recorded(config: pytest.Config, paths: Iterable[str]) -> None:
    """Remember cassettes that tests recorded into."""
    known: dict[str, None] = config.stash.setdefault(CASSETTE_SESSION, {})
    known.update(dict.fromkeys(paths))


def finish(config: pytest.Config) -> None:
    """Merge what was recorded, or have the controller of pytest-xdist do it when all of its workers have ended.

    A cassette or journal that cannot be used ends the session with pytest's code for wrong usage.
    """
    known: dict[str, None] = config.stash[CASSETTE_SESSION]
    paths = list(known)
    output = getattr(config, "workeroutput", None)
    if output is not None:
        output[CASSETTE] = paths
        return
    problems = []
    for path in paths:
        try:
            compact.compact(Path(path))
        except ReplaykitError as error:
            problems.append(str(error))
    if problems:
        pytest.exit("\n".join(problems), returncode=pytest.ExitCode.USAGE_ERROR)
