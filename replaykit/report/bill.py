"""What answers of models cost, in a few words that never claim more than is known."""

from decimal import ROUND_DOWN, Decimal

from replaykit.rules.usage import Bill

SMALLEST = Decimal("0.000001")
CENT = Decimal("0.01")


def bill_text(bill: Bill, *, saved: bool, priced: bool) -> str:
    """Say how many answers are a model's, and what they cost.

    Args:
        bill: What they cost.
        saved: Whether that was saved, for they were played.
        priced: Whether there was a price list.
    """
    known = bill.answers - bill.unpriced
    said = f"{bill.tokens:,} tokens"
    if not known:
        return f"{said}, price unknown" + ("" if priced else " without temporal-replaykit[prices]")
    said += f", {dollars_text(bill.dollars)}" + (" saved" if saved else "")
    return said + (f"; {bill.unpriced} of unknown price" if bill.unpriced else "")


def dollars_text(dollars: Decimal) -> str:
    """Write an amount of dollars to two digits that count, rounded down."""
    if dollars >= 1:
        return f"about ${dollars.quantize(CENT, ROUND_DOWN):,}"
    if 0 < dollars < SMALLEST:
        return f"less than ${SMALLEST:f}"
    step = Decimal(1).scaleb(min(dollars.adjusted() - 1, -2)) if dollars else CENT
    return f"about ${dollars.quantize(step, ROUND_DOWN):f}"
