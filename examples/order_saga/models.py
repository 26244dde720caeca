"""The values that pass between an order's workflow and its activities."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Order:
    """What the customer asked for."""

    order_id: str
    customer: str
    card: str
    sku: str
    quantity: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class OrderResult:
    """What the customer got."""

    order_id: str
    charge_id: str
    reservation_id: str


@dataclass(frozen=True, slots=True)
class Charge:
    """Take money from a card, once per key."""

    key: str
    card: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """Set goods aside, once per key."""

    key: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Tell the customer something, once per key."""

    key: str
    customer: str
    text: str


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back the step that was done under this key, if it was done."""

    key: str
