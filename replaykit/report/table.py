"""A history as a readable list of steps."""

from collections.abc import Iterator, Sequence

from replaykit.model.history import History, Received
from replaykit.model.step import Answer, Step, StepKind
from replaykit.model.value import Binary, Json, Undecoded, Value
from replaykit.report.printable import plain
from replaykit.report.reading import Reading
from replaykit.report.summary import plural
from replaykit.rules.values import as_text

STEP = 38
MINUTE = 60
# The options that say what a step is; a report of drift names the others.
SHOWN = frozenset({"duration", "deprecated", "attributes", "fields"})
# The kinds of step that wait for an answer from outside: without one yet, the row shows "…".
WAITED_FOR = frozenset({StepKind.ACTIVITY, StepKind.LOCAL_ACTIVITY, StepKind.TIMER, StepKind.CHILD, StepKind.NEXUS})


def history_lines(history: History, reading: Reading) -> Iterator[str]:
    """Yield the history: whose it is, then a line for each step and for what reached the run from outside."""
    who = history.identity
    yield reading.paint(plain(f"{who.workflow_type} · {who.workflow_id}"), "bold") + plain(f" (run {who.run_id})")
    queue = f"task queue {who.task_queue}" if who.task_queue else "no task queue named"
    namespace = f", namespace {who.namespace}" if who.namespace else ""
    events = plural(history.events, "event", "events")
    tasks = plural(len(history.tasks), "completed workflow task", "completed workflow tasks")
    yield f"{history.status.value}, {events}, {tasks}, {queue}{namespace}"
    yield ""
    value = max(20, (reading.width - 16 - STEP) // 2 - 3)
    yield f"{'time':>9}  {'#':>4}  {'step':<{STEP}}  {'input':<{value}}  result"
    for number, row in _rows(history):
        yield _line(row, number, history.started, value, reading).rstrip()


def _rows(history: History) -> list[tuple[int | None, Step | Received]]:
    steps = [(number, step) for number, step in enumerate(history.trace.steps, start=1)]
    rows: list[tuple[float, int, int | None, Step | Received]] = [
        (step.time or history.started, step.event_id or 0, number, step) for number, step in steps
    ]
    rows += [(entry.time, entry.event_id, None, entry) for entry in history.received]
    return [(number, row) for _, _, number, row in sorted(rows, key=lambda r: (r[1], r[0]))]


def _line(row: Step | Received, number: int | None, started: float, width: int, reading: Reading) -> str:
    at = clock((row.time or started) - started)
    if isinstance(row, Received):
        name = f"← {row.what} {row.name}".rstrip()
        return reading.paint(f"{at:>9}  {'':>4}  {cut(name, STEP):<{STEP}}", "dim") + (
            f"  {cut(values_text(row.input), width * 2)}" if row.input else ""
        )
    given = cut(_asked(row), width)
    answered = cut(answer_text(row.answer), width) if row.answer or row.key.kind in WAITED_FOR else ""
    return f"{at:>9}  {number or '':>4}  {cut(str(row.key), STEP):<{STEP}}  {given:<{width}}  {answered}"


def _asked(step: Step) -> str:
    if not step.input_known:
        return "(not recorded)"
    parts = [_failure_text(step) if step.key.kind is StepKind.FAIL else values_text(step.input)] if step.input else []
    parts += [f"{name} {as_text(value.data)}" for name, value in step.options if name in SHOWN]
    if step.id and not step.id.isdecimal() and not step.input and step.key.name != step.id:
        parts.append(step.id)
    return ", ".join(parts)


def _failure_text(step: Step) -> str:
    """Write the outermost link of a run's failure as `type: message`."""
    match step.input[0]:
        case Json([{"type": kind, "message": message}, *_]):
            return f"{kind}: {message}"
        case value:
            return _value_text(value)


def answer_text(answer: Answer | None) -> str:
    """Write what a step was answered: result or failure, attempts above one."""
    if answer is None:
        return "…"
    tries = f" (attempt {answer.attempts})" if answer.attempts > 1 else ""
    if answer.failure is not None:
        return f"✗ {answer.failure}{tries}"
    return f"{values_text(answer.values) or '✓'}{tries}"


def values_text(values: Sequence[Value]) -> str:
    """Write values one after the other as JSON."""
    return ", ".join(_value_text(value) for value in values)


def _value_text(value: Value) -> str:
    match value:
        case Json(data):
            return as_text(data)
        case Binary(data):
            return f"<{len(data)} bytes>"
        case Undecoded(encoding, data):
            return f"<{len(data)} bytes, {encoding or 'no encoding'}>"


def cut(text: str, width: int) -> str:
    """Cut text to a width, on one line, fit to be shown."""
    line = plain(" ".join(text.split()))
    return line if len(line) <= width else line[: width - 1] + "…"


def clock(seconds: float) -> str:
    """Write seconds since the start: `+0.31s`, `+2:05`, `+3d 4h`."""
    if seconds < MINUTE:
        return f"+{seconds:.2f}s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"+{days}d {hours}h"
    return f"+{hours}:{minutes:02}:{rest:02}" if hours else f"+{minutes}:{rest:02}"
