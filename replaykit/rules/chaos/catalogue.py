"""Every fault of a sweep by its stable name: where it can strike, how it is injected, and what it entitles a run to."""

from collections.abc import Mapping
from types import MappingProxyType

from replaykit.model.chaos import Place, Trait
from replaykit.rules.chaos.kinds import Entitles, FaultKind, Fidelity, Group, of_what_ends
from replaykit.rules.chaos.possible import requirements
from replaykit.rules.llm_faults.catalogue import FAULTS as LLM_FAULTS

_ACTIVITY = frozenset({Place.ACTIVITY})
_ANY_ACTIVITY = frozenset({Place.ACTIVITY, Place.LOCAL_ACTIVITY})
_TASK = frozenset({Place.TASK})
_RUN = frozenset({Place.RUN})
_REQUEST = frozenset({Place.REQUEST})


def _kinds() -> tuple[FaultKind, ...]:
    here, wire, kill = Fidelity.IN_PROCESS, Fidelity.PROXY, Fidelity.KILL
    fail, cancel = Entitles.FAIL, Entitles.CANCEL
    any_, act = _ANY_ACTIVITY, _ACTIVITY
    return (
        # From here on the order is the order of simplicity: a shrunk plan uses the first that shows the finding.
        FaultKind(
            "error_before",
            "7",
            Group.ERROR,
            any_,
            here,
            "the attempt fails before it did anything",
            fail,
            persists=True,
        ),
        FaultKind(
            "error_after", "7", Group.ERROR, any_, here, "the attempt did its work and then fails", fail, persists=True
        ),
        FaultKind(
            "fatal_before", "7", Group.ERROR, any_, here, "the activity fails for good before it did anything", fail
        ),
        FaultKind(
            "fatal_after", "7", Group.ERROR, any_, here, "the activity did its work and then fails for good", fail
        ),
        FaultKind(
            "retry_later", "7", Group.ERROR, act, here, "the attempt fails and asks for its next in an hour", fail
        ),
        FaultKind(
            "crash_before",
            "1",
            Group.CRASH,
            act,
            here,
            "the worker dies after the activity started, before it did anything",
        ),
        FaultKind(
            "crash_after",
            "2",
            Group.CRASH,
            act,
            here,
            "the worker dies after the activity's work, before it is reported",
            persists=True,
        ),
        FaultKind(
            "crash_between",
            "3",
            Group.CRASH,
            frozenset({Place.EFFECT, Place.REQUEST}),
            here,
            "the worker dies between two effects or requests of an activity",
            unless=frozenset({Trait.FIRST}),
        ),
        FaultKind(
            "heartbeat_stops",
            "6",
            Group.TIMEOUT,
            act,
            here,
            "the attempt heartbeats once and is never heard of again",
            needs=frozenset({Trait.HEARTBEATS}),
        ),
        FaultKind(
            "zombie",
            "5",
            Group.TIMEOUT,
            act,
            here,
            "the attempt times out and does its work after the next attempt has",
        ),
        FaultKind("task_fails", "13", Group.TASK, _TASK, here, "the workflow task fails once"),
        FaultKind(
            "evict",
            "14, 20",
            Group.TASK,
            _RUN,
            here,
            "the workflow is replayed from its history at every workflow task",
        ),
        FaultKind(
            "cancel_before",
            "15",
            Group.CANCEL,
            any_,
            here,
            "a cancel arrives while the activity runs, before its work",
            cancel,
        ),
        FaultKind(
            "cancel_after",
            "15",
            Group.CANCEL,
            any_,
            here,
            "a cancel arrives after the activity's work, before it is reported",
            cancel,
        ),
        FaultKind(
            "cancel_with_result",
            "15",
            Group.CANCEL,
            act,
            here,
            "a cancel and the activity's result arrive in one workflow task",
            cancel,
        ),
        FaultKind(
            "cancel_races",
            "16, 20",
            Group.CANCEL,
            _TASK,
            here,
            "a cancel arrives while the workflow task is under way",
            cancel,
        ),
        FaultKind(
            "signal_before", "15", Group.SIGNAL, any_, here, "a signal arrives while the activity runs, before its work"
        ),
        FaultKind(
            "signal_after",
            "15",
            Group.SIGNAL,
            any_,
            here,
            "a signal arrives after the activity's work, before it is reported",
        ),
        FaultKind(
            "signal_races",
            "16, 17, 20",
            Group.SIGNAL,
            _TASK,
            here,
            "a signal arrives while the workflow task is under way",
        ),
        FaultKind(
            "query_during", "19", Group.QUERY, _TASK, here, "a query arrives while the workflow task is under way"
        ),
        FaultKind(
            "update_repeated",
            "18",
            Group.UPDATE,
            _RUN,
            here,
            "every update of the scenario is sent twice under one id",
            needs=frozenset({Trait.UPDATES}),
        ),
        FaultKind(
            "wrong_type",
            "24",
            Group.ANSWER,
            any_,
            here,
            "the activity's result is of another type",
            fail,
            needs=frozenset({Trait.RETURNS, Trait.UNTRUSTED}),
        ),
        FaultKind(
            "missing_field",
            "24",
            Group.ANSWER,
            any_,
            here,
            "the activity's result lacks its first field",
            fail,
            needs=frozenset({Trait.RETURNS_OBJECT, Trait.UNTRUSTED}),
        ),
        FaultKind(
            "parent_terminated",
            "21",
            Group.CRASH,
            act,
            here,
            "the parent is terminated while its child's activity runs",
            fail,
            needs=frozenset({Trait.CHILD}),
        ),
        FaultKind("completion_twice", "8", Group.WIRE, act, wire, "the activity's completion arrives twice"),
        FaultKind("completion_late", "8", Group.WIRE, act, wire, "the activity's completion arrives after its timeout"),
        FaultKind(
            "completion_response_lost",
            "9",
            Group.WIRE,
            act,
            wire,
            "the activity's completion arrives, and its worker never learns",
        ),
        FaultKind(
            "task_lost",
            "10, 11",
            Group.WIRE,
            _TASK,
            wire,
            "the worker dies before the workflow task's completion arrives",
        ),
        FaultKind(
            "task_response_lost",
            "12",
            Group.WIRE,
            _TASK,
            wire,
            "the workflow task's completion arrives, and its worker never learns",
        ),
        FaultKind(
            "update_in_lost_task",
            "18",
            Group.WIRE,
            _TASK,
            wire,
            "an update arrives during a workflow task that is lost",
            needs=frozenset({Trait.UPDATES}),
        ),
        FaultKind(
            "kill_before",
            "4",
            Group.KILL,
            any_,
            kill,
            "the worker's process is killed after the activity started, before it did anything",
        ),
        FaultKind(
            "kill_after",
            "4",
            Group.KILL,
            any_,
            kill,
            "the worker's process is killed after the activity's work, before it is reported",
        ),
        FaultKind(
            "kill_task",
            "4",
            Group.KILL,
            _TASK,
            kill,
            "the worker's process is killed before it completes the workflow task",
        ),
        FaultKind(
            "server_killed", "22", Group.SERVER, _RUN, kill, "the server is killed and starts again on its database"
        ),
        FaultKind(
            "no_workers",
            "23",
            Group.SERVER,
            _RUN,
            here,
            "no worker polls for longer than any schedule-to-start timeout",
            fail,
        ),
        *(
            FaultKind(
                name,
                "LLM",
                Group.LLM,
                _REQUEST,
                Fidelity.HTTP,
                _summary(name),
                fail,
                needs=frozenset({Trait.MODEL}) | requirements(name),
                persists=True,
            )
            for name in LLM_FAULTS
        ),
    )


def _summary(name: str) -> str:
    said = (LLM_FAULTS[name].__doc__ or name).strip().splitlines()[0]
    return said.removeprefix("Make ").rstrip(".")


ALL: tuple[FaultKind, ...] = tuple(map(of_what_ends, _kinds()))
"""All faults, the simplest first."""

KINDS: Mapping[str, FaultKind] = MappingProxyType({kind.name: kind for kind in ALL})
"""All faults by name, in the same order."""

RANK: Mapping[str, int] = MappingProxyType({name: rank for rank, name in enumerate(KINDS)})


def kind_of(fault: str) -> FaultKind:
    """Return the kind of a fault, which may be written with arguments: `rate_limited(retry_after=1)`."""
    return KINDS[fault.partition("(")[0]]
