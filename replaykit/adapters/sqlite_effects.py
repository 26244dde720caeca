"""A connection of sqlite3 that notes what it commits."""

import sqlite3
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any, Self

from replaykit.adapters.effects import DeclaredEffect, effect, watching

_OWN = frozenset({"_connection", "_name", "_key", "_idempotency_key", "_seen", "_said"})
_COMMITS = frozenset({"commit", "end"})
_CHANGES = frozenset({"insert", "update", "delete", "replace", "with"})


class WatchedConnection:
    """Stands for a connection; all that it does not know itself is the connection's."""

    def __init__(self, connection: sqlite3.Connection, name: str, key: str, idempotency_key: str) -> None:
        self._connection = connection
        self._name = name
        self._key = key
        self._idempotency_key = idempotency_key
        # How many rows were changed when last was committed or rolled back, and what was executed since.
        self._seen = connection.total_changes
        self._said: list[object] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the connection's own
        return getattr(self._connection, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in _OWN:
            object.__setattr__(self, name, value)
        else:
            setattr(self._connection, name, value)

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:  # noqa: ANN401 - as sqlite3's
        """Execute a statement, which commits by itself outside of a transaction."""
        return self._executed(self._connection.execute, sql, *parameters)

    def executemany(self, sql: str, parameters: Any) -> sqlite3.Cursor:  # noqa: ANN401 - as sqlite3's
        """Execute a statement many times."""
        return self._executed(self._connection.executemany, sql, parameters)

    def executescript(self, script: str) -> sqlite3.Cursor:
        """Execute statements; sqlite3 commits what is open before them."""
        self.commit()
        with self._effect(script) as declared:
            cursor = self._connection.executescript(script)
            if not self._changed:
                declared.unchanged()
        self._settled()
        return cursor

    def commit(self) -> None:
        """Commit, and note it where anything changed."""
        if not self._changed:
            self._connection.commit()
            self._settled()
            return
        with self._effect(self._said or None):
            self._connection.commit()
        self._settled()

    def rollback(self) -> None:
        """Roll back: nothing was done."""
        self._connection.rollback()
        self._settled()

    def __enter__(self) -> Self:
        """Begin what commits or rolls back at its end."""
        self._connection.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit, or roll back."""
        if kind is not None:
            self.rollback()
            return
        try:
            self.commit()
        except BaseException:
            self.rollback()
            raise

    def _effect(self, said: object) -> AbstractContextManager[DeclaredEffect]:
        if watching() is None:
            return nullcontext(DeclaredEffect())
        return effect(self._name, key=self._key, idempotency_key=self._idempotency_key, input=said)

    @property
    def _changed(self) -> bool:
        return self._connection.total_changes > self._seen

    def _settled(self) -> None:
        self._seen = self._connection.total_changes
        self._said = []

    def _executed(self, run: Any, sql: str, *parameters: Any) -> sqlite3.Cursor:  # noqa: ANN401 - as sqlite3's
        if self._commits(sql.split(None, 1)[0].rstrip(";").lower() if sql.strip() else ""):
            said = [*self._said, [sql, repr(parameters)]]
            with self._effect(said) as declared:
                cursor: sqlite3.Cursor = run(sql, *parameters)
                if not self._changed:
                    declared.unchanged()
            self._settled()
            return cursor
        before = self._connection.total_changes
        cursor = run(sql, *parameters)
        if self._connection.total_changes > before:
            self._said.append([sql, repr(parameters)])
        return cursor

    def _commits(self, word: str) -> bool:
        """Say whether a statement commits by itself: COMMIT does, and in autocommit mode what changes rows."""
        if self._connection.in_transaction:
            return word in _COMMITS and self._changed
        # `autocommit` came with Python 3.12; True is its mode without transactions, LEGACY an int.
        by_itself = self._connection.isolation_level is None or getattr(self._connection, "autocommit", -1) is True
        return by_itself and word in _CHANGES
