"""Commits to a database are effects that need no declaration: of sqlite3's connections, and of SQLAlchemy's engines."""

import sqlite3
import sys
from typing import Any, TypeVar, cast, overload

from replaykit.adapters.sql_engines import watch_engine
from replaykit.adapters.sqlite_effects import WatchedConnection
from replaykit.errors import ConfigInvalid

_Engine = TypeVar("_Engine")


@overload
def sql_effects(
    database: sqlite3.Connection, *, name: str, key: str = "", idempotency_key: str = ""
) -> sqlite3.Connection: ...
@overload
def sql_effects(database: _Engine, *, name: str, key: str = "", idempotency_key: str = "") -> _Engine: ...
def sql_effects(database: Any, *, name: str, key: str = "", idempotency_key: str = "") -> Any:
    """Note what activities commit: `db = replaykit.sql_effects(sqlite3.connect(path), name="orders")`.

    A transaction that changed no row, such as INSERT OR IGNORE of what is there already, is no effect; neither is one
    inside a declared `effect`, which is that one. Outside of a chaos run nothing is noted.

    Args:
        database: A connection of sqlite3, or an engine of SQLAlchemy (sync or async); an engine is watched where it is.
        name: What reports call the effect.
        key: What it is done to; by default the step of the workflow, whatever the attempt.
        idempotency_key: Set it where a repetition changes nothing, such as an upsert: commits under one count as one.

    Returns:
        The engine itself; for a connection one to use instead, with the same methods.

    Raises:
        ConfigInvalid: It is neither.
    """
    if isinstance(database, sqlite3.Connection):
        return cast("sqlite3.Connection", WatchedConnection(database, name, key, idempotency_key))
    sqlalchemy = sys.modules.get("sqlalchemy")
    engine = getattr(database, "sync_engine", database)
    # Whoever has an engine has loaded SQLAlchemy.
    if sqlalchemy is not None and isinstance(engine, sqlalchemy.engine.Engine):
        watch_engine(engine, sqlalchemy.event, name=name, key=key, idempotency_key=idempotency_key)
        return database
    raise ConfigInvalid(
        f"sql_effects does not know a {type(database).__module__}.{type(database).__qualname__}.",
        cause="it takes a connection of sqlite3, or an engine of SQLAlchemy",
        fix='declare the effect where it is committed: with replaykit.effect("orders", key=…):',
    )
