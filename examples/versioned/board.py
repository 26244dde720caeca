"""The board: one SQLite file of posted digests, each once per key."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path


class Board:
    """What the readers see."""

    def __init__(self, database: Path) -> None:
        self._database = database
        database.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as posts:
            posts.execute("CREATE TABLE IF NOT EXISTS posts (key TEXT PRIMARY KEY, text TEXT)")

    def post(self, key: str, headlines: Sequence[str]) -> None:
        """Post a digest; the first one under a key stays."""
        with closing(self._connect()) as posts, posts:
            posts.execute("INSERT OR IGNORE INTO posts VALUES (?, ?)", (key, "\n".join(headlines)))

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._database, timeout=30)
