"""Documents, vectors and results of all jobs: one SQLite file in which a repeated write changes nothing."""

import sqlite3
import struct
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS documents (job_id TEXT, name TEXT, text TEXT, PRIMARY KEY (job_id, name));
CREATE TABLE IF NOT EXISTS vectors (job_id TEXT, name TEXT, vector BLOB, PRIMARY KEY (job_id, name));
CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, job_id TEXT, analysis TEXT);
"""


class Store:
    """The pipeline's memory between its steps."""

    def __init__(self, database: Path) -> None:
        self._database = database
        database.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as tables:
            tables.executescript(_TABLES)

    def put_documents(self, job_id: str, texts: Mapping[str, str]) -> None:
        """Keep the documents of a job."""
        with closing(self._connect()) as tables, tables:
            tables.executemany(
                "INSERT OR REPLACE INTO documents VALUES (?, ?, ?)",
                [(job_id, name, text) for name, text in texts.items()],
            )

    def documents(self, job_id: str) -> dict[str, str]:
        """The documents of a job by name, in the order of their names."""
        with closing(self._connect()) as tables:
            rows = tables.execute("SELECT name, text FROM documents WHERE job_id = ? ORDER BY name", (job_id,))
            return dict(rows.fetchall())

    def put_vector(self, job_id: str, name: str, vector: Sequence[float]) -> None:
        """Keep the vector of a document as little-endian float32."""
        packed = struct.pack(f"<{len(vector)}f", *vector)
        with closing(self._connect()) as tables, tables:
            tables.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", (job_id, name, packed))

    def put_result(self, key: str, job_id: str, analysis: str) -> None:
        """Keep a result; the first one written under a key stays."""
        with closing(self._connect()) as tables, tables:
            tables.execute("INSERT OR IGNORE INTO results VALUES (?, ?, ?)", (key, job_id, analysis))

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._database, timeout=30)
