"""openai's SDK makes its own attempts as it always does, and pauses between them for milliseconds."""

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

_MODULE = "openai._base_client"
# Names of the SDK's own, and what they are while a sweep runs; where they have moved, a sweep only takes longer.
_PAUSES = {"INITIAL_RETRY_DELAY": 0.001, "MAX_RETRY_DELAY": 0.001}


@contextmanager
def quick_retries() -> Iterator[None]:
    """Shorten the pauses while the block runs: where an answer asks for none, no header says how long they are."""
    if importlib.util.find_spec("openai") is None:
        yield
        return
    module = importlib.import_module(_MODULE)
    before = {name: getattr(module, name) for name in _PAUSES if hasattr(module, name)}
    for name in before:
        setattr(module, name, _PAUSES[name])
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)
