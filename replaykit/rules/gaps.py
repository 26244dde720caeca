"""Lines of code that no history reaches are joined into stretches."""

from collections.abc import Iterable, Sequence

from replaykit.model.coverage import Gap


def gaps(
    statements: Iterable[int], missing: Iterable[int], texts: Sequence[str], never: Sequence[tuple[range, str]] = ()
) -> tuple[Gap, ...]:
    """Join missing lines into stretches that no reached statement interrupts.

    Args:
        statements: The lines, from 1, on which statements begin.
        missing: Those of them that were not reached.
        texts: The file's lines.
        never: Lines that no replay runs, with the reason.
    """
    missed = set(missing)
    found: list[list[int]] = []
    open_gap = False
    for line in sorted(statements):
        if line not in missed:
            open_gap = False
        elif open_gap:
            found[-1][1] = line
        else:
            found.append([line, line])
            open_gap = True
    return tuple(
        Gap(
            first,
            last,
            texts[first - 1].strip() if first <= len(texts) else "",
            next((why for lines, why in never if first in lines), ""),
        )
        for first, last in found
    )
