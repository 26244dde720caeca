"""Every form of the report of a real sweep of the order saga."""

import asyncio
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from examples.order_saga.activities import OrderActivities
from examples.order_saga.models import Order
from examples.order_saga.shop import Shop
from examples.order_saga.workflows import OrderSaga
from replaykit.jobs.chaos import sweep
from replaykit.jobs.chaos_events import Swept, Wanted
from replaykit.model.chaos import Boundary, FaultPlan, Place, Strike
from replaykit.model.chaos_report import ChaosReport
from replaykit.model.scenario import Scenario
from replaykit.report.chaos_html import chaos_html
from replaykit.report.chaos_json import chaos_json
from replaykit.report.chaos_junit import chaos_junit
from replaykit.report.chaos_timeline import timeline_lines
from replaykit.report.paint import PLAIN
from tests.chaos.test_chaos_page import Shape

pytestmark = pytest.mark.long

FAULTS = ("error_before", "task_fails")
# One crash, for every one of them waits for a timeout.
CRASH = FaultPlan((Strike(Boundary(Place.ACTIVITY, "charge"), "crash_after"),))


async def report_of(scenario: Scenario) -> ChaosReport:
    # To its end: a sweep left half way is cleared away only when its loop is, and that waits for its workers.
    events = [event async for event in sweep(scenario, Wanted(faults=FAULTS, plans=(CRASH,), pairs=False))]
    last = events[-1]
    assert isinstance(last, Swept)
    return last.report


def test_a_real_sweep_is_told_in_every_form(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop.db")
    shop.restock("kettle", 10**6)
    does = OrderActivities(shop)
    scenario = Scenario(
        workflow=OrderSaga,
        args=[Order("17", "a", "tok", "kettle", 1, 42)],
        activities=[does.charge, does.refund, does.reserve, does.release, does.notify],
        failures=["OrderRolledBack"],
    )
    report = asyncio.run(report_of(scenario))
    commands = ["replaykit chaos examples/order_saga"] * len(report.findings)
    crashed = next(
        judged
        for judged in report.judged
        if [(s.at.name, s.fault, s.persistent) for s in judged.result.plan.strikes]
        == [("charge", "crash_after", False)]
    )
    lines = list(timeline_lines(crashed, paint=PLAIN))
    places = [
        next(n for n, line in enumerate(lines) if sign in line) for sign in ("starts", "$ charge committed", "⚡")
    ]
    assert places == sorted(places), "\n".join(lines)
    document = chaos_json(report, commands=commands, exit_code=0)
    assert json.loads(json.dumps(document)) == document
    [suite] = ET.fromstring(chaos_junit(report, commands=commands))  # noqa: S314 - our own text
    assert suite.get("tests") == str(len({judged.result.plan for judged in report.judged}))
    runs = json.loads(Shape(chaos_html(report, commands=commands)).data)["runs"]
    assert len(runs) == len(report.judged) + 1
