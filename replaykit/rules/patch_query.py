"""The visibility queries that find the runs a patch is about."""

from replaykit.rules.query import OPEN


def open_of(workflow_type: str) -> str:
    """Find the open runs of a workflow type."""
    return f"WorkflowType = {_text(workflow_type)} AND {OPEN}"


def with_any(workflow_type: str) -> str:
    """Find the open runs of a workflow type that hold the marker of any patch."""
    return f"{open_of(workflow_type)} AND TemporalChangeVersion IS NOT NULL"


def marked(workflow_type: str, patch: str) -> str:
    """Find the open runs that hold the marker of a patch, live or deprecated: visibility does not tell which."""
    return f"{_scope(workflow_type)} AND TemporalChangeVersion = {_text(patch)}"


def unmarked(workflow_type: str, patch: str) -> str:
    """Find the open runs without the marker."""
    # A dev server lists runs without any patch for != alone (server 1.32, SQLite); other stores need not.
    asked = f"TemporalChangeVersion IS NULL OR TemporalChangeVersion != {_text(patch)}"
    return f"{_scope(workflow_type)} AND ({asked})"


def without_pinned(query: str) -> str:
    """Leave out of a query the runs that stay with their version."""
    # Of this attribute, unlike TemporalChangeVersion, != does not find runs that have none (server 1.32, SQLite).
    behavior = "TemporalWorkflowVersioningBehavior"
    return f"{query} AND ({behavior} IS NULL OR {behavior} != 'Pinned')"


def _scope(workflow_type: str) -> str:
    return open_of(workflow_type) if workflow_type else OPEN


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
