"""Values that name places below one directory are rewritten to name them below another."""

import dataclasses
from typing import Any, TypeVar

T = TypeVar("T")


def relocated(value: T, old: str, new: str) -> T:
    """Rewrite every text in a value of dataclasses, tuples and dicts: what lay below `old` then lies below `new`."""
    found: Any = _relocated(value, old, new)
    return found  # type: ignore[no-any-return]  # of the same type as the value


def _relocated(value: Any, old: str, new: str) -> Any:  # noqa: ANN401 - any value of the model
    match value:
        case str() if type(value) is str:
            return value.replace(old, new) if old in value else value
        case tuple() if type(value) is tuple:
            return tuple(_relocated(item, old, new) for item in value)
        case list():
            return [_relocated(item, old, new) for item in value]
        case dict():
            return {key: _relocated(item, old, new) for key, item in value.items()}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            named = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
            moved = {name: _relocated(item, old, new) for name, item in named.items()}
            changed = {name: item for name, item in moved.items() if item is not named[name]}
            return dataclasses.replace(value, **changed) if changed else value
        case _:
            return value
