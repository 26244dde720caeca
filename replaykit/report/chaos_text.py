"""A sweep as a person reads it: counts, the matrix, each finding with its smallest plan, and what was not verified."""

from collections import Counter
from collections.abc import Iterator

from replaykit.model.chaos_report import PROVES_NOTHING, ChaosFinding, ChaosReport
from replaykit.report.chaos_matrix import HELD, NOTHING, UNKNOWN, matrix_of
from replaykit.report.paint import Paint
from replaykit.report.printable import plain
from replaykit.report.summary import plural

_NAME = 46
# The longest sign of a cell, and a space.
_SIGN = 8


def report_lines(report: ChaosReport, *, width: int, paint: Paint, verbose: bool = False) -> Iterator[str]:
    """Yield a sweep's report, without the findings."""
    yield from count_lines(report)
    if verbose or report.findings:
        yield ""
        yield from _matrix(report, width=width, paint=paint)


def count_lines(report: ChaosReport) -> Iterator[str]:
    """Yield what was planned, fired and compared."""
    rate = report.enumerated / report.seconds if report.seconds else 0.0
    boundaries = plural(len(report.baseline.sightings), "boundary", "boundaries")
    more = report.enumerated - report.singles
    pruned = f", {report.pruned:,} pruned" if report.pruned else ""
    yield (
        f"{plain(report.scenario)}: {boundaries}, {plural(report.singles, 'single fault', 'single faults')}"
        f"{f' and {more:,} plans that these led to' if more > 0 else ''}, {report.fired:,} fired{pruned}"
        f"   {report.seconds:.1f} s on the embedded server ({rate:.1f} plans/s)"
    )
    ended = Counter(judged.held for judged in report.judged if judged.held is not None and not judged.unreachable)
    if ended:
        yield "  ended: " + ", ".join(f"{count:,} {held}" for held, count in ended.most_common())
    if report.unreachable:
        cannot = plural(report.unreachable, "pair", "pairs")
        yield f"  {cannot} cannot happen: one fault keeps the run from where the other strikes"
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
    names = [plain(str(boundary)) for boundary, _ in matrix.rows]
    first = min(_NAME, max(map(len, names)))
    room = max(_SIGN, min(10, (width - first - 2) // max(1, len(matrix.columns))))
    fits = max(1, (width - first - 2) // room)
    for start in range(0, len(matrix.columns), fits):
        shown = slice(start, start + fits)
        yield " " * (first + 2) + "".join(group.value.ljust(room) for group in matrix.columns[shown]).rstrip()
        for name, (_, cells) in zip(names, matrix.rows, strict=True):
            signs = "".join(_painted(cell.sign, room, paint) for cell in cells[shown]).rstrip()
            yield f"{(name if len(name) <= first else name[: first - 1] + '…').ljust(first)}  {signs}"
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
    yield f"{paint(finding.violation.upper(), colour, 'bold')}  {plain(finding.what)}{flaky}"
    strikes = finding.result.plan.strikes
    count = plural(len(strikes), "fault", "faults")
    for number, strike in enumerate(strikes):
        # What proves nothing is not shrunk.
        shrunk = number == len(strikes) - 1 and finding.violation not in PROVES_NOTHING
        smallest = f"        (smallest: {count})" if shrunk else ""
        yield f"  {'plan' if not number else '    '}     {plain(str(strike))}{smallest}"
    if finding.result.plan.given:
        yield f"  input    {plain(finding.result.plan.given)}"
    yield f"  why      {plain(finding.why)}"
    yield f"  fix      {plain(finding.fix)}"
    if reproduce:
        yield f"  Reproduce with:  {reproduce}"


def closing_lines(report: ChaosReport, *, following: str) -> Iterator[str]:
    """Yield what was not verified, and the next command."""
    for note in not_verified(report):
        yield f"Not verified: {plain(note)}"
    yield f"Next:  {following}"


def not_verified(report: ChaosReport) -> tuple[str, ...]:
    """Say what the sweep did not check."""
    assumed = sorted({name for judged in report.judged for name in judged.result.assumed})
    repeated = sorted({name for judged in report.judged for name in judged.result.repeated})
    return (
        *([f"what {', '.join(assumed)} would have answered; no recording says, they returned nothing"] * bool(assumed)),
        *([f"what {', '.join(repeated)} would have answered once more; they answered the same"] * bool(repeated)),
        *report.unverified,
    )
