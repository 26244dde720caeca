"""Reports are printed as JSON whatever a payload holds."""

import json
from typing import Any

import pytest

from replaykit.report.json_text import json_text

REPORT = {"version": 1, "summary": {"clean": 2}, "histories": [{"path": "a.json", "seconds": 0.25, "note": "größer ✓"}]}


def test_report_is_indented_and_keeps_its_letters() -> None:
    assert json_text(REPORT) == json.dumps(REPORT, indent=2, ensure_ascii=False)


@pytest.mark.parametrize(
    "held",
    [
        pytest.param(2**70, id="a number beyond 64 bits"),
        pytest.param("\ud83d", id="half of a surrogate pair"),
        pytest.param({1: "one"}, id="a key that is a number"),
    ],
)
def test_what_orjson_refuses_is_written_all_the_same(held: Any) -> None:  # noqa: ANN401 - any value of a payload
    text = json_text({"value": held, **REPORT})

    assert json.loads(text.encode("utf-8")) == json.loads(json.dumps({"value": held, **REPORT}))
