"""openai's SDK makes its own attempts as it always does, and pauses between them for milliseconds."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_MODULE = "openai._base_client"
# Names of the SDK's own, and what they are while a sweep runs; where they have moved, a sweep only takes longer.
_PAUSES = {"INITIAL_RETRY_DELAY": 0.001, "MAX_RETRY_DELAY": 0.001}


@contextmanager
def quick_retries() -> Iterator[None]:
    """Shorten the pauses while the block runs: where an answer asks for none, no header says how long they are.

    The SDK is not imported for it, which takes longer than starting all else; it is met when an activity imports it.
    """
    before: list[tuple[ModuleType, str, object]] = []

    def shorten(module: ModuleType) -> None:
        for name, pause in _PAUSES.items():
            if hasattr(module, name):
                before.append((module, name, getattr(module, name)))
                setattr(module, name, pause)

    meets = _Meets(shorten)
    sys.meta_path.insert(0, meets)
    try:
        if (loaded := sys.modules.get(_MODULE)) is not None:
            shorten(loaded)
        yield
    finally:
        with suppress(ValueError):
            sys.meta_path.remove(meets)
        for module, name, value in reversed(before):
            setattr(module, name, value)


class _Meets(MetaPathFinder):
    """Has others find the module, and is told when it is loaded."""

    def __init__(self, loaded: Callable[[ModuleType], None]) -> None:
        self._loaded = loaded

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _MODULE:
            return None
        # Those behind this one: a sweep within a sweep has one of its own, and both are told.
        for finder in sys.meta_path[sys.meta_path.index(self) + 1 :]:
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Telling(spec.loader, self._loaded)
                return spec
        return None


class _Telling(Loader):
    """Loads as another loader does, and tells of it."""

    def __init__(self, inner: Loader, loaded: Callable[[ModuleType], None]) -> None:
        self._inner = inner
        self._loaded = loaded

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # From here on it is an import like any other, to whoever asks where its source is, too.
        if module.__spec__ is not None:
            module.__spec__.loader = self._inner
        module.__loader__ = self._inner
        self._inner.exec_module(module)
        self._loaded(module)
