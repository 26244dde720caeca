"""Commits of sqlite3 and SQLAlchemy are effects without any declaration, and obey the rules of declared ones."""

import contextlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from temporalio import activity

from replaykit import Scenario, effect, sql_effects
from replaykit.adapters.effects import EffectScope, effects_of
from replaykit.errors import ConfigInvalid
from replaykit.model.chaos import Boundary, FaultPlan, Place
from replaykit.model.chaos_report import Violation
from replaykit.rules.chaos.invariants import judge_run
from tests.chaos.asking import Asking
from tests.chaos.runs import plan, run_all, step

ADD = "INSERT INTO orders VALUES (?)"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with one empty table."""
    path = tmp_path / "orders.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE orders (id TEXT)")
        connection.execute("CREATE TABLE once (id TEXT PRIMARY KEY)")
    return path


def noted(tmp_path: Path, work: Callable[[], object]) -> list[str]:
    """Do something as an attempt does it, and tell the rows of the ledger."""
    ledger = tmp_path / "ledger.jsonl"
    ledger.touch()
    with effects_of(EffectScope(str(ledger), "w", "activity store #1", 1)):
        work()
    lines = ledger.read_text(encoding="utf-8").splitlines()
    return ["begin" if '"row":"begin"' in line else "commit" for line in lines]


def in_transaction(connection: sqlite3.Connection) -> None:
    connection.execute(ADD, ("17",))
    connection.commit()


def in_block(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute(ADD, ("17",))


def by_cursor(connection: sqlite3.Connection) -> None:
    connection.cursor().execute(ADD, ("17",))
    connection.commit()


def by_statement(connection: sqlite3.Connection) -> None:
    connection.executemany(ADD, [("17",), ("18",)])
    connection.execute("COMMIT")


def by_script(connection: sqlite3.Connection) -> None:
    connection.executescript("INSERT INTO orders VALUES ('17');")


def by_itself(connection: sqlite3.Connection) -> None:
    connection.isolation_level = None
    connection.execute(ADD, ("17",))


def rolled_back(connection: sqlite3.Connection) -> None:
    connection.execute(ADD, ("17",))
    connection.rollback()
    connection.commit()


def fails_in_block(connection: sqlite3.Connection) -> None:
    with contextlib.suppress(ZeroDivisionError), connection:
        connection.execute(ADD, ("17",))
        raise ZeroDivisionError


def only_reads(connection: sqlite3.Connection) -> None:
    connection.execute("SELECT * FROM orders").fetchall()
    connection.commit()


@pytest.mark.parametrize("work", [in_transaction, in_block, by_cursor, by_statement, by_script, by_itself])
def test_commit_of_a_connection_is_one_effect(
    work: Callable[[sqlite3.Connection], None], database: Path, tmp_path: Path
) -> None:
    with closing(sql_effects(sqlite3.connect(database), name="orders")) as connection:
        assert noted(tmp_path, lambda: work(connection)) == ["begin", "commit"]
    with closing(sqlite3.connect(database)) as other:
        assert other.execute("SELECT count(*) FROM orders").fetchone()[0] >= 1


@pytest.mark.parametrize("work", [rolled_back, fails_in_block, only_reads])
def test_what_commits_nothing_is_none(
    work: Callable[[sqlite3.Connection], None], database: Path, tmp_path: Path
) -> None:
    with closing(sql_effects(sqlite3.connect(database), name="orders")) as connection:
        assert noted(tmp_path, lambda: work(connection)) == []


def test_commit_inside_a_declared_effect_is_that_effect(database: Path, tmp_path: Path) -> None:
    engine = sql_effects(sqlalchemy.create_engine(f"sqlite:///{database}"), name="orders")

    def work() -> None:
        with closing(sql_effects(sqlite3.connect(database), name="orders")) as connection, effect("store"):
            in_transaction(connection)
        with effect("store"), engine.begin() as connection:
            connection.execute(sqlalchemy.text("INSERT INTO orders VALUES ('17')"))

    assert noted(tmp_path, work) == ["begin", "commit"] * 2
    engine.dispose()


def test_commit_of_an_engine_is_one_effect_and_a_rollback_none(database: Path, tmp_path: Path) -> None:
    engine = sql_effects(sqlalchemy.create_engine(f"sqlite:///{database}"), name="orders")
    add = sqlalchemy.text("INSERT INTO orders VALUES ('17')")

    def commits() -> None:
        with engine.begin() as connection:
            connection.execute(add)
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("SELECT * FROM orders")).fetchall()
            connection.commit()
        with engine.connect() as connection:
            connection.execute(add)
            connection.rollback()

    assert noted(tmp_path, commits) == ["begin", "commit"]
    engine.dispose()


def test_nothing_is_noted_outside_of_a_chaos_run(database: Path) -> None:
    engine = sql_effects(sqlalchemy.create_engine(f"sqlite:///{database}"), name="orders")
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("INSERT INTO orders VALUES ('17')"))
    with closing(sql_effects(sqlite3.connect(database), name="orders")) as plain:
        in_transaction(plain)
        assert plain.execute("SELECT count(*) FROM orders").fetchone() == (2,)
    engine.dispose()


def test_other_databases_are_refused_with_words() -> None:
    with pytest.raises(ConfigInvalid, match=r"sql_effects does not know a builtins\.str"):
        sql_effects("postgres://", name="orders")


class Store:
    """Activities that write to a database."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self.engine = sql_effects(sqlalchemy.create_engine(f"sqlite:///{database}"), name="orders")

    def _open(self) -> sqlite3.Connection:
        opened: sqlite3.Connection = sql_effects(sqlite3.connect(self._database), name="orders")
        return opened

    @activity.defn
    def store(self, text: str) -> str:
        with closing(self._open()) as connection, connection:
            connection.execute(ADD, (text,))
        return "stored"

    @activity.defn
    def store_by_engine(self, text: str) -> str:
        with self.engine.begin() as connection:
            connection.execute(sqlalchemy.text("INSERT INTO orders VALUES (:id)"), {"id": text})
        return "stored"

    @activity.defn
    def store_once(self, _text: str) -> str:
        with closing(self._open()) as connection, connection:
            connection.execute("INSERT OR IGNORE INTO once VALUES (?)", (activity.info().workflow_id,))
        return "stored"

    @activity.defn
    def store_two(self, text: str) -> str:
        return self.store(text) + self.store_by_engine(text)

    @property
    def all(self) -> list[Any]:
        """The activities."""
        return [self.store, self.store_by_engine, self.store_once, self.store_two]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("store", ["duplicated"]), ("store_by_engine", ["duplicated"]), ("store_once", [])],
)
def test_commit_repeated_after_a_crash_is_a_duplicate_unless_it_changes_nothing(
    name: str, expected: list[str], database: Path, tmp_path: Path
) -> None:
    store = Store(database)
    scenario = Scenario(workflow=Asking, args=[name, "17"], activities=store.all)
    baseline, result = run_all(scenario, tmp_path, [FaultPlan(), plan(step(name), "crash_after")])
    assert len(baseline.committed) == 1
    assert [finding.violation for finding in judge_run(result, baseline, scenario).findings] == expected
    store.engine.dispose()


def test_crash_strikes_between_two_commits(database: Path, tmp_path: Path) -> None:
    store = Store(database)
    scenario = Scenario(workflow=Asking, args=["store_two", "17"], activities=store.all)
    between = Boundary(Place.EFFECT, "store_two", part=2)
    baseline, result = run_all(scenario, tmp_path, [FaultPlan(), plan(between, "crash_between")])
    [finding] = judge_run(result, baseline, scenario).findings
    assert finding.violation is Violation.DUPLICATED
    assert "3 commits, 2 allowed" in finding.what
    store.engine.dispose()
