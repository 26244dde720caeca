"""Runs are chosen on a real server, by each option."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from replaykit.adapters.choosing import chosen, survey
from replaykit.adapters.connect import Connection
from replaykit.adapters.rate import Rate
from replaykit.adapters.visibility import count, retention, runs
from replaykit.errors import NamespaceMissing, QueryInvalid
from replaykit.model.history import RunStatus
from replaykit.model.run import Run
from replaykit.model.selection import Selection
from replaykit.rules.sample import sampled
from replaykit.rules.strata import Share
from tests.namespaces import BUILD_ID, FAST, OPEN, RETENTION, RUNS, filled
from tests.recording import Server


@dataclass(frozen=True, slots=True)
class Filled:
    """The filled namespace, and its list, in the order that the server gives."""

    server: Server
    connection: Connection
    all: Sequence[Run]

    def choose(self, selection: Selection) -> list[Run]:
        async def gather(_: object) -> list[Run]:
            return [run async for run in chosen(self.connection, selection, rate=Rate(FAST))]

        return self.server.run(gather)

    def ids(self, selection: Selection) -> list[str]:
        return [run.identity.workflow_id for run in self.choose(selection)]

    def survey(self, selection: Selection) -> tuple[Share, ...]:
        return self.server.run(lambda _: survey(self.connection, selection, rate=Rate(FAST)))

    def count(self, query: str) -> int:
        return self.server.run(lambda _: count(self.connection, query, rate=Rate(FAST)))

    def of(self, workflow_id: str) -> Run:
        return next(run for run in self.all if run.identity.workflow_id == workflow_id)


@pytest.fixture(scope="module")
def namespace(server: Server) -> Filled:
    connection = server.run(filled)

    async def gather(_: object) -> list[Run]:
        return [run async for run in runs(connection, "", rate=Rate(FAST))]

    return Filled(server, connection, server.run(gather))


def test_every_run_is_listed_with_what_visibility_says_of_it(namespace: Filled) -> None:
    for workflow_id, status in {
        "signal-1": RunStatus.OPEN,
        "timer-1": RunStatus.OPEN,
        "done-1": RunStatus.COMPLETED,
        "failed-1": RunStatus.FAILED,
        "cancelled-1": RunStatus.CANCELLED,
        "terminated-1": RunStatus.TERMINATED,
        "late-1": RunStatus.TIMED_OUT,
    }.items():
        run = namespace.of(workflow_id)
        assert run.status is status
        assert run.identity.workflow_type == "Ends"
        assert run.identity.task_queue.startswith("queue-")
        assert run.identity.namespace == namespace.connection.namespace
        assert (run.closed is None) is (status is RunStatus.OPEN)
        assert (run.length == 0) is (status is RunStatus.OPEN)
        assert run.started <= (run.closed or run.started)
    continued = [run.status for run in namespace.all if run.identity.workflow_id == "continued-1"]
    assert sorted(continued) == [RunStatus.COMPLETED, RunStatus.CONTINUED_AS_NEW]


def test_patches_are_listed_sorted(namespace: Filled) -> None:
    patched = {run.identity.workflow_id: run.patches for run in namespace.all if run.patches}
    assert patched == {"patched-1": ("first", "second"), "patched-2": ("first", "second")}


def test_the_build_id_is_that_of_versioned_workers(namespace: Filled) -> None:
    built = {run.identity.workflow_id: run.build_id for run in namespace.all if run.build_id}
    assert built == {"pinned-done": BUILD_ID, "pinned-waiting": BUILD_ID}


@pytest.mark.parametrize("page_size", [1, 3, 1000])
def test_the_list_is_the_same_by_pages_of_any_size(page_size: int, namespace: Filled) -> None:
    async def gather(_: object) -> list[Run]:
        return [run async for run in runs(namespace.connection, "", rate=Rate(FAST), page_size=page_size)]

    assert namespace.server.run(gather) == namespace.all


def test_without_options_every_run_is_chosen_once(namespace: Filled) -> None:
    found = namespace.choose(Selection())
    assert len(found) == len({run.identity.run_id for run in found}) == RUNS


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("WorkflowType = 'Rare'", {"rare-1"}),
        ('WorkflowType="Ends" AND ExecutionStatus="Failed"', {"failed-1"}),
        ("WorkflowId = 'done-1' OR WorkflowId = 'done-2'", {"done-1", "done-2"}),
        ("TemporalChangeVersion = 'first'", {"patched-1", "patched-2"}),
        ("WorkflowId STARTS_WITH 'patched' -- those alone", {"patched-1", "patched-2"}),
        ("WorkflowId IN ('signal-1', 'rare-1', 'no(such')", {"signal-1", "rare-1"}),
    ],
)
def test_a_query_chooses_what_the_server_finds(query: str, found: set[str], namespace: Filled) -> None:
    assert set(namespace.ids(Selection(query=query))) == found
    assert namespace.count(query) == len(found)
    # The other options' conditions leave of it what they leave of all.
    assert set(namespace.ids(Selection(query=query, open_only=True))) == found & OPEN
    assert set(namespace.ids(Selection(query=query, since=0))) == found
    assert set(namespace.ids(Selection(query=query, since=4e9))) == found & OPEN


def test_open_only_leaves_the_runs_that_a_deploy_can_break(namespace: Filled) -> None:
    assert set(namespace.ids(Selection(open_only=True))) == OPEN
    assert set(namespace.ids(Selection(open_only=True, since=0))) == OPEN


def test_since_leaves_what_is_open_or_was_closed_since(namespace: Filled) -> None:
    failed = namespace.of("failed-1").closed
    assert failed is not None
    later = {run.identity.workflow_id for run in namespace.all if run.closed is None or run.closed >= failed}
    assert {"failed-1", "cancelled-1", *OPEN} <= later
    assert not {"done-1", "patched-2"} & later
    assert set(namespace.ids(Selection(since=failed))) == later
    assert "failed-1" not in namespace.ids(Selection(since=failed + 0.001))


@pytest.mark.parametrize(
    "query",
    [
        "bogus",
        "WorkflowType =",
        "Nope = 'x'",
        "WorkflowType = 'Rare' ORDER BY StartTime",
        "ExecutionStatus = 'Weird'",
        "WorkflowType = 'Rare') OR (WorkflowType = 'Ends'",
    ],
)
@pytest.mark.parametrize("open_only", [False, True])
def test_a_query_that_cannot_be_read_is_told_with_the_syntax(query: str, open_only: bool, namespace: Filled) -> None:  # noqa: FBT001 - a parameter of the test
    with pytest.raises(QueryInvalid) as raised:
        namespace.ids(Selection(query=query, open_only=open_only))
    text = str(raised.value)
    assert query in text
    assert "the syntax is NAME = 'value'" in text
    assert "docs/errors.md#query-invalid" in text


def test_a_query_cannot_loosen_the_other_options(namespace: Filled) -> None:
    hostile = "WorkflowType = 'Rare') OR (WorkflowType = 'Ends'"
    with pytest.raises(QueryInvalid, match="a parenthesis is closed that was not opened"):
        namespace.ids(Selection(query=hostile, open_only=True))
    with pytest.raises(QueryInvalid, match="has no end"):
        namespace.ids(Selection(query="WorkflowType = 'Rare", open_only=True))
    with pytest.raises(QueryInvalid, match="opened and not closed"):
        namespace.ids(Selection(query="(WorkflowType = 'Rare'", open_only=True))
    # Inside strings, parentheses and escaped quotes are the server's own affair.
    assert not namespace.ids(Selection(query=r"WorkflowType = 'a\') OR (b'", open_only=True))
    assert not namespace.ids(Selection(query="WorkflowType = 'it''s ('", open_only=True))


@pytest.mark.parametrize("limit", [0, 1, 5, RUNS, 1000])
def test_a_limit_takes_the_first_of_the_servers_list(limit: int, namespace: Filled) -> None:
    assert namespace.choose(Selection(limit=limit)) == list(namespace.all[:limit])


def test_a_sample_is_the_same_share_every_time(namespace: Filled) -> None:
    half = namespace.choose(Selection(sample=0.5))
    assert half == [run for run in namespace.all if sampled(run.identity.run_id, 0.5)]
    assert set(namespace.choose(Selection(sample=0.25))) <= set(half)
    assert namespace.choose(Selection(sample=0.5, limit=2)) == half[:2]
    assert not namespace.choose(Selection(sample=0.0))


def test_one_run_of_every_stratum_comes_before_two_of_any(namespace: Filled) -> None:
    shares = namespace.survey(Selection(stratify=True))
    strata = [share.layer.stratum for share in shares]
    first = namespace.choose(Selection(stratify=True, limit=len(strata)))
    assert len(first) == len(strata) == 12
    kinds = {(run.identity.workflow_type, run.status, run.patches, run.build_id) for run in first}
    assert kinds == {(run.identity.workflow_type, run.status, run.patches, run.build_id) for run in namespace.all}
    # Runs that wait for a signal and for a timer differ by their last events alone.
    assert {"signal-1", "timer-1"} <= {run.identity.workflow_id for run in first}


def test_open_runs_come_first_the_oldest_before_the_others(namespace: Filled) -> None:
    found = namespace.ids(Selection(stratify=True))
    assert set(found[:3]) == {"pinned-waiting", "signal-1", "timer-1"}
    assert found.index("signal-1") < found.index("signal-2")
    assert found.index("patched-2") < found.index("patched-1")
    assert sorted(found) == sorted(run.identity.workflow_id for run in namespace.all)
    assert set(namespace.ids(Selection(stratify=True, limit=3))) == {"pinned-waiting", "signal-1", "timer-1"}
    assert namespace.ids(Selection(stratify=True, limit=4))[3] == "rare-1"


def test_last_events_are_named_without_ids(namespace: Filled) -> None:
    last = {share.layer.stratum.last for share in namespace.survey(Selection(stratify=True))}
    assert ("started Ends", "activity scheduled look_up", "activity completed look_up") in last
    assert ("activity scheduled look_up", "activity completed look_up", "timer started") in last
    assert ("activity completed look_up", "failed AsAsked") in {parts[-2:] for parts in last if parts}
    assert ("activity completed look_up", "terminated") in {parts[-2:] for parts in last if parts}


def test_a_dry_run_counts_what_would_be_taken(namespace: Filled) -> None:
    for selection in (
        Selection(),
        Selection(limit=4),
        Selection(sample=0.5),
        Selection(stratify=True, limit=7),
        Selection(stratify=True, sample=0.5),
        Selection(query="WorkflowType = 'Ends'", open_only=True),
    ):
        shares = namespace.survey(selection)
        taken = namespace.choose(selection)
        by_kind: Counter[object] = Counter()
        for share in shares:
            stratum = share.layer.stratum
            by_kind[stratum.workflow_type, stratum.status, stratum.patches] += share.taken
        assert +by_kind == Counter((run.identity.workflow_type, run.status, run.patches) for run in taken)
        every = namespace.choose(replace(selection, limit=None, sample=1, stratify=False))
        assert sum(share.layer.found for share in shares) == len(every)


def test_retention_is_the_namespaces(namespace: Filled) -> None:
    assert namespace.server.run(lambda _: retention(namespace.connection, rate=Rate(FAST))) == RETENTION


def test_a_namespace_that_is_not_there_is_told(namespace: Filled) -> None:
    elsewhere = replace(namespace.connection, namespace="nowhere")

    async def first(_: object) -> list[Run]:
        return [run async for run in chosen(elsewhere, Selection(), rate=Rate(FAST))]

    with pytest.raises(NamespaceMissing, match="knows no namespace nowhere"):
        namespace.server.run(first)
    with pytest.raises(NamespaceMissing):
        namespace.server.run(lambda _: retention(elsewhere, rate=Rate(FAST)))
