"""A shadow on the embedded server: it counts each run once, stops where it should, and leaves what reproduces."""

import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Worker as SdkWorker

from replaykit.adapters.rate import Rate
from replaykit.adapters.shadow.activities import Activities
from replaykit.adapters.shadow.following import Following, begin
from replaykit.adapters.shadow.workflow import Shadow
from replaykit.jobs.shadow_judging import OTHERS
from replaykit.model.shadow import Asked, Report
from replaykit.rules.sample import sampled
from tests.recording import Server
from tests.shadow.shadows import LONGEST, Ended, Town, Worker, chain_of, counted_by, runs_of, town

pytestmark = pytest.mark.long

GREETINGS, TALLIES, WAITING = 6, 10, 2
ALL = GREETINGS + 2 * TALLIES + WAITING
# The code is one generation ahead of the greetings, and knows no approvals.
CODE = ("-w", "tests.workflows.greeting_after", "-w", "tests.workflows.tally")


@dataclass(frozen=True, slots=True)
class First:
    """The first shadow of all runs, and what its worker's counters said right after it."""

    ended: Ended
    counters: Mapping[str, int]


@pytest.fixture(scope="module")
def here(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Town:
    directory = tmp_path_factory.mktemp("shadow")
    return server.run(lambda client: town(client, directory, greetings=GREETINGS, tallies=TALLIES, waiting=WAITING))


@pytest.fixture(scope="module")
def working(here: Town) -> Iterator[Worker]:
    running = here.worker("worker", *CODE)
    try:
        yield running
    finally:
        assert running.end() == 0, running.log.read_text("utf-8")
        assert "Ended: what was under way goes to another worker." in running.log.read_text("utf-8")


@pytest.fixture(scope="module")
def first(here: Town, working: Worker) -> First:
    ended = here.shadow("--id", "first", "--shard-size", "5")
    return First(ended, working.counters())


def test_every_run_of_the_namespace_gets_exactly_one_verdict(here: Town, first: First, server: Server) -> None:
    summary = first.ended.report["summary"]
    assert first.ended.code == 1, first.ended.stderr
    assert (summary["clean"], summary["diverged"]) == (2 * TALLIES, GREETINGS)
    assert summary["skips"] == {OTHERS: WAITING}
    assert (summary["listed"], summary["sampled"], summary["left"]) == (ALL, ALL, 0)
    assert first.ended.report["ended"] == "all judged"

    counted = server.run(lambda _: counted_by(here.connection, "first"))
    assert Counter(judged.run_id for judged in counted) == Counter(server.run(lambda _: runs_of(here.connection)))


def test_the_counters_that_prometheus_scrapes_are_the_counts_of_the_report(first: First) -> None:
    summary = first.ended.report["summary"]
    names = ("replayed", "clean", "drifted", "diverged", "inconclusive", "skipped")
    assert first.counters == {name: summary[name] for name in names}


def test_findings_of_one_cause_are_one_and_their_histories_reproduce_it(here: Town, first: First) -> None:
    [cluster] = first.ended.report["clusters"]
    assert (cluster["verdict"], cluster["count"]) == ("diverged", GREETINGS)

    again = here.run("replay", "shadow-findings", "--format", "json", "--processes", "1", *CODE)
    assert again.code == 1, again.stderr
    [same] = again.report["clusters"]
    assert same["headline"] == cluster["headline"]
    assert len(again.report["histories"]) == GREETINGS
    assert cluster["example"] in {history["path"] for history in again.report["histories"]}


def test_findings_and_the_report_are_redacted(here: Town, first: First) -> None:
    files = [path.read_text("utf-8") for path in (here.directory / "shadow-findings").rglob("*.json")]
    assert len(files) == GREETINGS
    assert not any("@shop.test" in text for text in (*files, first.ended.stdout))


@pytest.mark.usefixtures("working")
def test_a_sample_is_the_same_share_as_that_of_an_export(here: Town, server: Server) -> None:
    query = "WorkflowType = 'Tally'"
    ended = here.shadow("--id", "sampled", "--query", query, "--sample", "0.5")
    runs = server.run(lambda _: runs_of(here.connection, query))
    counted = server.run(lambda _: counted_by(here.connection, "sampled"))
    assert {judged.run_id for judged in counted} == {run for run in runs if sampled(run, 0.5)}
    assert ended.report["summary"]["listed"] == 2 * TALLIES
    assert ended.code == 0


@pytest.mark.usefixtures("working")
def test_a_shadow_continues_as_new_and_still_counts_each_run_once(here: Town, server: Server) -> None:
    query = "WorkflowType = 'Tally'"
    small = ("--shard-size", "2", "--shards-at-once", "2", "--continue-after", "3", "--limit", "15")
    ended = here.shadow("--id", "continued", "--query", query, *small)
    assert ended.report["ended"] == "limit"
    assert ended.report["summary"]["clean"] == ended.report["summary"]["sampled"] == 15

    counted = server.run(lambda _: counted_by(here.connection, "continued"))
    assert len({judged.run_id for judged in counted}) == len(counted) == 15
    assert len(server.run(lambda _: chain_of(here.connection, "continued"))) >= 3


@pytest.mark.usefixtures("working")
def test_the_first_divergence_stops_it_and_what_is_left_is_counted_as_left(here: Town) -> None:
    one = ("--shard-size", "1", "--shards-at-once", "1")
    ended = here.shadow("--id", "divergence", "--query", "WorkflowType = 'Greeting'", "--until-first-divergence", *one)
    summary = ended.report["summary"]
    assert ended.report["ended"] == "first divergence"
    assert (summary["diverged"], summary["left"]) == (1, GREETINGS - 1)
    assert ended.code == 1


@pytest.mark.usefixtures("working")
def test_time_stops_it_and_every_run_it_listed_is_judged_or_left(here: Town) -> None:
    ended = here.shadow("--id", "time", "--for", "0.001s")
    summary = ended.report["summary"]
    assert ended.report["ended"] == "time"
    assert summary["total"] + summary["skipped"] + summary["left"] == summary["sampled"]


def test_ctrl_c_leaves_it_running_and_says_how_to_come_back_and_a_stop_gives_a_report(
    here: Town, server: Server
) -> None:
    queue = "nobody-polls-it-yet"
    server.run(lambda _: begin(here.connection, Asked(), workflow_id="left", task_queue=queue))
    following = subprocess.Popen(
        here.command("shadow", "follow", "left"), cwd=here.directory, env=here.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert following.stderr is not None
    assert following.stderr.readline() == "Shadow left runs.\n"
    following.send_signal(signal.SIGINT)
    _, said = following.communicate(timeout=LONGEST)
    assert following.returncode == 130
    assert said == (
        "It goes on. Back to it:  replaykit shadow follow left\nStop it:     replaykit shadow stop left\nInterrupted.\n"
    )

    async def stopped(client: Client) -> Report:
        del client
        await Following(here.connection, "left").stop("asked to")
        activities = Activities(here.connection, Rate(), judge=None)  # type: ignore[arg-type]  # a stopped one judges nothing
        async with SdkWorker(
            here.connection.client, task_queue=queue, workflows=[Shadow], activities=[activities.list_runs]
        ):
            return await Following(here.connection, "left").report()

    report = server.run(stopped)
    assert (report.ended, report.tally.total) == ("asked to", 0)


def test_the_shadows_own_histories_replay_clean(here: Town, first: First, server: Server) -> None:
    del first
    own = here.directory / "own"
    own.mkdir()
    for name in ("first", "continued", "divergence", "time", "left"):
        for number, events in enumerate(server.run(lambda _, name=name: chain_of(here.connection, name))):  # type: ignore[misc]  # a default binds it
            (own / f"{name}-{number}.json").write_text(WorkflowHistory(name, events).to_json(), "utf-8")
    replayed = here.run("replay", "own", "--format", "json", "-p", "1", "-w", "replaykit.adapters.shadow.workflow")
    assert replayed.code == 0, replayed.stdout
    assert replayed.report["summary"]["clean"] >= 7


def test_a_report_is_read_by_people_findings_first(here: Town, first: First) -> None:
    del first
    shown = here.run("shadow", "follow", "first")
    lines = shown.stdout.splitlines()
    assert lines[0].startswith("DIVERGED  Greeting · greeting-")
    assert f"  {GREETINGS - 1} other histories diverge here for the same reason." in lines
    assert f"Skipped: {WAITING} x {OTHERS}" in lines
    assert lines[-1].endswith("replaykit replay shadow-findings")
    assert shown.code == 1
