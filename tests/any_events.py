"""Events as Hypothesis draws them: any field of any message type, with any value that protobuf holds."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import strategies as st
from temporalio.api.history.v1 import HistoryEvent

DEEPEST = 6
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_INT32 = st.integers(-(2**31), 2**31 - 1)
_UINT32 = st.integers(0, 2**32 - 1)
_INT64 = st.integers(-(2**63), 2**63 - 1)
_SECONDS = st.sampled_from([0, 1, 59, 86_399, 86_400, 1_790_000_000]) | st.integers(-(10**10), 2 * 10**11)
_NANOS = st.sampled_from([0, 1, 1_000, 20_000_000, 120_000, 999_999_999]) | st.integers(0, 10**9 - 1)

SCALARS: Mapping[int, st.SearchStrategy[Any]] = MappingProxyType(
    {
        FieldDescriptor.TYPE_STRING: _TEXT,
        FieldDescriptor.TYPE_BYTES: st.binary(max_size=12),
        FieldDescriptor.TYPE_BOOL: st.booleans(),
        FieldDescriptor.TYPE_DOUBLE: st.floats(),
        FieldDescriptor.TYPE_FLOAT: st.floats(width=32),
        FieldDescriptor.TYPE_INT32: _INT32,
        FieldDescriptor.TYPE_UINT32: _UINT32,
        FieldDescriptor.TYPE_INT64: _INT64,
        FieldDescriptor.TYPE_UINT64: st.integers(0, 2**64 - 1),
    }
)


@st.composite
def any_events(draw: st.DrawFn) -> list[HistoryEvent]:
    """Draw a few events; their fields are chosen one by one, so rare ones come up as often as common ones."""
    return [HistoryEvent(**_message(draw, HistoryEvent.DESCRIPTOR, 0)) for _ in range(draw(st.integers(0, 3)))]


def _message(draw: Callable[[Any], Any], descriptor: Descriptor, depth: int) -> dict[str, Any]:
    if descriptor.full_name in {"google.protobuf.Timestamp", "google.protobuf.Duration"}:
        return {"seconds": draw(_SECONDS), "nanos": draw(_NANOS)}
    fields = [field for field in descriptor.fields if depth < DEEPEST or field.message_type is None]
    if not fields:
        return {}
    chosen = draw(st.lists(st.sampled_from(fields), max_size=4, unique_by=_choice))
    return {field.name: _field(draw, field, depth + 1) for field in chosen}


def _choice(field: FieldDescriptor) -> str:
    return field.containing_oneof.full_name if field.containing_oneof else field.full_name


def _field(draw: Callable[[Any], Any], field: FieldDescriptor, depth: int) -> Any:  # noqa: ANN401 - what a field takes
    if not field.is_repeated:
        return _single(draw, field, depth)
    number = draw(st.integers(0, 3))
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        value = field.message_type.fields_by_name["value"]
        return {draw(_TEXT): _single(draw, value, depth) for _ in range(number)}
    return [_single(draw, field, depth) for _ in range(number)]


def _single(draw: Callable[[Any], Any], field: FieldDescriptor, depth: int) -> Any:  # noqa: ANN401 - as above
    if field.message_type is not None:
        return _message(draw, field.message_type, depth)
    if field.enum_type is not None:
        return draw(st.sampled_from([value.number for value in field.enum_type.values]) | st.integers(0, 2**31 - 1))
    return draw(SCALARS[field.type])
