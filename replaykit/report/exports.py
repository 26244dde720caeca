"""What an export says: a line or an entry for each history, and its end: counts, redaction, checks."""

from collections.abc import Iterator, Sequence
from typing import Any

from replaykit.errors import Problem
from replaykit.model.exports import Check, Checked, Exports
from replaykit.model.history import Identity
from replaykit.report.json_form import problem_json
from replaykit.report.printable import plain
from replaykit.report.sizes import size_text
from replaykit.report.summary import plural

MOST_NEW = 3


def exported_line(path: str, identity: Identity, events: int, checked: Checked, brings: Sequence[str]) -> str:
    """Write one history that is in its file; `brings` is what an update took it for."""
    named = plain(f"{identity.workflow_type} · {identity.workflow_id} (run …{identity.run_id[-8:]})")
    line = f"{path}   {named}, "
    line += plural(events, "event", "events")
    if checked.check is Check.UNVERIFIED:
        line += ", not verified"
    if brings:
        more = f", {len(brings) - MOST_NEW} more" if len(brings) > MOST_NEW else ""
        line += f"\n  new: {', '.join(brings[:MOST_NEW])}{more}"
    return line


def exports_lines(exports: Exports, *, key_id: str, problems: Sequence[Problem] = (), following: str) -> Iterator[str]:
    """Write the closing lines.

    Args:
        exports: The counts.
        key_id: The short id of the key behind the pseudonyms; empty where nothing was to be redacted.
        problems: Workflow modules that did not load.
        following: The next command, empty for none.
    """
    yield _headline(exports)
    if key_id and exports.secrets:
        kinds = ", ".join(f"{count:,} x {kind}" for kind, count in exports.secrets.most_common())
        yield f"Redacted: {kinds} (key {key_id})"
    if raw := exports.checks[Check.NOT_REDACTED]:
        yield f"NOT REDACTED: {plural(raw, 'history holds', 'histories hold')} secrets and personal data as they were."
    if replayed := exports.checks[Check.REPLAYED]:
        yield f"Checked: {plural(replayed, 'history replays', 'histories replay')} redacted as before."
    for problem in problems:
        yield f"Not loaded: {problem.what}"
    for reason, count in sorted(exports.unverified.items()):
        yield f"Not verified: {plural(count, 'redacted history', 'redacted histories')} ({reason})"
    if exports.slowed:
        yield f"The server asked to slow down {plural(exports.slowed, 'time', 'times')}; all was asked again."
    if following:
        yield f"Next:  {following}"


def _headline(exports: Exports) -> str:
    said = [f"{plural(exports.exported, 'history', 'histories')} exported"]
    if exports.familiar:
        said.append(f"{exports.familiar:,} bring nothing new")
    if exports.there:
        said.append(f"{exports.there:,} already there")
    if exports.dropped:
        said.append(f"{plural(exports.dropped, 'duplicate', 'duplicates')} dropped")
    if exports.failed:
        said.append(f"{exports.failed:,} failed")
    if exports.exported:
        said[0] += f" ({size_text(exports.bytes)}, {exports.seconds:.1f} s)"
    return ", ".join(said)


def exported_json(
    path: str, identity: Identity, events: int, checked: Checked, brings: Sequence[str]
) -> dict[str, Any]:
    """Write one history as an entry of the report."""
    return {
        "path": path,
        "workflowType": identity.workflow_type,
        "workflowId": identity.workflow_id,
        "runId": identity.run_id,
        "events": events,
        "check": checked.check.value,
        "reason": checked.reason or None,
        "brings": list(brings),
    }


def exports_json(
    entries: Sequence[dict[str, Any]], exports: Exports, *, key_id: str, problems: Sequence[Problem] = ()
) -> dict[str, Any]:
    """Write the whole report."""
    return {
        "version": 1,
        "histories": list(entries),
        "summary": {
            "exported": exports.exported,
            "familiar": exports.familiar,
            "alreadyThere": exports.there,
            "duplicates": exports.dropped,
            "failed": exports.failed,
            "bytes": exports.bytes,
            "seconds": round(exports.seconds, 3),
            "redacted": dict(exports.secrets),
            "redactionKey": key_id or None,
            "checks": {check.value: count for check, count in exports.checks.items()},
            "unverified": dict(exports.unverified),
            "slowedDown": exports.slowed,
            "notLoaded": [problem_json(problem) for problem in problems],
        },
    }
