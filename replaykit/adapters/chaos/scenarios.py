"""Scenarios are found: named as `module:object`, or standing in a Python file or in the `chaos.py` of a directory."""

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from replaykit.adapters.loaded import told
from replaykit.adapters.workflows import short_traceback
from replaykit.config import Config
from replaykit.errors import ScenarioUnusable
from replaykit.model.scenario import Scenario

FILE = "chaos.py"


def scenarios_of(target: str, config: Config, *, base: Path) -> tuple[Scenario, ...]:
    """Load the scenarios that a target names.

    Args:
        target: `package.module:object`, a Python file, or a directory that holds `chaos.py`. The object is a scenario,
            several, or a function without arguments that makes them; of a file all scenarios of the module count.
        config: Says where modules are found.
        base: What relative paths count from.

    Raises:
        ScenarioUnusable: It cannot be loaded, or holds no scenario.
    """
    sys.path[:0] = [path for path in config.python_path if path not in sys.path]
    module_name, _, name = target.partition(":")
    path = base / target
    try:
        if name:
            found = [_attribute(importlib.import_module(module_name), name)]
        else:
            file = path / FILE if path.is_dir() else path
            found = list(vars(_module_of(file, config)).values())
    except Exception as error:  # noqa: BLE001 - importing runs the team's code
        cause = told(error) if isinstance(error, ImportError) else short_traceback(error)
        raise ScenarioUnusable(
            f"{target} cannot be loaded.",
            cause=cause,
            fix="name a scenario as package.module:object, a file, or a directory that holds chaos.py "
            "(found through [tool.replaykit] python-path)",
        ) from None
    scenarios = tuple(_scenarios(found, made=bool(name)))
    if not scenarios:
        raise ScenarioUnusable(
            f"{target} holds no scenario.",
            cause="there is no value of replaykit.Scenario in it",
            fix="define one: SCENARIO = Scenario(workflow=…, args=…, activities=[…])   (docs/chaos.md)",
        )
    return scenarios


def _scenarios(found: Iterable[object], *, made: bool) -> Iterator[Scenario]:
    for each in found:
        value = each() if made and callable(each) and not isinstance(each, Scenario) else each
        if isinstance(value, Scenario):
            yield value
        elif isinstance(value, list | tuple):
            yield from (one for one in value if isinstance(one, Scenario))


def _attribute(module: ModuleType, name: str) -> object:
    found: object = module
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _module_of(file: Path, config: Config) -> ModuleType:
    """Import a file as the module that it is, where the module search path has it; else as one of its own."""
    resolved = file.resolve()
    for root in config.python_path:
        if resolved.is_relative_to(Path(root).resolve()):
            dotted = ".".join(resolved.relative_to(Path(root).resolve()).with_suffix("").parts)
            return importlib.import_module(dotted)
    spec = importlib.util.spec_from_file_location(resolved.stem, resolved)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[resolved.stem] = module
    spec.loader.exec_module(module)
    return module
