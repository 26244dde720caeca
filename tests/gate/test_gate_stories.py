"""A change is made in a git repository and gated: what blocks, what passes, what is not its fault."""

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.corpora import APPROVALS, GREETINGS, stored
from tests.gate.repository import Repository, standings
from tests.stories import changed, line_of, settings, source, steady, swapped

pytestmark = pytest.mark.long

ORDER, APPROVAL, GREETING = source("order"), source("approval"), source("greeting")
RESERVE = "        await workflow.execute_activity(reserve, order, start_to_close_timeout=SOON)\n"
ANNOUNCE = '        await workflow.execute_activity(announce, args=[order, "soon"], start_to_close_timeout=SOON)\n'
WAIT = "        await workflow.wait_condition(lambda: bool(self.decision))\n"
SWAPPED = swapped(ORDER, "execute_activity(charge", "execute_activity(reserve")
# The last completed workflow task has asked for the first activity; what comes after it, no history holds.
CUT = {**json.loads(stored("order-1")), "events": json.loads(stored("order-1"))["events"][:7]}


def shop() -> dict[str, str]:
    """Return the files of a shop with two workflow modules and their histories."""
    histories = {"order-1": stored("order-1"), **{name: stored(name) for name in GREETINGS}}
    return {
        "pyproject.toml": settings("order", "greeting"),
        "order.py": ORDER,
        "greeting.py": GREETING,
        **{f"histories/{name}.json": text for name, text in histories.items()},
    }


def of_order(history: str | None = None) -> dict[str, str]:
    """Return the files of a shop that only has orders, and one history."""
    return {
        "pyproject.toml": settings("order"),
        "order.py": ORDER,
        "histories/order-1.json": history or stored("order-1"),
    }


def of_approval(text: str = APPROVAL) -> dict[str, str]:
    """Return the files of a shop that only has approvals."""
    return {
        "pyproject.toml": settings("approval"),
        "approval.py": text,
        **{f"histories/{name}.json": stored(name) for name in APPROVALS},
    }


def screen(text: str) -> str:
    """Take out of a terminal's text what no two repositories share."""
    return re.sub(r"\b[0-9a-f]{9}\b", "COMMIT", steady(text))


def test_gate_of_swapped_activities(tmp_path: Path, snapshot: Callable[[str], None]) -> None:
    repository = Repository.of(tmp_path, of_order())
    repository.write({"order.py": SWAPPED})
    result = repository.gate()
    snapshot(f"{screen(result.stdout)}{result.stderr}[exit {result.code}]\n")


def test_swapped_activities_are_blocked_with_their_line_and_both_streams(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, shop())
    repository.write({"order.py": SWAPPED})
    result = repository.gate("--format", "json")

    assert (result.code, result.report["exitCode"]) == (1, 1)
    assert standings(result) == {"order-1": "blocked", **dict.fromkeys(GREETINGS, "passed")}
    [order] = [entry for entry in result.report["histories"] if entry["standing"] == "blocked"]
    assert order["judgement"]["divergence"]["new"][0]["site"]["line"] == line_of(SWAPPED, "execute_activity(reserve")
    assert order["judgement"]["divergence"]["remedy"]
    parting = order["parting"]
    assert [side[0]["name"] for side in (parting["base"], parting["head"])] == ["charge", "reserve"]
    assert parting["base"][0]["site"]["path"] == str(repository.directory / "order.py")


def test_only_what_a_change_touches_is_replayed_again(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, {**shop(), "tests/test_shop.py": ""})
    first = repository.gate("--format", "json").report["effort"]
    again = repository.gate("--format", "json")
    repository.write(
        {"greeting.py": f"{GREETING}\n# Said of old.\n", "tests/test_nothing.py": "", "README.md": "A shop.\n"}
    )
    touched = repository.gate("--format", "json").report["effort"]

    assert (first["base"], first["head"], first["cached"]) == (0, 4, 0), "what both read is replayed once"
    assert (again.code, again.report["effort"]["base"], again.report["effort"]["head"]) == (0, 0, 0)
    assert all(entry["cached"] and entry["standing"] == "passed" for entry in again.report["histories"])
    assert (touched["base"], touched["head"], touched["cached"]) == (0, 3, 1)


def test_without_the_cache_both_versions_replay_everything_and_agree(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, of_order())
    cached = repository.gate("--format", "json")
    result = repository.gate("--no-cache", "--format", "json")

    assert standings(result) == standings(cached) == {"order-1": "passed"}
    assert (result.report["effort"]["base"], result.report["effort"]["head"]) == (1, 1)


def test_a_fault_that_base_has_too_is_not_blamed_on_the_change(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, {**of_order(), "order.py": SWAPPED})
    repository.write({"order.py": f"{SWAPPED}\n# A remark.\n"})
    result = repository.gate()

    assert result.code == 3
    assert "Base does not replay it either" in " ".join(result.stdout.split())
    assert "not of the change" in " ".join(result.stdout.split())
    assert "0 passed, 0 drifted, 0 blocked, 1 intrinsic" in result.stdout


def test_a_changed_line_that_no_history_reaches_is_named_and_fails_where_that_is_asked(tmp_path: Path) -> None:
    declines = changed(
        APPROVAL,
        WAIT,
        f'{WAIT}        if self.decision == "no":\n            self.notes.clear()\n            return "no"\n',
    )
    repository = Repository.of(tmp_path, of_approval())
    repository.write({"approval.py": declines})
    result = repository.gate("--min-coverage", "100", "--require-fresh", "1d")

    first = line_of(declines, "self.notes.clear()")
    assert result.code == 1
    assert f"approval.py:{first}-{first + 1} changed, and no history reaches it: self.notes.clear()" in result.stdout
    assert "Failed: --min-coverage 100: 1 of 3 changed lines of workflow code are reached" in result.stdout
    assert "Failed: --require-fresh" in result.stdout
    assert "0 drifted, 0 blocked" in result.stdout
    assert repository.gate().code == 0, "it is named, and fails by choice"


@pytest.fixture
def cut(tmp_path: Path) -> Repository:
    """A repository with one history, whose run has not yet asked for its second activity."""
    return Repository.of(tmp_path, of_order(json.dumps(CUT)))


def test_what_no_history_holds_yet_is_blocked(cut: Repository, snapshot: Callable[[str], None]) -> None:
    cut.write({"order.py": changed(ORDER, RESERVE, ANNOUNCE)})
    result = cut.gate()

    line = line_of(changed(ORDER, RESERVE, ANNOUNCE), '"soon"')
    assert result.code == 1
    assert re.search(rf"^  >  +2  activity announce #1 +order\.py:{line} in Order\.run$", result.stdout, re.MULTILINE)
    assert "Blocked: The history does not show it" in result.stdout
    assert 'if workflow.patched("announce-before-reserve"):' in result.stdout
    snapshot(f"{screen(result.stdout)}{result.stderr}[exit {result.code}]\n")


def test_what_is_guarded_by_a_new_patch_passes_and_is_named(cut: Repository) -> None:
    guarded = f'        if workflow.patched("soon"):\n    {ANNOUNCE}{RESERVE}'
    cut.write({"order.py": changed(ORDER, RESERVE, guarded)})
    result = cut.gate()

    assert result.code == 0
    assert "1 x what head does behind patch `soon` (no history holds it, and base has no such patch)" in result.stdout


def test_the_input_of_a_local_activity_drifts_though_no_history_holds_it(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, of_order())
    repository.write(
        {"order.py": changed(ORDER, "execute_local_activity(label, order,", "execute_local_activity(label, order * 2,")}
    )
    result = repository.gate()

    assert result.code == 1
    assert 'input[0]   base "order-1" → head "order-1order-1"' in result.stdout
    assert repository.gate("--drift", "warn").code == 0


def test_a_workflow_that_head_has_lost_is_blocked_and_one_without_histories_is_named(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, shop())
    repository.write({"pyproject.toml": settings("order")})
    result = repository.gate("--format", "json")

    assert standings(result) == {"order-1": "passed", **dict.fromkeys(GREETINGS, "blocked")}
    assert result.report["notVouchedFor"]["typesWithoutHistory"] == ["Parcel"]


def test_a_history_that_the_change_takes_away_is_named(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, of_approval())
    (repository.directory / "histories/approval-waiting.json").unlink()
    result = repository.gate("--format", "json")

    assert result.report["notVouchedFor"]["removedHistories"] == ["histories/approval-waiting.json"]
    assert result.report["head"]["dirty"]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_whoever_ends_it_finds_no_checkout_left_behind(tmp_path: Path, sent: signal.Signals) -> None:
    marker = tmp_path / "loading"
    hanging = f"import pathlib\nimport time\npathlib.Path({str(marker)!r}).touch()\ntime.sleep(60)\n{ORDER}"
    repository = Repository.of(tmp_path, {**of_order(), "order.py": hanging})

    assert repository.interrupted_gate(marker, sent) == 130
    assert repository.left_behind() == []
