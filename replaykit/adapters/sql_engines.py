"""An engine of SQLAlchemy notes what its connections commit."""

import time
from typing import Any, TypeAlias

from replaykit.adapters.effects import append, digest, row_of, watching

# SQLAlchemy is the team's, where they have it: no types of it are here.
_Sql: TypeAlias = Any

_SAID, _DONE = "replaykit_said", "replaykit_committed"
_CHANGES = frozenset({"insert", "update", "delete", "replace", "merge"})


def watch_engine(engine: _Sql, event: _Sql, *, name: str, key: str, idempotency_key: str) -> None:
    """Listen to an engine.

    SQLAlchemy tells of a commit before it is made, and of nothing after it; that it was made shows in what comes next
    on the connection: another transaction, or its way back to the pool.
    """

    def executed(connection: _Sql, cursor: _Sql, statement: str, parameters: _Sql, *_more: object) -> None:
        made(connection.info)
        if cursor.rowcount and statement.lstrip().partition(" ")[0].lower() in _CHANGES:
            connection.info.setdefault(_SAID, []).append([statement, repr(parameters)])

    def commits(connection: _Sql) -> None:
        said = connection.info.pop(_SAID, None)
        scope = watching()
        if not said or scope is None:
            return
        scope.count += 1
        scope.before(scope.count)
        row = row_of(scope, name, key=key, idempotency_key=idempotency_key, input_digest=digest(said))
        append(scope.ledger, {**row, "row": "begin", "at": time.time()})
        connection.info[_DONE] = scope.ledger, row

    def made(info: _Sql) -> None:
        ledger, row = info.pop(_DONE, (None, None))
        if ledger is not None:
            append(ledger, {**row, "row": "commit", "at": time.time()})

    def taken_back(connection: _Sql) -> None:
        connection.info.pop(_SAID, None)
        connection.info.pop(_DONE, None)

    event.listen(engine, "after_cursor_execute", executed)
    event.listen(engine, "commit", commits)
    event.listen(engine, "begin", lambda connection: made(connection.info))
    event.listen(engine, "rollback", taken_back)
    event.listen(engine, "checkin", lambda _connection, record: made(record.info))
