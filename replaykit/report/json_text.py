"""A report's JSON as it is printed: indented, for people and programs alike."""

import json
from typing import Any

import orjson


def json_text(form: Any) -> str:  # noqa: ANN401 - any JSON
    """Write JSON, without a line break at its end.

    A payload may hold what orjson refuses: a number beyond 64 bits, half of a surrogate pair. Python's own writer takes
    that, but indents in Python, many times as slowly.
    """
    try:
        return orjson.dumps(form, option=orjson.OPT_INDENT_2).decode()
    except TypeError:
        return json.dumps(form, indent=2)
