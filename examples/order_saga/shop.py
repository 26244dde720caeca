"""The shop's books: one SQLite file in which a repeated key changes nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .models import Charge, Notice, Reservation

_TABLES = """
CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY, quantity INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS charges (key TEXT PRIMARY KEY, card TEXT, amount_cents INTEGER, undone INTEGER);
CREATE TABLE IF NOT EXISTS reservations (key TEXT PRIMARY KEY, sku TEXT, quantity INTEGER, undone INTEGER);
CREATE TABLE IF NOT EXISTS notices (key TEXT PRIMARY KEY, customer TEXT, text TEXT);
"""


class AlreadyUndoneError(Exception):
    """The step was taken back before it was done: an attempt came too late."""


class CardDeclinedError(Exception):
    """The bank said no."""


class OutOfStockError(Exception):
    """The shelf holds less than the order wants."""


class Shop:
    """Stock, charges, reservations and notices of one shop."""

    def __init__(self, database: Path) -> None:
        self._database = database
        database.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as books:
            books.executescript(_TABLES)

    def restock(self, sku: str, quantity: int) -> None:
        """Put `quantity` pieces of `sku` on the shelf, whatever lay there before."""
        with closing(self._connect()) as books, books:
            books.execute("INSERT OR REPLACE INTO stock VALUES (?, ?)", (sku, quantity))

    def charge(self, charge: "Charge") -> None:
        """Take the money; a key that was refunded already is refused."""
        if charge.card == "tok_declined":
            message = f"the bank declined {charge.amount_cents} cents"
            raise CardDeclinedError(message)
        with closing(self._connect()) as books, books:
            books.execute(
                "INSERT OR IGNORE INTO charges VALUES (?, ?, ?, 0)",
                (charge.key, charge.card, charge.amount_cents),
            )
            (undone,) = books.execute("SELECT undone FROM charges WHERE key = ?", (charge.key,)).fetchone()
            _refuse_undone(charge.key, undone=undone)

    def refund(self, key: str) -> None:
        """Give the money back, or mark the key so that a late charge is refused."""
        with closing(self._connect()) as books, books:
            books.execute(
                "INSERT INTO charges VALUES (?, NULL, 0, 1) ON CONFLICT (key) DO UPDATE SET undone = 1",
                (key,),
            )

    def reserve(self, wanted: "Reservation") -> None:
        """Set the goods aside; a key that was released already is refused."""
        with closing(self._connect()) as books, books:
            books.execute("BEGIN IMMEDIATE")
            known = books.execute("SELECT undone FROM reservations WHERE key = ?", (wanted.key,)).fetchone()
            if known is not None:
                _refuse_undone(wanted.key, undone=known[0])
                return
            taken = books.execute(
                "UPDATE stock SET quantity = quantity - :n WHERE sku = :sku AND quantity >= :n",
                {"sku": wanted.sku, "n": wanted.quantity},
            )
            if not taken.rowcount:
                message = f"fewer than {wanted.quantity} of {wanted.sku} left"
                raise OutOfStockError(message)
            books.execute("INSERT INTO reservations VALUES (?, ?, ?, 0)", (wanted.key, wanted.sku, wanted.quantity))

    def release(self, key: str) -> None:
        """Put the goods back, or mark the key so that a late reservation is refused."""
        with closing(self._connect()) as books, books:
            books.execute("BEGIN IMMEDIATE")
            books.execute("INSERT OR IGNORE INTO reservations VALUES (?, NULL, 0, 0)", (key,))
            books.execute(
                "UPDATE stock SET quantity = stock.quantity + held.quantity FROM reservations AS held"
                " WHERE held.key = ? AND held.sku = stock.sku AND NOT held.undone",
                (key,),
            )
            books.execute("UPDATE reservations SET undone = 1 WHERE key = ?", (key,))

    def note(self, notice: "Notice") -> None:
        """Put the notice into the outbox, once."""
        with closing(self._connect()) as books, books:
            books.execute("INSERT OR IGNORE INTO notices VALUES (?, ?, ?)", (notice.key, notice.customer, notice.text))

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._database, timeout=30)


def _refuse_undone(key: str, *, undone: bool) -> None:
    if undone:
        raise AlreadyUndoneError(key)
