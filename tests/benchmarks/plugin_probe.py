"""A pytest run that times the plugin's import and hooks from inside, and prints both with what they loaded."""

import functools
import inspect
import sys
import time
from collections.abc import Callable, Generator
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
    if inspect.isgeneratorfunction(hook):
        # A hook around the others: what it waits for is not its own.
        @functools.wraps(hook)
        def timed_around(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:  # noqa: ANN401 - any hook's
            around = hook(*args, **kwargs)
            started = time.perf_counter()
            next(around)
            spent.append(time.perf_counter() - started)
            result = yield
            started = time.perf_counter()
            try:
                around.send(result)
            except StopIteration as ended:
                return ended.value
            finally:
                spent.append(time.perf_counter() - started)

        return timed_around

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
