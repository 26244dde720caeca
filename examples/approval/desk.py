"""The editor's desk: one SQLite file of what was published, said and withdrawn, each once per key."""

import sqlite3
from contextlib import closing
from pathlib import Path


class Desk:
    """Everything that left the approval for the world."""

    def __init__(self, database: Path) -> None:
        self._database = database
        database.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as notes:
            notes.execute("CREATE TABLE IF NOT EXISTS notes (key TEXT PRIMARY KEY, kind TEXT, text TEXT)")

    def put(self, key: str, kind: str, text: str) -> None:
        """Note something; the first note under a key stays."""
        with closing(self._connect()) as notes, notes:
            notes.execute("INSERT OR IGNORE INTO notes VALUES (?, ?, ?)", (key, kind, text))

    def kinds(self, prefix: str) -> list[str]:
        """The kinds of all notes whose key begins with a prefix, in the order of their keys."""
        with closing(self._connect()) as notes:
            rows = notes.execute("SELECT kind FROM notes WHERE instr(key, ?) = 1 ORDER BY key", (prefix,))
            return [kind for (kind,) in rows]

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._database, timeout=30)
