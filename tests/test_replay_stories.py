"""A workflow is changed, its recorded history replayed: each change gets its verdict, step, line and exit code."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.stories import (
    before,
    changed,
    judgement,
    key,
    line_of,
    project,
    source,
    swapped,
    without,
)

ORDER = source("order")
APPROVAL = source("approval")
TALLY = source("tally")
GREETING = source("greeting")
WAIT = "await workflow.wait_condition(lambda: bool(self.decision))"
INSPECT = 'await workflow.execute_activity("inspect", order, start_to_close_timeout=SOON)'


@pytest.fixture
def replayed(recorded: Mapping[str, str]) -> Any:  # noqa: ANN401 - a function
    """Replay one recorded history against a module's text: exit code and the reported judgement."""

    def replay(module: str, text: str, history: str) -> tuple[int, Any]:
        result = project({module: text}, {history: recorded[history]}).run_cli(
            "replay", "histories", "--format", "json"
        )
        assert result.report["exitCode"] == result.code, result.stderr
        return result.code, judgement(result, history)

    return replay


def diverged(entry: Any) -> tuple[str, tuple[str, str, int] | None, tuple[str, str, int] | None, int | None]:  # noqa: ANN401 - any JSON
    """Reduce a divergence to its shape, the recorded step, the new step, and the line that issued the new one."""
    assert entry["verdict"] == "diverged", entry
    divergence = entry["divergence"]
    recorded = divergence["recorded"][0] if divergence["recorded"] else None
    new = divergence["new"][0] if divergence["new"] else None
    site = new["site"] if new else None
    return (
        divergence["shape"],
        key(recorded) if recorded else None,
        key(new) if new else None,
        site["line"] if site else None,
    )


def drifted(entry: Any) -> list[tuple[tuple[str, str, int], int | None, str, str | None, str | None]]:  # noqa: ANN401 - any JSON
    """Reduce drifts to step, line, and each change's path and both sides."""
    assert entry["verdict"] == "drifted", entry
    return [
        (key(drift["new"]), (drift["new"]["site"] or {}).get("line"), change["path"], change["recorded"], change["new"])
        for drift in entry["drifts"]
        for change in drift["changes"]
    ]


def test_unchanged_code_is_clean_whatever_the_run_did(recorded: Mapping[str, str]) -> None:
    names = ["order-1", "order-1-parcel", "approval-waiting", "approval-noted", "approval-done", "tally",
             "tally-continued", "greeting-unpatched", "greeting-patched"]  # fmt: skip
    modules = {name: source(name) for name in ("order", "approval", "tally", "greeting")}
    result = project(modules, {name: recorded[name] for name in names}, processes=2).run_cli(
        "replay", "histories", "--format", "json"
    )
    assert {entry["path"]: entry["verdict"] for entry in result.report["histories"]} == {
        f"histories/{name}.json": "clean" for name in names
    }
    assert result.code == 0


def test_a_clean_replay_says_so_and_names_the_next_command(recorded: Mapping[str, str]) -> None:
    result = project({"tally": TALLY}, {"tally": recorded["tally"]}).run_cli("replay", "histories")
    assert result.code == 0
    assert "1 history" in result.stdout
    assert "1 clean, 0 drifted, 0 diverged, 0 inconclusive" in result.stdout
    assert "Next:  put it into CI: pytest --replay-histories histories" in result.stdout
    assert not result.stderr


def test_swapped_steps_diverge_at_the_first_of_them(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = swapped(ORDER, "(charge, args", "(reserve, order,")
    code, entry = replayed("order", text, "order-1")
    line = line_of(text, "(reserve, order,")
    assert diverged(entry) == ("reordered", ("activity", "charge", 1), ("activity", "reserve", 1), line)
    assert entry["divergence"]["number"] == 1
    assert entry["divergence"]["recorded"][0]["eventId"] == 5
    assert entry["divergence"]["core"]["error"]
    assert code == 1


def test_an_added_activity_diverges_where_it_was_added(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = before(ORDER, "(reserve, order,", INSPECT)
    code, entry = replayed("order", text, "order-1")
    shape, recorded, new, line = diverged(entry)
    assert shape in {"inserted", "replaced"}
    assert (recorded, new) == (("activity", "reserve", 1), ("activity", "inspect", 1))
    assert line == line_of(text, INSPECT)
    assert [key(step) for step in entry["divergence"]["before"]] == [("activity", "charge", 1)]
    assert code == 1


def test_a_removed_activity_diverges_where_it_was(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = without(ORDER, "(reserve, order,")
    code, entry = replayed("order", text, "order-1")
    _, recorded, new, line = diverged(entry)
    assert (recorded, new) == (("activity", "reserve", 1), ("local activity", "label", 1))
    assert line == line_of(text, "(label, order,")
    assert entry["divergence"]["number"] == 2
    assert code == 1


def test_a_removed_last_activity_means_the_run_ends_early(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = without(ORDER, "(announce, args")
    code, entry = replayed("order", text, "order-1")
    line = line_of(text, "return receipt")
    assert diverged(entry) == ("ends early", ("activity", "announce", 1), ("complete", "", 1), line)
    assert entry["divergence"]["number"] == 6
    assert code == 1


def test_a_renamed_activity_diverges_and_both_names_are_told(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(changed(ORDER, "def reserve(", "def book("), "(reserve, order,", "(book, order,")
    code, entry = replayed("order", text, "order-1")
    line = line_of(text, "(book, order,")
    assert diverged(entry) == ("replaced", ("activity", "reserve", 1), ("activity", "book", 1), line)
    assert "renamed to `book`" in entry["divergence"]["cause"]
    assert '@activity.defn(name="reserve")' in entry["divergence"]["advice"]
    assert code == 1


def test_a_renamed_local_activity_diverges(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(changed(ORDER, "def label(", "def tag("), "(label, order,", "(tag, order,")
    code, entry = replayed("order", text, "order-1")
    line = line_of(text, "(tag, order,")
    assert diverged(entry) == ("replaced", ("local activity", "label", 1), ("local activity", "tag", 1), line)
    assert code == 1


def test_a_local_activity_made_a_plain_activity_diverges(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(ORDER, "execute_local_activity(", "execute_activity(")
    code, entry = replayed("order", text, "order-1")
    _, recorded, new, line = diverged(entry)
    assert (recorded, new) == (("local activity", "label", 1), ("activity", "label", 1))
    assert line == line_of(text, "(label, order,")
    assert code == 1


def test_a_removed_timer_diverges_with_the_step_that_came_instead(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = without(ORDER, "workflow.sleep(")
    code, entry = replayed("order", text, "order-1")
    _, recorded, new, line = diverged(entry)
    assert (recorded, new) == (("timer", "", 1), ("child workflow", "Parcel", 1))
    assert line == line_of(text, "execute_child_workflow(")
    assert code == 1


def test_a_changed_child_id_diverges_and_shows_both_ids(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(ORDER, 'id=f"{order}-parcel"', 'id=f"parcel-{order}"')
    code, entry = replayed("order", text, "order-1")
    line = line_of(text, "execute_child_workflow(")
    child = ("child workflow", "Parcel", 1)
    assert diverged(entry) == ("renumbered", child, child, line)
    assert entry["divergence"]["recorded"][0]["id"] == "order-1-parcel"
    assert entry["divergence"]["new"][0]["id"] == "parcel-order-1"
    assert "`Parcel` has another id: recorded `order-1-parcel`, new `parcel-order-1`" in entry["divergence"]["cause"]
    assert code == 1


def test_a_changed_prompt_is_drift_that_shows_both_prompts(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(APPROVAL, 'f"Write about', 'f"Kindly write about')
    code, entry = replayed("approval", text, "approval-done")
    line = line_of(text, "(ask_model, f")
    prompts = ('"Write about otters."', '"Kindly write about otters."')
    assert drifted(entry) == [(("activity", "ask_model", 1), line, "input[0]", *prompts)]
    assert code == 1


def test_an_added_argument_is_drift(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(ORDER, "args=[order, 4200]", 'args=[order, 4200, "EUR"]')
    code, entry = replayed("order", text, "order-1")
    line = line_of(text, "(charge, args")
    assert drifted(entry) == [(("activity", "charge", 1), line, "input[2]", None, '"EUR"')]
    assert code == 1


def test_a_changed_timer_is_drift_of_its_duration(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(ORDER, "milliseconds=50", "minutes=5")
    code, entry = replayed("order", text, "order-1")
    line = line_of(text, "workflow.sleep(")
    assert drifted(entry) == [(("timer", "", 1), line, "duration", "0.05", "300")]
    assert code == 1


def test_a_changed_result_is_drift_of_the_completion(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(ORDER, "return receipt\n", "return receipt.upper()\n")
    code, entry = replayed("order", text, "order-1")
    line = line_of(text, "return receipt.upper()")
    results = ('"receipt order-1 4200"', '"RECEIPT ORDER-1 4200"')
    assert drifted(entry) == [(("complete", "", 1), line, "result", *results)]
    assert code == 1


def test_changed_child_input_is_drift(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(ORDER, "(Parcel.run, order,", "(Parcel.run, order.upper(),")
    code, entry = replayed("order", text, "order-1")
    line = line_of(text, "execute_child_workflow(")
    assert drifted(entry) == [(("child workflow", "Parcel", 1), line, "input[0]", '"order-1"', '"ORDER-1"')]
    assert code == 1


def test_a_changed_update_outcome_is_drift(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(APPROVAL, "return len(self.notes)", "return len(self.notes) + 10")
    code, entry = replayed("approval", text, "approval-noted")
    line = line_of(text, "@workflow.update")
    assert drifted(entry) == [(("update completed", "note", 1), line, "outcome", "1", "11")]
    assert code == 1


def test_an_update_that_now_raises_is_drift_of_its_outcome(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = before(APPROVAL, "return len(self.notes)", 'raise ApplicationError("no notes, please")')
    text = before(
        text, "from temporalio import activity, workflow", "from temporalio.exceptions import ApplicationError"
    )
    code, entry = replayed("approval", text, "approval-noted")
    assert entry["verdict"] == "drifted"
    [drift] = entry["drifts"]
    assert key(drift["new"]) == ("update completed", "note", 1)
    assert "no notes, please" in json.dumps(drift["changes"])
    assert code == 1


def test_a_wait_replaced_by_return_on_an_open_run_diverges_though_core_is_silent(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(APPROVAL, WAIT, "return draft")
    code, entry = replayed("approval", text, "approval-waiting")
    line = line_of(text, "return draft")
    assert diverged(entry) == ("ends early", None, ("complete", "", 1), line)
    assert entry["divergence"]["core"] == {"answered": True, "error": None}
    assert entry["status"] == "open"
    assert code == 1


def test_a_wait_replaced_by_a_timer_on_an_open_run_diverges_though_core_is_silent(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(APPROVAL, WAIT, "await workflow.sleep(SOON)")
    code, entry = replayed("approval", text, "approval-waiting")
    line = line_of(text, "workflow.sleep(SOON)")
    assert diverged(entry) == ("extra step in the open tail", None, ("timer", "", 1), line)
    assert entry["divergence"]["core"]["error"] is None
    assert code == 1


def test_an_activity_added_to_the_open_tail_diverges_though_core_is_silent(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = before(APPROVAL, WAIT, 'await workflow.execute_activity("review", draft, start_to_close_timeout=SOON)')
    code, entry = replayed("approval", text, "approval-waiting")
    line = line_of(text, '"review"')
    assert diverged(entry) == ("extra step in the open tail", None, ("activity", "review", 1), line)
    assert entry["divergence"]["core"]["error"] is None
    assert code == 1


def test_renamed_activity_without_core_flags_is_divergence(recorded: Mapping[str, str]) -> None:
    """Core compares activity types only where the history bears its flag 1; histories of older SDKs do not."""
    history = json.loads(recorded["order-1"])
    for event in history["events"]:
        event.get("workflowTaskCompletedEventAttributes", {}).pop("sdkMetadata", None)
    text = changed(changed(ORDER, "def reserve(", "def book("), "(reserve, order,", "(book, order,")
    replay = project({"order": text}, {"order-1": json.dumps(history)})
    result = replay.run_cli("replay", "histories", "--format", "json")
    entry = judgement(result, "order-1")
    line = line_of(text, "(book, order,")
    assert diverged(entry) == ("replaced", ("activity", "reserve", 1), ("activity", "book", 1), line)
    assert entry["divergence"]["core"] == {"answered": True, "error": None}
    assert "flag 1" in json.dumps(entry["unverified"])
    assert result.code == 1


def test_continue_as_new_made_a_completion_diverges(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(TALLY, "counted < 2", "counted < 1")
    code, entry = replayed("tally", text, "tally-continued")
    line = line_of(text, "return counted")
    assert diverged(entry) == ("replaced", ("continue as new", "Tally", 1), ("complete", "", 1), line)
    assert code == 1


def test_a_completion_made_continue_as_new_diverges(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(TALLY, "counted < 2", "counted < 3")
    code, entry = replayed("tally", text, "tally")
    line = line_of(text, "workflow.continue_as_new(")
    assert diverged(entry) == ("replaced", ("complete", "", 1), ("continue as new", "Tally", 1), line)
    assert code == 1


def test_changed_arguments_of_continue_as_new_are_drift(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(TALLY, "continue_as_new(counted)", "continue_as_new(counted + 1)")
    code, entry = replayed("tally", text, "tally-continued")
    line = line_of(text, "workflow.continue_as_new(")
    assert drifted(entry) == [(("continue as new", "Tally", 1), line, "input[0]", "1", "2")]
    assert code == 1


def test_a_step_after_the_recorded_end_diverges(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = before(ORDER, "        return receipt", INSPECT)
    code, entry = replayed("order", text, "order-1")
    line = line_of(text, INSPECT)
    assert diverged(entry) == ("goes on", ("complete", "", 1), ("activity", "inspect", 1), line)
    assert code == 1


def test_a_patch_removed_while_its_marker_lives_diverges(replayed: Any) -> None:  # noqa: ANN401 - a function
    polite = "return await workflow.execute_activity(greet_politely, name, start_to_close_timeout=SOON)"
    text = without(changed(GREETING, f"    {polite}", polite), "workflow.patched(")
    code, entry = replayed("greeting", text, "greeting-patched")
    _, recorded, new, line = diverged(entry)
    assert (recorded, new) == (("patch", "politer", 1), ("activity", "greet_politely", 1))
    assert line == line_of(text, "(greet_politely, name")
    assert "patch `politer` is no longer asked for" in entry["divergence"]["cause"]
    assert code == 1


def test_a_removed_patch_whose_marker_is_deprecated_is_clean(replayed: Any) -> None:  # noqa: ANN401 - a function
    polite = "return await workflow.execute_activity(greet_politely, name, start_to_close_timeout=SOON)"
    text = without(changed(GREETING, f"    {polite}", polite), "workflow.patched(")
    code, entry = replayed("greeting", text, "greeting-deprecated")
    assert entry["verdict"] == "clean"
    assert code == 0


def test_a_patch_renamed_takes_the_old_branch_and_diverges(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = changed(GREETING, '"politer"', '"most-polite"')
    code, entry = replayed("greeting", text, "greeting-patched")
    assert entry["verdict"] == "diverged"
    assert key(entry["divergence"]["recorded"][0]) == ("patch", "politer", 1)
    assert code == 1


def test_an_exception_in_new_code_is_divergence_with_the_line_that_raised(replayed: Any) -> None:  # noqa: ANN401 - a function
    text = before(ORDER, "(reserve, order,", "receipt[99]")
    code, entry = replayed("order", text, "order-1")
    assert entry["verdict"] == "diverged"
    assert entry["divergence"]["shape"] == "workflow task fails"
    assert entry["divergence"]["failure"]["type"] == "IndexError"
    assert entry["divergence"]["failure"]["site"]["line"] == line_of(text, "receipt[99]")
    assert code == 1


@pytest.mark.parametrize(("policy", "code"), [("fail", 1), ("warn", 0), ("ignore", 0)])
def test_drift_fails_warns_or_is_ignored_as_asked(policy: str, code: int, recorded: Mapping[str, str]) -> None:
    text = changed(TALLY, "continue_as_new(counted)", "continue_as_new(counted + 1)")
    replay = project({"tally": text}, {"tally-continued": recorded["tally-continued"]})
    result = replay.run_cli("replay", "histories", "--drift", policy)
    assert result.code == code
    assert "1 drifted" in result.stdout


def test_divergence_counts_more_than_inconclusive(recorded: Mapping[str, str]) -> None:
    text = changed(TALLY, "counted < 2", "counted < 1")
    histories = {"tally-continued": recorded["tally-continued"], "empty": ""}
    result = project({"tally": text}, histories).run_cli("replay", "histories")
    assert result.code == 1
    assert "0 clean, 0 drifted, 1 diverged, 1 inconclusive" in result.stdout
