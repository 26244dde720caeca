"""Another clock, random state, environment, and no replay, as unsandboxed workflow code sees it: sound code goes on."""

import datetime as dt
import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from temporalio import workflow

from replaykit.adapters.user_files import is_user_file

LATER = 40 * 86400.0
SEED = 20_261_123
# What Python, the SDK and the operating system's loader read; hiding it would break more than a workflow.
KEPT = ("PATH", "HOME", "PYTHON", "LD_", "LANG", "LC_", "TMP", "TEMP", "SYSTEMROOT", "SSL_")


class _Alike(type):
    """Lets real datetimes pass for instances of the shifted class."""

    real: type

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.real)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls.real)


def _shifted(real: Any) -> type:  # noqa: ANN401 - datetime.datetime or datetime.date
    """Make a class whose `now`, `utcnow` and `today` are LATER."""

    def later(name: str) -> Any:  # noqa: ANN401 - a classmethod
        def method(_cls: type, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the real method's signature
            return getattr(real, name)(*args, **kwargs) + dt.timedelta(seconds=LATER)

        return classmethod(method)

    clock = {name: later(name) for name in ("now", "utcnow", "today") if hasattr(real, name)}
    return _Alike(real.__name__, (real,), {"real": real, **clock})


# The real classes and functions, taken before anything is replaced.
_CLASSES = {real: _shifted(real) for real in (dt.datetime, dt.date)}
_TIME, _TIME_NS = time.time, time.time_ns


@contextmanager
def perturbed() -> Iterator[None]:
    """Change the conditions while the block runs."""
    state = random.getstate()
    hidden = [name for name in os.environ if not name.startswith(KEPT)]
    with ExitStack() as changed:
        changed.enter_context(_replaced(time, "time", lambda: _TIME() + LATER))
        changed.enter_context(_replaced(time, "time_ns", lambda: _TIME_NS() + int(LATER * 1e9)))
        for module in (dt, *_user_modules()):
            for name, value in list(vars(module).items()):
                if isinstance(value, type) and value in _CLASSES:
                    changed.enter_context(_replaced(module, name, _CLASSES[value]))
        for asked in ("is_replaying", "is_replaying_history_events"):
            if asked in vars(workflow.unsafe):
                changed.enter_context(_replaced(workflow.unsafe, asked, staticmethod(lambda: False)))
        changed.enter_context(_environment_kept())
        for name in hidden:
            del os.environ[name]
        random.seed(SEED)
        try:
            yield
        finally:
            random.setstate(state)


# unittest.mock would do this, and cost each replay process 29 ms of its 360 ms of imports.
@contextmanager
def _replaced(owner: Any, name: str, value: object) -> Iterator[None]:  # noqa: ANN401 - a module or a class
    kept = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, kept)


@contextmanager
def _environment_kept() -> Iterator[None]:
    kept = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


def _user_modules() -> list[Any]:
    return [
        module
        for module in list(sys.modules.values())
        if "site-packages" not in (path := getattr(module, "__file__", None) or "<built-in>") and is_user_file(path)
    ]
