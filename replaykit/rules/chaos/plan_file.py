"""A fault plan as JSON: saved beside the test, run first the next time, reproduced by `--plan`."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from replaykit.errors import PlanUnreadable
from replaykit.model.cassette import Content
from replaykit.model.chaos import Boundary, FaultPlan, Place, Strike
from replaykit.model.chaos_report import ChaosFinding
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.content_form import Malformed, from_node, to_node

VERSION = 1
_AT = frozenset({"place", "name", "nth", "attempt", "part", "within"})


def to_document(plan: FaultPlan, *, scenario: str, finding: ChaosFinding | None = None) -> dict[str, Any]:
    """Write a plan, and what it showed."""
    document: dict[str, Any] = {
        "replaykit": "fault plan",
        "version": VERSION,
        "scenario": scenario,
        "strikes": [
            {"fault": strike.fault, "persistent": strike.persistent, "at": _boundary(strike.at)}
            for strike in plan.strikes
        ],
    }
    if plan.given:
        document["input"] = json.loads(plan.given)
    if finding is not None:
        document["shows"] = {"violation": finding.violation.value, "what": finding.what}
    return document


def _boundary(at: Boundary) -> dict[str, Any]:
    return {
        "place": at.place.value,
        "name": at.name,
        "nth": at.nth,
        "attempt": at.attempt,
        "part": at.part,
        "within": at.within,
    }


def from_document(document: object, *, source: str) -> FaultPlan:
    """Read a plan.

    Raises:
        PlanUnreadable: It is none, or of a later version.
    """
    if not isinstance(document, Mapping) or document.get("replaykit") != "fault plan":
        raise _unreadable(source, 'it is no JSON object with "replaykit": "fault plan"')
    if document.get("version") != VERSION:
        raise _unreadable(source, f"its version is {document.get('version')!r:.40}, and this replaykit reads {VERSION}")
    strikes = document.get("strikes")
    if not isinstance(strikes, list) or not strikes:
        raise _unreadable(source, "it has no list of strikes")
    return FaultPlan(tuple(_strike(entry, source) for entry in strikes), given=_given(document.get("input"), source))


def _given(arguments: object, source: str) -> str:
    if arguments is None:
        return ""
    if not isinstance(arguments, list):
        raise _unreadable(source, f"its input is no list of arguments: {arguments!r:.60}")
    try:
        return text_of(map(from_node, arguments))
    except Malformed as error:
        raise _unreadable(source, f"an argument of its input has another form: {error}") from None


def text_of(arguments: Iterable[Content]) -> str:
    """Write the arguments of a run as `FaultPlan.given` holds them."""
    return json.dumps([to_node(content) for content in arguments], ensure_ascii=False)


def _strike(entry: object, source: str) -> Strike:
    at = entry.get("at") if isinstance(entry, Mapping) else None
    if not isinstance(entry, Mapping) or not isinstance(at, Mapping) or set(at) - _AT:
        raise _unreadable(source, f"a strike has another form: {entry!r:.120}")
    fault = entry.get("fault")
    if not isinstance(fault, str) or fault.partition("(")[0] not in KINDS:
        raise _unreadable(source, f"there is no fault {fault!r:.60}")
    try:
        boundary = Boundary(
            place=Place(at["place"]),
            name=str(at.get("name", "")),
            nth=int(at.get("nth", 1)),
            attempt=int(at.get("attempt", 1)),
            part=int(at.get("part", 0)),
            within=str(at.get("within", "")),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise _unreadable(source, f"a boundary has another form: {error}") from None
    return Strike(boundary, fault, persistent=entry.get("persistent") is True)


def name_of(plan: FaultPlan, finding: ChaosFinding) -> str:
    """Name the file of a plan by what it shows and where it strikes."""
    parts = [finding.violation.value, *(f"{strike.at.name}-{strike.fault}" for strike in plan.strikes)]
    text = "-".join([*parts, "with-input"] if plan.given else parts)
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in text)[:120]


def _unreadable(source: str, cause: str) -> PlanUnreadable:
    return PlanUnreadable(
        f"{source} is no fault plan.",
        cause=cause,
        fix="take it anew: replaykit chaos SCENARIO saves the plan of each finding",
    )
