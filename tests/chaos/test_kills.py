"""Real deaths: worker processes and servers are killed, and what stands for a death in process is held against them."""

import asyncio
import gc
import subprocess
import sys
import weakref
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, ExternalStorage

from examples.encrypted.chaos import REPORT
from examples.encrypted.codec import EncryptionCodec, data_converter
from examples.order_saga.chaos import ORDER
from replaykit.adapters.chaos.carrying import NotCarried, carry, put_down
from replaykit.adapters.chaos.deaths import open_deaths
from replaykit.adapters.chaos.killing import open_killing
from replaykit.adapters.chaos.lanes import Ran
from replaykit.adapters.chaos.made_here import made_here
from replaykit.adapters.chaos.opening import open_sweep
from replaykit.adapters.chaos.outages import open_fragile, run_without_workers
from replaykit.adapters.chaos.parking import ParkingPlugin, parked
from replaykit.jobs.chaos import sweep
from replaykit.jobs.chaos_events import Swept, Wanted
from replaykit.model.chaos import Boundary, Effect, End, FaultPlan, Place, RunResult, Sighting, Strike
from replaykit.model.chaos_report import ChaosReport, Equivalence, Violation
from replaykit.model.scenario import Scenario
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.equivalence import equivalences, twins
from replaykit.rules.chaos.invariants import judge_run
from replaykit.rules.chaos.kinds import whole_run
from replaykit.rules.chaos.plans import singles
from tests.chaos.mortal_workflows import HURRIED, NOTE, REMITTANCE, TRIP, Trip, book, remembering
from tests.chaos.runs import plan
from tests.codecs import FolderDriver, ParcelCodec

pytestmark = pytest.mark.long

CRASHES = frozenset({"crash_before", "crash_after"})
DEATHS = ("kill_before", "kill_after", "kill_task")


@dataclass(frozen=True)
class Deaths:
    """Runs whose worker was killed, the baseline, and what stands for a death where there is something."""

    base: RunResult
    killed: dict[FaultPlan, RunResult]
    equivalences: tuple[Equivalence, ...]
    deaths: int


def deaths(scenario: Scenario, directory: Path, *, emulations: frozenset[str] = CRASHES) -> Deaths:
    """Kill a scenario's worker at every boundary of its baseline, and run the emulations beside."""

    async def runs() -> Deaths:
        async with open_sweep(scenario, directory) as sweep, open_killing(scenario, sweep, directory) as killing:
            base = (await sweep.run(FaultPlan())).result
            strikes = singles(base.sightings, [KINDS[name] for name in DEATHS])
            plans = [FaultPlan((strike,)) for strike in strikes]
            killed = dict(zip(plans, [ran.result for ran in await killing.run(plans)], strict=True))
            pairs = twins(base.sightings, emulations)
            emulated = [ran.result for ran in await asyncio.gather(*(sweep.run(one) for one, _ in pairs))]
            compared = [(one, killed[death]) for one, (_, death) in zip(emulated, pairs, strict=True)]
            return Deaths(base, killed, equivalences(compared), killing.deaths)

    return asyncio.run(runs())


def swept(scenario: Scenario, directory: Path, *faults: str) -> ChaosReport:
    async def report() -> ChaosReport:
        wanted = Wanted(faults=faults, jobs=8, pairs=False)
        events = [event async for event in sweep(scenario, wanted, directory=directory)]
        assert isinstance(events[-1], Swept)
        return events[-1].report

    return asyncio.run(report())


def committed(result: RunResult) -> Counter[str]:
    return Counter(f"{effect.name} {effect.step} {effect.attempt}" for effect in result.committed)


def test_one_kill_of_the_worker_strikes_the_order_saga_at_every_boundary(tmp_path: Path) -> None:
    died = deaths(ORDER, tmp_path)
    assert died.deaths == 1
    # Three activities before and after, three tasks that ask for them, and the one that ends the run.
    assert Counter(next(iter(each.strikes)).fault for each in died.killed) == {
        "kill_before": 3,
        "kill_after": 3,
        "kill_task": 4,
    }
    for under, result in died.killed.items():
        assert set(under.strikes) == result.fired
        assert judge_run(result, died.base, ORDER).findings == ()
    assert died.equivalences == (Equivalence("crash_before", 3), Equivalence("crash_after", 3))
    charge = Boundary(Place.ACTIVITY, "charge")
    done = committed(died.base)
    assert committed(died.killed[plan(charge, "kill_after")]) == done + Counter({"charge activity charge #1 2": 1})
    assert committed(died.killed[plan(charge, "kill_before")])["charge activity charge #1 1"] == 0


def test_two_kills_strike_one_run_one_after_the_other(tmp_path: Path) -> None:
    charge, reserve = (Boundary(Place.ACTIVITY, name) for name in ("charge", "reserve"))
    both = FaultPlan((Strike(charge, "kill_after"), Strike(reserve, "kill_before")))

    async def killed() -> tuple[RunResult, int]:
        async with open_sweep(ORDER, tmp_path) as sweep, open_killing(ORDER, sweep, tmp_path) as killing:
            [ran] = await killing.run([both])
            return ran.result, killing.deaths

    result, count = asyncio.run(killed())
    assert (result.fired, count, result.end) == (frozenset(both.strikes), 2, End.COMPLETED)
    ledger = committed(result)
    assert [ledger[f"charge activity charge #1 {attempt}"] for attempt in (1, 2)] == [1, 1]
    assert [ledger[f"reserve activity reserve #1 {attempt}"] for attempt in (1, 2)] == [0, 1]


@pytest.mark.deep
def test_what_was_done_before_a_kill_is_in_the_ledger_and_done_again_after_it(tmp_path: Path) -> None:
    died = deaths(TRIP, tmp_path, emulations=frozenset({*CRASHES, "task_lost"}))
    first, second = (Boundary(Place.ACTIVITY, "book", nth) for nth in (1, 2))
    once = Counter({"book activity book #1 1": 1, "book activity book #2 1": 1})
    assert committed(died.base) == once
    assert committed(died.killed[plan(first, "kill_after")]) == once + Counter({"book activity book #1 2": 1})
    assert committed(died.killed[plan(second, "kill_after")]) == once + Counter({"book activity book #2 2": 1})
    assert committed(died.killed[plan(first, "kill_before")]) == Counter(
        {"book activity book #1 2": 1, "book activity book #2 1": 1}
    )
    assert committed(died.killed[plan(Boundary(Place.TASK, "timer #1"), "kill_task")]) == once
    assert died.equivalences == (
        Equivalence("task_lost", 4),
        Equivalence("crash_before", 2),
        Equivalence("crash_after", 2),
    )


def test_a_kill_strikes_local_activities_and_children(tmp_path: Path) -> None:
    died = deaths(NOTE, tmp_path)
    note = Boundary(Place.LOCAL_ACTIVITY, "book")
    child = Boundary(Place.ACTIVITY, "book", within="child workflow Trip #1")
    for under, result in died.killed.items():
        assert set(under.strikes) == result.fired, under
        assert result.end is End.COMPLETED
    # A local activity dies with its workflow task, and runs again as a first attempt.
    ledger = committed(died.killed[plan(note, "kill_after")])
    assert ledger["book local activity book #1 1"] == 2
    ledger = committed(died.killed[plan(child, "kill_after")])
    assert ledger["book child workflow Trip #1: activity book #1 2"] == 1
    assert [each.differing for each in died.equivalences] == [(), ()]


def test_memory_that_dies_with_the_process_is_shown_by_a_kill_alone_and_the_emulation_is_named(tmp_path: Path) -> None:
    report = swept(REMITTANCE, tmp_path, "crash_before", "crash_after", "kill_before", "kill_after")
    [finding] = report.findings
    remit = Boundary(Place.ACTIVITY, "remit")
    assert (finding.violation, finding.result.plan) == (Violation.DUPLICATED, plan(remit, "kill_after"))
    # It was killed again, three times, and came each time.
    assert not finding.flaky
    assert report.equivalences == (
        Equivalence("crash_before", 1),
        Equivalence("crash_after", 1, ("activity remit #1 (other effects)",)),
    )
    assert report.unverified == ()


def test_a_scenario_that_is_not_carried_is_swept_without_kills_and_the_report_says_why(tmp_path: Path) -> None:
    report = swept(replace(REMITTANCE, activities=lambda: remembering()), tmp_path, "error_before", "kill")  # noqa: PLW0108 - a lambda is meant
    assert {strike.fault for judged in report.judged for strike in judged.result.plan.strikes} == {"error_before"}
    [note] = report.unverified
    assert note.startswith("real SIGKILLs of workers, and emulations against them: Scenario.activities cannot be")


def test_a_server_killed_once_under_many_runs_takes_none_of_them_along(tmp_path: Path) -> None:
    async def runs() -> tuple[RunResult, list[Ran], int]:
        async with open_fragile(TRIP, tmp_path) as (server, sweep):
            base = (await sweep.run(FaultPlan())).result
            at = [sighting.boundary for sighting in base.sightings]
            ran = await server.run(sweep, [plan(each, "server_killed") for each in (*at, whole_run().boundary)])
            return base, ran, server.deaths

    base, ran, killed = asyncio.run(runs())
    assert killed == 1
    # Two activities, four workflow tasks, and the run as a whole.
    assert len(ran) == 7
    for each in ran:
        assert each.result.fired == set(each.result.plan.strikes), each.result.plan
        assert judge_run(each.result, base, TRIP).findings == ()
        assert each.result.normal == base.normal
        assert committed(each.result) == committed(base)


@pytest.mark.parametrize(("scenario", "attempts"), [(HURRIED, 0), (TRIP, 2)], ids=["timeout", "no timeout"])
def test_activities_that_nobody_takes_up_time_out_or_wait(scenario: Scenario, attempts: int, tmp_path: Path) -> None:
    async def runs() -> RunResult:
        async with open_sweep(scenario, tmp_path) as sweep:
            return (await run_without_workers(scenario, sweep, plan(whole_run().boundary, "no_workers"))).result

    result = asyncio.run(runs())
    assert result.fired == set(result.plan.strikes)
    assert result.end is End.COMPLETED
    assert len(result.committed) == attempts
    assert (result.result == "nobody came") is (attempts == 0)


def test_a_scenario_that_cannot_be_pickled_is_not_carried_and_the_field_is_named() -> None:
    def local() -> Sequence[object]:
        return [book]

    with pytest.raises(NotCarried, match=r"Scenario\.activities cannot be pickled: .*local"):
        carry(Scenario(workflow=Trip, activities=local))  # type: ignore[arg-type] # never called


def test_arguments_of_the_worker_that_cannot_be_pickled_are_named() -> None:
    with pytest.raises(
        NotCarried, match=r"Scenario\.worker cannot be pickled; a function that makes it can be: .*lambda"
    ):
        carry(replace(TRIP, worker={"on_fatal_error": lambda _error: None}))


def test_a_scenario_that_another_process_cannot_load_is_not_killed_and_the_reason_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "fickle_scenario.py"
    file.write_text("from temporalio import activity\n@activity.defn\nasync def book(name: str) -> str: return name\n")
    monkeypatch.syspath_prepend(tmp_path)
    scenario = replace(TRIP, activities=[__import__("fickle_scenario").book])
    file.write_text("raise RuntimeError('here it is another one')\n")

    async def runs() -> tuple[list[Ran | None], str]:
        async with open_sweep(scenario, tmp_path) as sweep, open_deaths(scenario, sweep, tmp_path) as died:
            assert died.why_not == ""
            return await died.run([plan(Boundary(Place.ACTIVITY, "book"), "kill_after")]), died.why_not

    ran, why_not = asyncio.run(runs())
    monkeypatch.delitem(sys.modules, "fickle_scenario")
    assert ran == [None]
    assert why_not.startswith("another process cannot load it")
    assert "here it is another one" in why_not


def test_what_only_the_parent_needs_may_be_a_lambda() -> None:
    scenario = replace(TRIP, args=lambda name: [name], invariants=[lambda _run: True], accepts=lambda _run: True)
    assert put_down(carry(scenario)).workflow is Trip


def test_a_data_converter_is_carried_with_all_that_it_was_made_of(tmp_path: Path) -> None:
    failures = DefaultFailureConverterWithEncodedAttributes
    storage = ExternalStorage(drivers=[FolderDriver(tmp_path)])
    converter = DataConverter(payload_codec=ParcelCodec(), failure_converter_class=failures, external_storage=storage)
    there = put_down(carry(replace(TRIP, data_converter=converter))).data_converter
    assert isinstance(there.payload_codec, ParcelCodec)
    assert isinstance(there.failure_converter, failures)
    assert [driver.name() for driver in there.external_storage.drivers] == ["folder"]


SCRIPT = """
from temporalio import activity
from replaykit.adapters.chaos.carrying import NotCarried, carry
from replaykit.model.scenario import Scenario

@activity.defn
async def alone() -> None: ...

try:
    carry(Scenario(workflow="Alone", activities=[alone]))
except NotCarried as why:
    print(why)
"""


def test_a_scenario_of_the_script_that_was_started_is_not_carried() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert "put it into a module" in done.stdout


def test_a_module_that_no_search_path_leads_to_is_loaded_from_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "lonely_scenario.py"
    file.write_text("async def act() -> None: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    lonely = __import__("lonely_scenario")
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != str(tmp_path)])
    carried = carry(Scenario(workflow="Alone", activities=[lonely.act]))
    assert carried.modules == (("lonely_scenario", str(file.resolve())),)
    monkeypatch.delitem(sys.modules, "lonely_scenario")
    [act] = put_down(carried).activities  # type: ignore[misc] # a list here
    assert act.__code__.co_filename == str(file.resolve())


def result(
    fault: str, *, end: End = End.COMPLETED, normal: Sequence[str] = (), effects: Sequence[Effect] = ()
) -> RunResult:
    strike = Strike(Boundary(Place.ACTIVITY, "charge"), fault)
    return RunResult(
        FaultPlan((strike,)), "w", end, fired=frozenset({strike}), normal=tuple(normal), effects=tuple(effects)
    )


@pytest.mark.parametrize(
    ("killed", "how"),
    [
        (result("kill_after", normal=["b", "a"]), ""),
        (result("kill_after", normal=["a"]), "another history"),
        (result("kill_after", end=End.HUNG, normal=["a", "b"]), "the one completed, the other hung"),
        (replace(result("kill_after", normal=["a", "b"]), fired=frozenset()), "one of them did not strike"),
    ],
)
def test_an_emulation_that_differs_from_a_death_is_named_with_the_place(killed: RunResult, how: str) -> None:
    [found] = equivalences([(result("crash_after", normal=["a", "b"]), killed)])
    assert found == Equivalence("crash_after", 1, (f"activity charge #1 ({how})",) if how else ())


def test_only_what_can_be_injected_is_held_against_a_death() -> None:
    seen = [Sighting(Boundary(Place.ACTIVITY, "charge")), Sighting(Boundary(Place.TASK, "timer #1"))]
    assert [str(emulated) for emulated, _ in twins(seen, {"crash_after", "task_fails"})] == [
        "activity charge #1: crash_after"
    ]


def test_what_cannot_be_pickled_is_made_anew_in_the_other_process() -> None:
    with pytest.raises(NotCarried, match=r"Scenario\.data_converter cannot be pickled; a function that makes it"):
        carry(replace(REPORT, data_converter=data_converter()))
    carried = put_down(carry(REPORT))
    assert isinstance(made_here(carried).data_converter.payload_codec, EncryptionCodec)


def test_what_is_parked_is_held_until_its_process_dies() -> None:
    """A task that nothing leads to is collected, and goes on with an error: the SDK would fail its workflow task."""

    async def parking() -> bool:
        plugin = ParkingPlugin()
        codec = plugin.configure_client({"data_converter": DataConverter.default})["data_converter"].payload_codec  # type: ignore[typeddict-item]  # what it looks at
        assert codec is not None
        result = parked("run").successful.commands[0].complete_workflow_execution.result
        task = weakref.ref(asyncio.ensure_future(codec.encode([result])))
        await asyncio.sleep(0)
        gc.collect()
        await asyncio.sleep(0)
        held = task()
        assert held is not None
        waiting = not held.done()
        held.cancel()
        return waiting

    assert asyncio.run(parking())
