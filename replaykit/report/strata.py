"""What a dry run shows: the kinds of runs found, and how many of each would be exported."""

from collections.abc import Iterator, Sequence

from replaykit.report.summary import plural
from replaykit.report.table import cut
from replaykit.rules.strata import Layer, Share

HEADS = ("type", "status", "patches", "build id", "last events", "runs", "take")
# The columns that give way where the terminal is narrow, and how much of each stays.
LEAST = {0: 6, 1: 6, 2: 6, 3: 5, 4: 8}
# The end of the last events is what tells two kinds apart.
KEEPS_ITS_END = 4
GAP = "  "


def strata_lines(shares: Sequence[Share], *, width: int, update: bool = False) -> Iterator[str]:
    """Yield a table of the strata and their totals, within the width of the terminal; an update takes some of those.

    A column that says nothing of any stratum is left out. `~` marks numbers reckoned from the runs looked at.
    """
    rows = [_row(share) for share in shares]
    columns = [i for i in range(len(HEADS)) if i not in {2, 3, 4} or any(row[i] for row in rows)]
    widths = _fitted({i: max(len(row[i]) for row in [HEADS, *rows]) for i in columns}, width)
    for row in [HEADS, *rows]:
        cells = (_cell(row[i], widths[i], column=i) for i in columns)
        yield GAP.join(cells).rstrip()
    found, taken = sum(share.layer.found for share in shares), sum(share.taken for share in shares)
    kinds = plural(len({share.layer.stratum for share in shares if not share.layer.rest}), "kind", "kinds")
    become = "looked at, and exported where they bring a new shape" if update else "exported"
    yield f"{plural(found, 'run', 'runs')} of {kinds}, {taken:,} would be {become}"


def strata_json(shares: Sequence[Share]) -> list[dict[str, object]]:
    """Write the strata as JSON; `lastEvents` is null where nobody looked.

    The runs of an entry marked `rest` are in the numbers of the other entries of its kind.
    """
    return [
        {
            "workflowType": share.layer.stratum.workflow_type,
            "status": share.layer.stratum.status.value,
            "patches": list(share.layer.stratum.patches),
            "buildId": share.layer.stratum.build_id or None,
            "lastEvents": None if share.layer.stratum.last is None else list(share.layer.stratum.last),
            "runs": share.layer.found,
            "reckoned": not share.layer.exact,
            "rest": share.layer.rest,
            "taken": share.taken,
        }
        for share in shares
    ]


def _row(share: Share) -> tuple[str, ...]:
    stratum = share.layer.stratum
    return (
        stratum.workflow_type,
        stratum.status.value,
        ", ".join(stratum.patches),
        stratum.build_id,
        "(not looked at)" if share.layer.rest else " → ".join(stratum.last or ()),
        _found(share.layer),
        f"{share.taken:,}",
    )


def _found(layer: Layer) -> str:
    if layer.rest:
        return ""
    return f"{layer.found:,}" if layer.exact else f"~{layer.found:,}"


def _fitted(widths: dict[int, int], width: int) -> dict[int, int]:
    """Take from the widest column that can give, one character at a time, until the row fits or none can."""
    fitted = dict(widths)
    while sum(fitted.values()) + len(GAP) * (len(fitted) - 1) > width:
        giving = [i for i, least in LEAST.items() if fitted.get(i, 0) > least]
        if not giving:
            break
        widest = max(giving, key=lambda i: fitted[i])
        fitted[widest] -= 1
    return fitted


def _cell(text: str, width: int, *, column: int) -> str:
    shown = cut(text[::-1], width)[::-1] if column == KEEPS_ITS_END else cut(text, width)
    return shown.rjust(width) if column >= len(HEADS) - 2 else shown.ljust(width)
