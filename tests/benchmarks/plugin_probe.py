"""A pytest run that times the plugin's import and hooks from inside, and prints both with what they loaded."""

import functools
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest


def main(path: str) -> int:
    """Import the plugin, run pytest on `path` with its hooks timed; print milliseconds and whether temporalio came."""
    started = time.perf_counter()
    from replaykit import pytest_plugin  # noqa: PLC0415 - the import is what is measured

    spent = [time.perf_counter() - started]
    for name in [name for name in vars(pytest_plugin) if name.startswith("pytest_")]:
        setattr(pytest_plugin, name, _timed(getattr(pytest_plugin, name), spent))
    code = pytest.main(["-q", "-p", "no:cacheprovider", path])
    sys.stdout.write(f"{sum(spent) * 1000:.3f} {'temporalio' in sys.modules}\n")
    return code


def _timed(hook: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    @functools.wraps(hook)
    def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any hook's
        started = time.perf_counter()
        try:
            return hook(*args, **kwargs)
        finally:
            spent.append(time.perf_counter() - started)

    return timed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
