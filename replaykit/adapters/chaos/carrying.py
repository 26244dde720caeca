"""A scenario is carried to another process: pickled, and loaded there from the same modules."""

import dataclasses
import importlib.util
import io
import pickle
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from types import FunctionType
from typing import Any

from temporalio.converter import DataConverter

from replaykit.model.scenario import Scenario

_MAY_BE_MADE = frozenset({"activities", "data_converter", "worker"})


class NotCarried(Exception):
    """The scenario stays in this process, and why."""


@dataclasses.dataclass(frozen=True, slots=True)
class Carried:
    """A pickled scenario, and the files of its modules that no search path leads to, by module name."""

    pickled: bytes
    modules: tuple[tuple[str, str], ...]


def carry(scenario: Scenario) -> Carried:
    """Pickle what workers need of a scenario.

    Raises:
        NotCarried: Something of it cannot be pickled.
    """
    # All of this is done here, and need not be fit for travel.
    needed = dataclasses.replace(scenario, args=(), start={}, drive=None, accepts=None, invariants=(), inputs=None)
    written = io.BytesIO()
    pickler = _Pickler(written)
    try:
        pickler.dump(needed)
    except Exception as error:
        raise NotCarried(_said(needed, error)) from error
    if "__main__" in pickler.modules:
        message = "what stands in the script that was started can be found by no other process: put it into a module"
        raise NotCarried(message)
    return Carried(written.getvalue(), tuple(_unfindable(pickler.modules)))


def put_down(carried: Carried) -> Scenario:
    """Load a scenario that another process has pickled; the search path is that of the other process.

    Raises:
        Exception: Whatever importing the team's modules raises.
    """
    for name, file in carried.modules:
        if name in sys.modules:
            continue
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise ImportError(f"{file} is no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    scenario = pickle.loads(carried.pickled)  # noqa: S301 - both are processes of one run and one user
    if not isinstance(scenario, Scenario):
        raise TypeError("what was carried is no scenario")
    return scenario


class _Pickler(pickle.Pickler):
    """Notes of which modules the pickle speaks."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self.modules: set[str] = set()

    def reducer_override(self, obj: Any) -> Any:  # noqa: ANN401 - as pickle has it
        if isinstance(obj, type | FunctionType):
            self.modules.add(obj.__module__)
        else:
            self.modules.add(type(obj).__module__)
        if type(obj) is DataConverter:
            # What it makes of its classes is made again.
            fields = [field.name for field in dataclasses.fields(obj) if field.init]
            return _converter, ({name: getattr(obj, name) for name in fields},)
        return NotImplemented


def _converter(given: dict[str, Any]) -> DataConverter:
    return DataConverter(**given)


def _unfindable(modules: set[str]) -> list[tuple[str, str]]:
    found = []
    for name in sorted(modules):
        file = getattr(sys.modules.get(name), "__file__", None)
        if "." not in name and file and PathFinder.find_spec(name) is None and Path(file).is_file():
            found.append((name, str(Path(file).resolve())))
    return found


def _said(scenario: Scenario, error: Exception) -> str:
    """Name the field that cannot be pickled."""
    for field in dataclasses.fields(scenario):
        try:
            _Pickler(io.BytesIO()).dump(getattr(scenario, field.name))
        except Exception as why:  # noqa: BLE001 - as above
            given = field.name in _MAY_BE_MADE and not callable(getattr(scenario, field.name))
            made = "; a function that makes it can be" if given else ""
            return f"Scenario.{field.name} cannot be pickled{made}: {_line(why)}"
    return f"it cannot be pickled: {_line(error)}"


def _line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
