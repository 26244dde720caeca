"""An invoice that goes by the customer's address: whose own it is, and whether two are one."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Bill:
    """Whom an invoice goes to, who asked for it, and what it says."""

    customer: str
    asked_by: str
    note: str = ""
    by_domain: bool = False


@activity.defn
async def send(bill: Bill) -> str:
    return f"sent to {bill.customer}"


@activity.defn
async def confirm(bill: Bill) -> str:
    return f"confirmed to {bill.asked_by}"


@activity.defn
async def book(bill: Bill) -> str:
    return f"booked for {bill.customer}"


@workflow.defn
class Invoice:
    @workflow.run
    async def run(self, bill: Bill) -> str:
        if bill.by_domain and bill.customer.endswith("@shop.test"):
            return await workflow.execute_activity(book, bill, start_to_close_timeout=SOON)
        sent = await workflow.execute_activity(send, bill, start_to_close_timeout=SOON)
        if bill.asked_by != bill.customer:
            await workflow.execute_activity(confirm, bill, start_to_close_timeout=SOON)
        return sent
