"""The command line and the fixture, as a person meets them: real processes in a project of their own."""

import json
from textwrap import dedent
from xml.etree import ElementTree as ET

import pytest

from tests.project import Project

pytestmark = pytest.mark.long

ORDERS = """
    from datetime import timedelta

    from temporalio import activity, workflow

    with workflow.unsafe.imports_passed_through():
        from replaykit import Scenario, effect

    SOON = timedelta(minutes=1)


    @activity.defn
    async def charge(order: str) -> str:
        with effect("charge", key=order, idempotency_key=KEY):
            return order


    @workflow.defn
    class Order:
        @workflow.run
        async def run(self, order: str) -> str:
            return await workflow.execute_activity(charge, order, start_to_close_timeout=SOON)


    ORDER = Scenario(name="order", workflow=Order, args=["order-17"], activities=[charge])
    """
CAREFUL = ORDERS.replace("KEY", "order")
CARELESS = ORDERS.replace("KEY", 'f"{order}/{activity.info().attempt}"')
TESTS = """
    import pytest
    from orders import ORDER


    def test_order(chaos):
        chaos(ORDER, faults="crash").check()


    def test_own_invariant(chaos):
        chaos(ORDER, faults="crash_before", invariants=[lambda run: len(run.committed) == 1]).check()


    @pytest.mark.chaos(faults="crash_before,heartbeat_stops")
    def test_each(chaos, chaos_fault):
        chaos(ORDER, faults=chaos_fault).check()


    async def asynchronous(chaos):
        chaos(ORDER, faults="crash_before").check()


    def test_inside_a_running_loop(chaos):
        import asyncio

        asyncio.run(asynchronous(chaos))
    """
PROJECT = Project({"pyproject.toml": "[tool.replaykit]\n"})


def project(orders: str) -> Project:
    return PROJECT.with_files({"orders.py": dedent(orders), "test_orders.py": dedent(TESTS)})


@pytest.fixture(scope="module")
def swept() -> Project:
    """The careless project after a sweep, the plan it saved beside it."""
    result = project(CARELESS).run_cli(
        "chaos", "orders.py", "--faults", "crash", "--no-pairs", "--search", "0", "--junit", "r.xml", "--html", "r.html"
    )
    assert result.code == 1, result.stderr
    assert "DUPLICATED  effect charge, key order-17: 2 commits, 1 allowed" in result.stdout
    [plan] = [name for name in result.files if name.startswith("plans/")]
    assert f"--plan {plan} --explain" in result.stdout
    suite = ET.fromstring(result.files["r.xml"])  # noqa: S314 - our own
    assert any("DUPLICATED" in (failure.text or "") for failure in suite.iter("failure"))
    assert "<title>order: chaos report</title>" in result.files["r.html"]
    return project(CARELESS).with_file(plan, result.files[plan])


def test_a_plan_that_was_saved_runs_alone_and_explains_itself(swept: Project) -> None:
    [plan] = [name for name in swept.files if name.startswith("plans/")]
    result = swept.run_cli("chaos", "orders:ORDER", "--plan", plan, "--explain")
    assert result.code == 1
    assert "⚡ " in result.stdout
    assert "idempotency key order-17/2" in result.stdout


def test_a_plan_that_was_saved_runs_first_and_passes_once_the_bug_is_mended(swept: Project) -> None:
    mended = swept.with_file("orders.py", dedent(CAREFUL))
    result = mended.run_cli("chaos", "orders.py", "--faults", "task", "--no-pairs", "--search", "0", "--format", "json")
    assert result.code == 0, result.stdout + result.stderr
    [sweep] = result.report["sweeps"]
    [saved] = [name for name in swept.files if name.startswith("plans/")]
    strikes = json.loads(str(swept.files[saved]))["strikes"]
    assert strikes[0]["fault"] in json.dumps(sweep["runs"][0])


def test_a_plan_whose_boundary_is_gone_is_no_pass(swept: Project) -> None:
    [plan] = [name for name in swept.files if name.startswith("plans/")]
    renamed = CAREFUL.replace("def charge", "def bill").replace("(charge,", "(bill,").replace("[charge]", "[bill]")
    moved = swept.with_file("orders.py", dedent(renamed))
    result = moved.run_cli("chaos", "orders.py", "--plan", plan)
    assert result.code == 3
    assert "NOT FIRED" in result.stdout


def test_tests_with_the_fixture_pass_where_all_holds_and_skip_what_cannot_happen() -> None:
    result = project(CAREFUL).run_pytest("-q", "-rs")
    assert result.code == 0, result.stdout
    assert "4 passed, 1 skipped" in result.stdout
    assert "Nothing of what is asked for can happen to order." in result.stdout


def test_a_test_with_the_fixture_fails_with_the_finding_and_keeps_its_plan_beside_it() -> None:
    result = project(CARELESS).run_pytest("-q", "-k", "test_order")
    assert result.code == 1
    assert "DUPLICATED  effect charge, key order-17: 2 commits, 1 allowed" in result.stdout
    assert any(name.startswith("plans/test_orders/test_order/duplicated-charge") for name in result.files)


def test_faults_are_listed_with_what_they_do_and_where() -> None:
    result = PROJECT.run_cli("chaos", "--list-faults")
    assert result.code == 0
    assert "crash_after  [crash]  at: activity" in result.stdout
    assert "the worker dies after the activity's work, before it is reported" in result.stdout


def test_a_fault_nobody_knows_is_refused() -> None:
    result = project(CAREFUL).run_cli("chaos", "orders.py", "--faults", "crush")
    assert result.code == 2
    assert "There is no fault or group of faults 'crush'." in result.stderr
