"""What an activity returns is spoilt: another type, or a field fewer."""

from replaykit.model.value import JsonData

OTHER = "replaykit: another type than the activity returns"


def of_another_type(value: JsonData) -> JsonData:
    """Return a value that no code expecting this one's type can read."""
    return OTHER if isinstance(value, dict | list | int | float) else {"replaykit": OTHER}


def without_first_field(value: JsonData) -> JsonData:
    """Return an object without its first field; anything else as it is."""
    if not isinstance(value, dict) or not value:
        return value
    first = next(iter(value))
    return {name: held for name, held in value.items() if name != first}
