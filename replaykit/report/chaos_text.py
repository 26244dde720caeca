"""A sweep as a person reads it: counts, the matrix, each finding with its smallest plan, and what was not verified."""

from collections import Counter
from collections.abc import Iterator

from replaykit.model.chaos import PROVES_NOTHING, ChaosFinding, ChaosReport, Judged
from replaykit.report.chaos_matrix import HELD, NOTHING, UNKNOWN, matrix_of
from replaykit.report.paint import Paint
from replaykit.report.summary import plural

_MOST_NOT_FIRED = 5
_NAME = 46


def report_lines(report: ChaosReport, *, width: int, paint: Paint, verbose: bool = False) -> Iterator[str]:
    """Yield a sweep's report, without the findings."""
    yield from _counts(report)
    if verbose or report.findings:
        yield ""
        yield from _matrix(report, width=width, paint=paint)


def _counts(report: ChaosReport) -> Iterator[str]:
    rate = report.enumerated / report.seconds if report.seconds else 0.0
    boundaries = plural(len(report.baseline.sightings), "boundary", "boundaries")
    more = report.enumerated - report.singles
    pruned = f", {report.pruned:,} pruned" if report.pruned else ""
    yield (
        f"{report.scenario}: {boundaries}, {plural(report.singles, 'single fault', 'single faults')}"
        f"{f' and {more:,} plans that these led to' if more > 0 else ''}, {report.fired:,} fired{pruned}"
        f"   {report.seconds:.1f} s on the embedded server ({rate:.1f} plans/s)"
    )
    ended = Counter(judged.held for judged in report.judged if judged.held is not None and not judged.unreachable)
    if ended:
        yield "  ended: " + ", ".join(f"{count:,} {held}" for held, count in ended.most_common())
    if report.unreachable:
        yield f"  {report.unreachable:,} pairs cannot happen: one fault keeps the run from where the other strikes"
    yield f"  {plural(report.replayed, 'different history', 'different histories')} replayed"
    for equivalence in report.equivalences:
        if equivalence.differing:
            yield (
                f"  {equivalence.fault} is not to be trusted here: a real SIGKILL gave another history at "
                f"{', '.join(equivalence.differing)}"
            )
    if report.equivalences:
        compared = sum(each.compared for each in report.equivalences)
        equal = compared - sum(len(each.differing) for each in report.equivalences)
        yield f"  emulations against one real SIGKILL: {equal} of {compared} histories equal"


def _matrix(report: ChaosReport, *, width: int, paint: Paint) -> Iterator[str]:
    matrix = matrix_of(report)
    if not matrix.rows:
        return
    names = [str(boundary) for boundary, _ in matrix.rows]
    first = min(_NAME, max(map(len, names)))
    room = max(8, min(10, (width - first - 2) // max(1, len(matrix.columns))))
    yield " " * (first + 2) + "".join(group.value.ljust(room) for group in matrix.columns).rstrip()
    for name, (_, cells) in zip(names, matrix.rows, strict=True):
        shown = name if len(name) <= first else name[: first - 1] + "…"
        signs = "".join(_painted(cell.sign, room, paint) for cell in cells).rstrip()
        yield f"{shown.ljust(first)}  {signs}"
    yield f"  {HELD} held   {NOTHING} does not apply   ✗ did not hold   {UNKNOWN} not proven"


def _painted(sign: str, room: int, paint: Paint) -> str:
    text = sign.ljust(room)
    if sign.startswith("✗"):
        return paint(text, "red")
    return paint(text, "dim") if sign in {HELD, NOTHING} else paint(text, "magenta")


def finding_lines(finding: ChaosFinding, *, reproduce: str, paint: Paint) -> Iterator[str]:
    """Yield one finding: what does not hold, the smallest plan, why, what to do, and how to see it again."""
    colour = "magenta" if finding.violation in PROVES_NOTHING else "red"
    flaky = "  (flaky: it did not come each time)" if finding.flaky else ""
    yield f"{paint(finding.violation.upper(), colour, 'bold')}  {finding.what}{flaky}"
    strikes = finding.result.plan.strikes
    count = plural(len(strikes), "fault", "faults")
    for number, strike in enumerate(strikes):
        smallest = f"        (smallest: {count})" if number == len(strikes) - 1 else ""
        yield f"  {'plan' if not number else '    '}     {strike}{smallest}"
    yield f"  why      {finding.why}"
    yield f"  fix      {finding.fix}"
    yield f"  Reproduce with:  {reproduce}"


def closing_lines(report: ChaosReport, *, following: str) -> Iterator[str]:
    """Yield what was not verified, and the next command."""
    assumed = sorted({name for judged in report.judged for name in judged.result.assumed})
    if assumed:
        yield f"Not verified: what {', '.join(assumed)} would have answered; no recording says, they returned nothing"
    for note in report.unverified:
        yield f"Not verified: {note}"
    yield f"Next:  {following}"


def timeline_lines(judged: Judged, *, paint: Paint) -> Iterator[str]:
    """Yield one run as a timeline, the strikes marked, and its ledger."""
    result = judged.result
    yield f"{result.plan}"
    for moment in result.timeline:
        text = f"  {moment.at:7.2f} s  {'⚡ ' if moment.struck else '  '}{moment.what}"
        yield paint(text, "red", "bold") if moment.struck else text
    yield f"  {result.seconds:7.2f} s    the run has {_ended(judged)}"
    if result.effects:
        yield "  ledger"
        for effect in result.effects:
            if effect.committed:
                key = f", idempotency key {effect.idempotency_key}" if effect.idempotency_key else ""
                yield f"           {effect.name}  key {effect.key}{key}   {effect.step}, attempt {effect.attempt}"


def _ended(judged: Judged) -> str:
    result = judged.result
    said = f": {' ← '.join(result.failure_types)}" if result.failure_types else ""
    return f"{result.end}{said}" + (f"   ({judged.held})" if judged.held else "")
