"""The end of an export: counts, what was redacted, what was checked, and the next command."""

from collections.abc import Iterator

from replaykit.model.exports import Check, Exports
from replaykit.report.summary import plural


def exports_lines(exports: Exports, *, key_id: str | None, following: str) -> Iterator[str]:
    """Write the closing lines.

    Args:
        exports: The counts.
        key_id: The short id of the key behind the pseudonyms; None where nothing was redacted on request.
        following: The next command, empty for none.
    """
    yield _headline(exports)
    if key_id is not None and exports.secrets:
        kinds = ", ".join(plural(count, kind, _plural(kind)) for kind, count in exports.secrets.most_common())
        yield f"Redacted: {kinds} (key {key_id})"
    if exports.checks[Check.NOT_REDACTED]:
        yield f"NOT REDACTED: {plural(exports.checks[Check.NOT_REDACTED], 'history holds', 'histories hold')} what the server holds."
    yield from _checks(exports)
    if exports.slowed:
        yield f"The server asked to slow down {plural(exports.slowed, 'time', 'times')}; what it refused was asked again."
    if following:
        yield f"Next:  {following}"


def _headline(exports: Exports) -> str:
    said = [f"{plural(exports.exported, 'history', 'histories')} exported"]
    if exports.familiar:
        said.append(f"{exports.familiar} bring nothing new")
    if exports.there:
        said.append(f"{exports.there} already there")
    if exports.dropped:
        said.append(f"{plural(exports.dropped, 'duplicate', 'duplicates')} dropped")
    if exports.failed:
        said.append(f"{exports.failed} failed")
    return ", ".join(said)


def _checks(exports: Exports) -> Iterator[str]:
    replayed = exports.checks[Check.REPLAYED]
    if replayed:
        yield f"Checked:  {plural(replayed, 'history replays', 'histories replay')} redacted as before."
    for reason, count in sorted(exports.unverified.items()):
        yield f"Not verified: {plural(count, 'history', 'histories')} after redaction ({reason})"


def _plural(kind: str) -> str:
    return kind + ("es" if kind.endswith("s") else "s")
