"""Cassettes as a person reads them: what a session's tests did with them, what they hold, how two differ."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from replaykit.model.cassette import Cassette, Content, Failed, Fault, Interaction, Response
from replaykit.model.finding import Change
from replaykit.report.bill import bill_text
from replaykit.rules.compare import Comparison
from replaykit.rules.match import plain
from replaykit.rules.usage import Bill
from replaykit.rules.values import as_text

SHOWN_UNUSED = 5
SHOWN_CHANGES = 6


def session_lines(used: Iterable[str]) -> Iterator[str]:
    """Sum up the cassettes of a pytest session, from what each test noted.

    A recording of a shared cassette is unused where none of the tests asked for it.
    """
    noted = [json.loads(text) for text in used]
    names = {note["name"] for note in noted}
    total: Counter[str] = Counter()
    for note in noted:
        total.update({key: note[key] for key in ("played", "recorded", "missed")})
    said = [f"{total['played']} played"]
    bill = sum((_bill(note["bill"]) for note in noted if note["bill"]), Bill())
    if bill.answers:
        priced = any(note["bill"]["priced"] for note in noted if note["bill"])
        said.append(f"{bill.answers} of models ({bill_text(bill, saved=True, priced=priced)})")
    said += [f"{total[word]} {word}" for word in ("recorded", "missed") if total[word]]
    yield f"replaykit: {len(names)} {'cassette' if len(names) == 1 else 'cassettes'}: {', '.join(said)}"
    for name in sorted(names):
        unused = _unused_by_all([note["unused"] for note in noted if note["name"] == name])
        if unused:
            more = len(unused) - SHOWN_UNUSED
            shown = ", ".join(unused[:SHOWN_UNUSED]) + (f" and {more} more" if more > 0 else "")
            yield f"Not asked for in {name}: {shown}"
    unwatched = Counter(said for note in noted for said in note["unwatched"])
    yield from (f"Not watched: {count} x {said}" for said, count in unwatched.most_common())


def _bill(noted: Mapping[str, Any]) -> Bill:
    return Bill(noted["answers"], noted["tokens"], Decimal(noted["dollars"]), noted["unpriced"])


def _unused_by_all(lists: Sequence[Sequence[str]]) -> list[str]:
    common = set(lists[0]).intersection(*lists[1:])
    return [unused for unused in lists[0] if unused in common]


def cassette_lines(cassette: Cassette, *, bill: Bill, priced: bool, width: int) -> Iterator[str]:
    """List what a cassette holds, a recording in two or three lines.

    Args:
        cassette: The cassette.
        bill: What its answers of models cost.
        priced: Whether there was a price list.
        width: The columns of the terminal.
    """
    numbers = len(str(len(cassette.interactions)))
    for number, interaction in enumerate(cassette.interactions, start=1):
        margin = " " * (numbers + 3)
        yield f"#{number:<{numbers}}  {interaction.layer} {interaction.name}   {interaction.recorded}"
        if interaction.declared:
            yield f"{margin}fault   {interaction.declared}"
        asked = "(not recorded)" if interaction.input is None else _cut(plain(interaction.input), width - numbers - 10)
        yield f"{margin}asked   {asked}"
        yield f"{margin}{_answered(interaction, width - numbers - 10)}"
    for rule in cassette.volatile:
        yield f"volatile: {rule}"
    if cassette.expires:
        yield f"expires: {cassette.expires}"
    models = f", {bill.answers} of models ({bill_text(bill, saved=False, priced=priced)})" if bill.answers else ""
    yield f"{_count(len(cassette.interactions))}{models}"


def struck_line(fault: str, number: int, *, times: int, instead: bool, path: str) -> str:
    """Say where a fault was put."""
    often = "" if times == 1 else f" {times} times"
    return f"{fault} happens{often} {'instead of' if instead else 'before'} #{number} in {path}."


def _answered(interaction: Interaction, width: int) -> str:
    match interaction.answer:
        case Failed(failure, retried):
            said = failure.get("applicationFailureInfo")
            kind = said.get("type", "") if isinstance(said, dict) else ""
            after = ", then retried" if retried else ""
            return f"failed  {_cut(failure.get('message', ''), width, str(kind))}{after}"
        case Content() as result:
            return f"said    {_content(result, width)}"
        case Fault(raised, message):
            return f"raised  {_cut(message, width, raised)}"
        case Response() as response:
            return "said    " + _cut_text(_response(response, width), width)


def _content(content: Content, width: int) -> str:
    if content.spelling is None and content.raw:
        return f"{len(content.raw)} bytes of {content.encoding or 'no encoding'}"
    return _cut(next(iter(plain([content])), None), width)


def _response(response: Response, width: int) -> str:
    said = [str(response.status)]
    if response.body is not None:
        said.append(_content(response.body, width))
    if response.stream is not None:
        said.append(f"{len(response.stream)} events in {response.stream[-1].at if response.stream else 0:.2f} s")
    if response.fault is not None:
        said.append(f"then {response.fault.raised}: {response.fault.message}")
    if response.left:
        said.append("(the caller read no further)")
    return " ".join(said)


def _cut(value: object, width: int, kind: str = "") -> str:
    text = (f"{kind}: " if kind else "") + (value if kind and isinstance(value, str) else as_text(value))
    return _cut_text(text, width)


def _cut_text(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(1, width - 1)] + "…"


def _count(number: int) -> str:
    return f"{number} {'recording' if number == 1 else 'recordings'}"


def diff_lines(comparison: Comparison) -> Iterator[str]:
    """List how two cassettes differ."""
    for answered in comparison.answered:
        yield f"answer  {answered.asked.layer} {answered.asked.name}   #{answered.old} → #{answered.new}"
        yield from _changes(answered.changes)
    for number, interaction, near in comparison.came:
        yield f"new     {interaction.layer} {interaction.name}   #{number}"
        if near is not None:
            yield from _changes(near.changes)
    for number, interaction in comparison.gone:
        yield f"gone    {interaction.layer} {interaction.name}   #{number}"
    counts = f"{len(comparison.answered)} answered otherwise, {len(comparison.came)} new, {len(comparison.gone)} gone"
    yield "The cassettes ask and answer the same." if comparison.same else counts


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes[:SHOWN_CHANGES]:
        old = "(absent)" if change.recorded is None else change.recorded
        new = "(absent)" if change.new is None else change.new
        yield f"          {change.path}   {old} → {new}"
    if len(changes) > SHOWN_CHANGES:
        yield f"          and {len(changes) - SHOWN_CHANGES} more"


def made_lines(cassette: Cassette, *, out: str, histories: int, unanswered: int, retried: int) -> Iterator[str]:
    """Say what became of histories, and what they could not tell."""
    source = "1 history" if histories == 1 else f"{histories} histories"
    yield f"{out}: {_count(len(cassette.interactions))} of {source}"
    yield from (f"  {count} x {name}" for name, count in sorted(names_of(cassette).items()))
    if retried:
        yield f"Retried: {_activities(retried)} took several attempts; a history keeps the answer of the last one only."
    if unanswered:
        yield f"Left out: {_activities(unanswered)} gave no answer: cancelled, or the history ended first."
    yield f"Next: with use_cassette({out!r}) as cassette: Worker(…, interceptors=[cassette])"


def names_of(cassette: Cassette) -> Counter[str]:
    """Count the recordings by layer and name."""
    return Counter(f"{interaction.layer} {interaction.name}" for interaction in cassette.interactions)


def checked_line(cassette: Cassette, shown: str, *, recording: int) -> str:
    """Say that a cassette can be used."""
    also = f"; {recording} recording into it now" if recording else ""
    return f"{shown}: {_count(len(cassette.interactions))}{also}"


def written_line(cassette: Cassette, shown: str) -> str:
    """Say what was written."""
    return f"{shown}: {_count(len(cassette.interactions))}"


def migrated_lines(cassette: Cassette, shown: str) -> Iterator[str]:
    """Say what was made of vcrpy's cassettes, and how to use it."""
    yield written_line(cassette, shown)
    yield f'Next: with use_cassette({shown!r}, layers="http"): …'


def pruned_line(cassette: Cassette, going: Sequence[int], shown: str) -> str:
    """Say what was taken out of a cassette."""
    if not going:
        return f"{shown} holds nothing of that; see: replaykit cassette show {shown}"
    numbers = ", ".join(f"#{number}" for number in going)
    return f"{shown}: took out {numbers}, {_count(len(cassette.interactions))} left"


def _activities(number: int) -> str:
    return "1 activity" if number == 1 else f"{number} activities"
