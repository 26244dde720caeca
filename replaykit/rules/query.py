"""Options become one visibility query, in the syntax that the server reads."""

from datetime import UTC, datetime

from replaykit.errors import QueryInvalid
from replaykit.model.selection import Selection

# Not ExecutionStatus = 'Running': a paused run is open, too.
OPEN = "CloseTime IS NULL"
QUOTES = "'\"`"
LONGEST_SAID = 300
EXAMPLE = "WorkflowType = 'Order' AND StartTime > '2026-11-01T00:00:00Z'"


def query_for(selection: Selection) -> str:
    """Write the query for a selection: the person's own, and the conditions of the other options.

    Raises:
        QueryInvalid: The person's query would end its parentheses early, and so loosen the other conditions.
    """
    condition = _condition(selection)
    asked = selection.query.strip()
    if not asked:
        return condition
    if not condition:
        return asked
    if broken := _unbalanced(asked):
        raise query_invalid(asked, broken)
    # The line break ends a comment that the query may end with.
    return f"({asked}\n) AND ({condition})"


def query_of_shadow(query: str, *, before: float, without: str) -> str:
    """Narrow a person's query to the runs that began by a moment, those of one workflow type left out.

    Raises:
        QueryInvalid: The person's query would end its parentheses early, and so loosen the other conditions.
    """
    condition = f"StartTime <= '{_time(before)}' AND WorkflowType != '{without}'"
    asked = query.strip()
    if not asked:
        return condition
    if broken := _unbalanced(asked):
        raise query_invalid(asked, broken)
    return f"({asked}\n) AND ({condition})"


def _condition(selection: Selection) -> str:
    if selection.open_only:
        return OPEN
    if selection.since is None:
        return ""
    return f"{OPEN} OR CloseTime >= '{_time(selection.since)}'"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _unbalanced(query: str) -> str:
    """Say what is not closed, or closed too early, read as the server reads strings; nothing where all is well."""
    depth, quote, characters = 0, "", iter(query)
    for character in characters:
        if quote:
            if character == "\\" and quote != "`":
                next(characters, "")
            elif character == quote:
                quote = ""
        elif character in QUOTES:
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
            if depth < 0:
                return "a parenthesis is closed that was not opened"
    if quote:
        return f"a string that begins with {quote} has no end"
    return "a parenthesis is opened and not closed" if depth else ""


def query_invalid(query: str, said: str) -> QueryInvalid:
    """Make the error of a query that cannot be read; `said` is why."""
    return QueryInvalid(
        f"The visibility query cannot be used: {' '.join(query.split())}",
        cause=f"{' '.join(said.split())[:LONGEST_SAID]}\n"
        "the syntax is NAME = 'value', with =, !=, <, >=, IN (…), STARTS_WITH, IS NULL, AND, OR and parentheses; "
        "no ORDER BY",
        fix=f'try it first: temporal workflow list --query "{EXAMPLE}"',
    )
