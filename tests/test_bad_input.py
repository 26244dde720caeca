"""What bad input gets: a clear message within the deadline, beside a good history that keeps its verdict."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.project import Content, Project, Result
from tests.stories import before, changed, judgement, key, project, settings, source, swapped

TALLY = source("tally")
GREETING = source("greeting")
# Time enough for a history of a few events on a machine that is busy with ten things.
DEADLINE = 3
SECOND = '"eventId": "2"'
SOMETHING_ELSE = (
    "{}", "[]", "42", '"events"', "null", '{"events": 3}', '{"events": [1, 2]}', '{"events": [{}]}', "[{}]"
)  # fmt: skip

History = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Spoiled:
    """Bad files, replayed in one process beside a good history: what is said of each."""

    result: Result

    def problem(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        """Return the problem of a bad file."""
        entry = judgement(self.result, name)
        assert entry["verdict"] == "inconclusive", entry
        return entry["problem"]

    def problems(self, name: str) -> list[Any]:
        """Return the problems of all the files that are bad in this way."""
        paths = [Path(entry["path"]).stem for entry in self.result.report["histories"]]
        found = [self.problem(path) for path in paths if path.startswith(f"{name}-")]
        assert found
        return found


def numbered(name: str, contents: Iterable[Content]) -> dict[str, Content]:
    return {f"{name}-{number}": content for number, content in enumerate(contents)}


def spoiled_files(text: str) -> dict[str, Content]:
    """Spoil a good history in every way."""
    deep = ('{"x":' * depth + "1" + "}" * depth for depth in (900, 200_000))
    return {
        "empty": "",
        "no-events": '{"events": []}',
        **numbered("cut", (text.rstrip()[: int(len(text.rstrip()) * share)] for share in (0.1, 0.5, 0.999))),
        **numbered("else", SOMETHING_ELSE),
        "decoded": decoded(json.loads(text)),
        "swapped": with_events(text, lambda events: [*events[:4], events[5], events[4], *events[6:]]),
        "missing": with_events(text, lambda events: events[:4] + events[6:]),
        "beheaded": with_events(text, lambda events: events[1:]),
        "binary": bytes(range(256)) * 64,
        "garbage": "x" * 50 * 2**20,
        **numbered("deep", (changed(text, SECOND, f'{SECOND}, "version": {nested}') for nested in deep)),
        "nan": changed(text, SECOND, f'{SECOND}, "version": NaN'),
        "encrypted": encrypted(json.loads(text)),
    }


def with_events(text: str, change: Callable[[list[Any]], list[Any]]) -> str:
    return json.dumps({"events": change(json.loads(text)["events"])})


def decoded(history: History) -> str:
    for event in history["events"]:
        for attributes in event.values():
            for part in ("input", "result"):
                if isinstance(attributes, dict) and part in attributes:
                    payloads = attributes[part]["payloads"]
                    attributes[part]["payloads"] = [json.loads(base64.b64decode(p["data"])) for p in payloads]
    return json.dumps(history)


def encrypted(history: History) -> str:
    secret = {"metadata": {"encoding": base64.b64encode(b"binary/encrypted").decode()}, "data": "AAEC"}
    for event in history["events"]:
        completed = event.get("activityTaskCompletedEventAttributes")
        if completed:
            completed["result"]["payloads"] = [secret]
    return json.dumps(history)


@pytest.fixture(scope="module")
def spoiled(recorded: Mapping[str, str]) -> Spoiled:
    files = spoiled_files(json.dumps(json.loads(recorded["tally"])))
    # In one process, in the order of the names: what a bad file leaves behind would spoil the good one's replay.
    histories = {**files, "zz-good": recorded["tally"]}
    result = project({"tally": TALLY}, histories).run_cli("replay", "histories", "--format", "json")
    assert judgement(result, "zz-good")["verdict"] == "clean"
    assert result.code == 3, result.stdout
    return Spoiled(result)


@pytest.fixture
def tally(recorded: Mapping[str, str]) -> History:
    """A good history as JSON, to be spoiled."""
    history: History = json.loads(recorded["tally"])
    return history


def among(recorded: Mapping[str, str], text: str, **more: object) -> Result:
    """Replay a greeting against changed code, beside a good history of another workflow."""
    modules = {"greeting": text, "tally": TALLY}
    histories = {"a-bad": recorded["greeting-patched"], "good": recorded["tally"]}
    result = project(modules, histories, deadline=DEADLINE, **more).run_cli("replay", "histories", "--format", "json")
    assert judgement(result, "good")["verdict"] == "clean", result.stdout
    return result


def test_a_missing_path_is_inconclusive_and_the_others_are_replayed(recorded: Mapping[str, str]) -> None:
    replay = project({"tally": TALLY}, {"good": recorded["tally"]})
    result = replay.run_cli("replay", "nowhere", "histories", "--format", "json")
    assert judgement(result, "good")["verdict"] == "clean"
    [missing] = [entry for entry in result.report["histories"] if entry["path"] == "nowhere"]
    assert missing["problem"]["slug"] == "path-missing"
    assert missing["problem"]["what"] == "nowhere does not exist."
    assert result.code == 3


def test_an_empty_file_is_named_as_empty(spoiled: Spoiled) -> None:
    problem = spoiled.problem("empty")
    assert problem["slug"] == "history-empty"
    assert problem["what"].endswith("empty.json is empty.")


def test_a_history_without_events_is_named_so(spoiled: Spoiled) -> None:
    problem = spoiled.problem("no-events")
    assert problem["slug"] == "history-empty"
    assert "without events" in problem["what"]


def test_a_history_of_one_event_has_nothing_to_replay(tally: History, recorded: Mapping[str, str]) -> None:
    one = json.dumps({"events": tally["events"][:1]})
    replay = project({"tally": TALLY}, {"one": one, "good": recorded["tally"]}, deadline=DEADLINE)
    result = replay.run_cli("replay", "histories", "--format", "json")
    entry = judgement(result, "one")
    assert (entry["verdict"], entry["events"]) == ("clean", 1)
    assert "nothing to replay" in json.dumps(entry["unverified"])
    assert judgement(result, "good")["verdict"] == "clean"
    assert result.code == 0


def test_a_corpus_of_nothing_but_one_event_histories_is_inconclusive(tally: History) -> None:
    one = json.dumps({"events": tally["events"][:1]})
    result = project({"tally": TALLY}, {"one": one}).run_cli("replay", "histories")
    assert result.code == 3
    assert "nothing to replay" in result.stdout


def test_truncated_json_is_named_as_cut_short(spoiled: Spoiled) -> None:
    problems = spoiled.problems("cut")
    assert {problem["slug"] for problem in problems} == {"history-truncated"}
    assert all("cut short" in problem["what"] for problem in problems)


def test_json_of_something_else_is_no_history(spoiled: Spoiled) -> None:
    problems = spoiled.problems("else")
    assert len(problems) == len(SOMETHING_ELSE)
    assert {problem["slug"] for problem in problems} == {"not-a-history"}
    assert all("no workflow history" in problem["what"] for problem in problems)


def test_decoded_json_of_the_web_ui_is_recognised(spoiled: Spoiled) -> None:
    problem = spoiled.problem("decoded")
    assert problem["slug"] == "history-decoded"
    assert "Decode Event History" in problem["cause"]


def test_events_out_of_order_are_named_with_their_place(spoiled: Spoiled) -> None:
    problem = spoiled.problem("swapped")
    assert problem["slug"] == "history-out-of-order"
    assert problem["cause"] == "event 5 should stand where event 6 does"


def test_missing_events_are_named_with_their_place(spoiled: Spoiled) -> None:
    problem = spoiled.problem("missing")
    assert problem["slug"] == "history-out-of-order"
    assert problem["cause"] == "event 5 should stand where event 7 does"


def test_a_history_without_its_beginning_is_out_of_order(spoiled: Spoiled) -> None:
    problem = spoiled.problem("beheaded")
    assert problem["slug"] == "history-out-of-order"
    assert "does not begin with WorkflowExecutionStarted" in problem["what"]


def test_binary_rubbish_is_named_as_binary(spoiled: Spoiled) -> None:
    problem = spoiled.problem("binary")
    assert problem["slug"] == "not-a-history"
    assert "binary" in problem["cause"]


def test_fifty_megabytes_of_garbage_are_no_history(spoiled: Spoiled) -> None:
    assert spoiled.problem("garbage")["slug"] == "not-a-history"


@pytest.mark.long
def test_a_history_of_fifty_megabytes_gets_its_verdict(recorded: Mapping[str, str]) -> None:
    """The name in the run's input is 37 MB long, 50 MB in base64; every step repeats it."""
    history = json.loads(recorded["greeting-patched"])
    large = base64.b64encode(json.dumps("A" * 37 * 2**20).encode()).decode()
    for event in history["events"]:
        started = event.get("workflowExecutionStartedEventAttributes")
        if started:
            started["input"]["payloads"][0]["data"] = large
    modules = {"greeting": GREETING, "tally": TALLY}
    histories = {"large": json.dumps(history), "good": recorded["tally"]}
    replay = project(modules, histories, deadline=30)
    result = replay.run_cli("replay", "histories", "--format", "json")
    assert judgement(result, "good")["verdict"] == "clean"
    entry = judgement(result, "large")
    assert entry["verdict"] == "drifted", result.stdout[:3000]
    [change] = entry["drifts"][0]["changes"]
    assert (change["path"], change["recorded"]) == ("input[0]", '"Ada"')
    assert len(change["new"]) < 200


@pytest.mark.parametrize("files", [{}, {"histories/notes.txt": "not a history"}, {"histories/.hidden.json": "{}"}])
def test_a_directory_without_histories_means_nothing_ran(files: dict[str, str]) -> None:
    empty = Project({"pyproject.toml": settings("tally"), "tally.py": TALLY, "histories/": "", **files})
    result = empty.run_cli("replay", "histories")
    assert result.code == 3
    assert "No history was found in histories." in result.stderr
    assert "Fix:   replaykit export WORKFLOW_ID --out DIR" in result.stderr


def test_a_module_that_does_not_import_shows_a_short_traceback(recorded: Mapping[str, str]) -> None:
    broken = "from temporalio import workflow\n\nRATE = 1 / 0\n"
    result = project({"shop": broken}, {"good": recorded["tally"]}).run_cli("replay", "histories")
    assert result.code == 2
    assert "The workflow module shop does not import." in result.stderr
    assert 'shop.py", line 3' in result.stderr
    assert "RATE = 1 / 0" in result.stderr
    assert "ZeroDivisionError" in result.stderr
    assert "importlib" not in result.stderr
    assert len(result.stderr.splitlines()) < 12


def test_one_module_that_does_not_import_leaves_the_others_their_verdicts(recorded: Mapping[str, str]) -> None:
    modules = {"greeting": "import nowhere_to_be_found\n", "tally": TALLY}
    histories = {"a-bad": recorded["greeting-patched"], "good": recorded["tally"]}
    result = project(modules, histories).run_cli("replay", "histories", "--format", "json")
    assert judgement(result, "good")["verdict"] == "clean"
    problem = judgement(result, "a-bad")["problem"]
    assert problem["slug"] == "workflow-not-registered"
    assert "greeting does not import" in problem["cause"]
    [unloaded] = result.report["summary"]["problems"]
    assert "No module named 'nowhere_to_be_found'" in unloaded["cause"]
    assert result.code == 3


def test_a_module_that_exits_on_import_is_an_import_that_fails(recorded: Mapping[str, str]) -> None:
    modules = {"greeting": "import sys\nsys.exit(7)\n", "tally": TALLY}
    result = project(modules, {"good": recorded["tally"]}).run_cli("replay", "histories", "--format", "json")
    assert judgement(result, "good")["verdict"] == "clean"
    assert "SystemExit" in json.dumps(result.report["summary"]["problems"])


@pytest.mark.long
@pytest.mark.parametrize(("loop", "sandbox"), [("while True: pass", True), ("time.sleep(600)", False)])
def test_a_workflow_that_blocks_for_ever_costs_one_verdict_and_names_the_line(
    loop: str,
    sandbox: bool,  # noqa: FBT001 - a parameter of the story
    recorded: Mapping[str, str],
) -> None:
    text = "import time\n" + before(GREETING, 'if workflow.patched("politer")', loop)
    result = among(recorded, text, sandbox=sandbox)
    problem = judgement(result, "a-bad")["problem"]
    assert problem["slug"] == "deadline"
    line = next(n for n, row in enumerate(text.splitlines(), start=1) if loop in row)
    assert f"greeting.py:{line} in Greeting.run" in problem["cause"]
    assert result.code == 3


def test_a_workflow_that_calls_os_exit_costs_one_verdict(recorded: Mapping[str, str]) -> None:
    text = "import os\n" + before(GREETING, 'if workflow.patched("politer")', "os._exit(7)")
    result = among(recorded, text, sandbox=False)
    problem = judgement(result, "a-bad")["problem"]
    assert problem["slug"] == "replay-process-died"
    assert problem["cause"] == "the replay process exited with code 7"
    assert result.code == 3


def test_a_workflow_that_kills_its_process_costs_one_verdict(recorded: Mapping[str, str]) -> None:
    text = "import os\n" + before(GREETING, 'if workflow.patched("politer")', "os.kill(os.getpid(), 9)")
    result = among(recorded, text, sandbox=False)
    problem = judgement(result, "a-bad")["problem"]
    assert problem["cause"] == "the replay process was killed by signal 9"


def test_non_determinism_with_failure_types_on_the_decorator_is_divergence(recorded: Mapping[str, str]) -> None:
    """`Replayer.replay_workflow` waits for ever here (temporalio 1.35)."""
    text = changed(GREETING, "@workflow.defn\n", "@workflow.defn(failure_exception_types=[Exception])\n")
    text = changed(text, '"politer"', '"most-polite"')
    result = among(recorded, text)
    entry = judgement(result, "a-bad")
    assert entry["verdict"] == "diverged"
    assert key(entry["divergence"]["recorded"][0]) == ("patch", "politer", 1)
    assert entry["divergence"]["core"]["answered"]
    assert "Nondeterminism" in entry["divergence"]["core"]["error"]
    assert result.code == 1


def test_non_determinism_with_failure_types_of_the_worker_is_divergence(recorded: Mapping[str, str]) -> None:
    """`Replayer.replay_workflow` waits for ever here (temporalio 1.35)."""
    factory = (
        "from greeting import Greeting\nfrom tally import Tally\n\n\ndef arguments():\n"
        '    return {"workflows": [Greeting, Tally], "workflow_failure_exception_types": [Exception],\n'
        '            "task_queue": "of no use to a replay"}\n'
    )
    histories = {"a-bad": recorded["greeting-patched"], "good": recorded["tally"]}
    replay = Project(
        {
            "pyproject.toml": settings(factory="team:arguments", deadline=DEADLINE),
            "team.py": factory,
            "greeting.py": changed(GREETING, '"politer"', '"most-polite"'),
            "tally.py": TALLY,
            **{f"histories/{name}.json": text for name, text in histories.items()},
        }
    )
    result = replay.run_cli("replay", "histories", "--format", "json")
    assert judgement(result, "good")["verdict"] == "clean"
    entry = judgement(result, "a-bad")
    assert entry["verdict"] == "diverged"
    assert entry["divergence"]["core"]["answered"]
    assert "Nondeterminism" in entry["divergence"]["core"]["error"]
    assert result.code == 1


def test_ctrl_c_ends_a_hanging_replay_at_once(recorded: Mapping[str, str]) -> None:
    text = "import pathlib, time\n" + before(GREETING, 'if workflow.patched("politer")', "time.sleep(600)")
    text = before(text, "time.sleep(600)", 'pathlib.Path("started").touch()')
    histories = {"stuck": recorded["greeting-patched"], "good": recorded["tally"]}
    # Nothing but Ctrl-C ends it: the deadline, and the nap, are longer than any run of a test may take.
    replay = project({"greeting": text, "tally": TALLY}, histories, sandbox=False, deadline=600)
    result = replay.run_cli("replay", "histories", interrupt_once="started")
    assert result.code == 130
    assert "Interrupted." in result.stderr
    assert "Traceback" not in result.stderr


def test_an_unregistered_type_names_the_types_that_are_known(recorded: Mapping[str, str]) -> None:
    histories = {"a-bad": recorded["greeting-patched"], "good": recorded["tally"]}
    result = project({"tally": TALLY}, histories).run_cli("replay", "histories", "--format", "json")
    assert judgement(result, "good")["verdict"] == "clean"
    problem = judgement(result, "a-bad")["problem"]
    assert problem["slug"] == "workflow-not-registered"
    assert problem["what"] == "No workflow Greeting is registered."
    assert problem["cause"] == "the registered types are Tally"
    assert result.code == 3


def test_deeply_nested_json_is_no_crash(spoiled: Spoiled) -> None:
    problems = spoiled.problems("deep")
    assert {problem["slug"] for problem in problems} <= {"not-a-history", "history-invalid"}
    assert all(len(problem["cause"]) < 1000 for problem in problems)


def test_nan_in_a_field_of_an_event_is_no_crash(spoiled: Spoiled) -> None:
    assert spoiled.problem("nan")["slug"] == "history-invalid"


def test_nan_in_a_payload_is_compared_and_the_report_stays_json(recorded: Mapping[str, str]) -> None:
    history = json.loads(recorded["tally"])
    for event in history["events"]:
        scheduled = event.get("activityTaskScheduledEventAttributes")
        if scheduled:
            scheduled["input"]["payloads"][0]["data"] = base64.b64encode(b"NaN").decode()
    histories = {"nan": json.dumps(history), "good": recorded["tally"]}
    result = project({"tally": TALLY}, histories).run_cli("replay", "histories", "--format", "json")

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is no JSON")

    report = json.loads(result.stdout, parse_constant=refuse)
    [entry] = [entry for entry in report["histories"] if entry["path"].endswith("nan.json")]
    assert entry["verdict"] == "drifted"
    assert judgement(result, "good")["verdict"] == "clean"


UNHEARD_OF = (
    {"eventType": "EVENT_TYPE_TELEPORTED", "teleportedEventAttributes": {"to": "Mars"}},
    {"eventType": 4711},
    {"eventType": "EVENT_TYPE_TIMER_STARTED", "timerStartedEventAttributes": {"timerId": 1, "unheard": True}},
)


def test_event_types_that_the_sdk_does_not_know_are_no_crash(tally: History, recorded: Mapping[str, str]) -> None:
    *events, last = tally["events"]
    ends = ({"eventId": last["eventId"], "eventTime": last["eventTime"], **event} for event in UNHEARD_OF)
    bad = numbered("bad", (json.dumps({"events": [*events, end]}) for end in ends))
    histories = {**bad, "good": recorded["tally"]}
    result = project({"tally": TALLY}, histories, deadline=DEADLINE).run_cli("replay", "histories", "--format", "json")
    assert judgement(result, "good")["verdict"] == "clean"
    for name in bad:
        entry = judgement(result, name)
        assert entry["verdict"] in {"inconclusive", "diverged"}, entry
    assert result.code != 0


def test_a_payload_of_unknown_encoding_says_that_a_codec_is_missing(spoiled: Spoiled) -> None:
    problem = spoiled.problem("encrypted")
    assert problem["slug"] == "payload-undecodable"
    assert "'binary/encrypted'" in problem["cause"]
    assert 'codec = "module:object"' in problem["fix"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise OSError('no vault')", "OSError: no vault"),
        ("return None", "it returned NoneType"),
        ("return 42", "it returned int"),
        ("return []", "it returned list"),
        ("return [{'workflows': [Tally]}, {}]", "it returned dict without workflows"),
        ("return {}", "it returned dict without workflows"),
        ("return {'workflows': [42]}", "its workflows is to be a list of classes with @workflow.defn, not [42]"),
        ("return {'workflows': [Tally], 'data_converter': 42}", "its data_converter is to be a"),
        ("return {'workflows': [Tally], 'interceptors': 42}", "its interceptors is to be a list, not 42"),
    ],
)
def test_a_factory_that_raises_or_returns_rubbish_is_told_so(body: str, said: str, recorded: Mapping[str, str]) -> None:
    team = Project(
        {
            "pyproject.toml": settings(factory="team:arguments", deadline=DEADLINE),
            "team.py": f"from tally import Tally\n\n\ndef arguments():\n    {body}\n",
            "tally.py": TALLY,
            "histories/good.json": recorded["tally"],
        }
    )
    result = team.run_cli("replay", "histories")
    assert result.code == 2, result.stdout
    assert "The factory team:arguments" in result.stderr
    assert said in result.stderr
    assert "Fix:" in result.stderr
    assert len(result.stderr.splitlines()) < 15


def test_two_workflows_of_one_name_are_told_apart_by_what_to_write(recorded: Mapping[str, str]) -> None:
    modules = {"tally": TALLY, "tally_too": TALLY}
    result = project(modules, {"good": recorded["tally"]}).run_cli("replay", "histories")
    assert result.code == 2
    assert "More than one workflow named Tally" in result.stderr
    assert 'workflows = ["module:Class"]' in result.stderr
    assert len(result.stderr.splitlines()) < 15


@pytest.mark.parametrize("name", ["team:nothing", "nowhere:arguments"])
def test_a_factory_that_is_not_there_is_told_so(name: str, recorded: Mapping[str, str]) -> None:
    team = project({}, {"good": recorded["tally"]}, factory=name).with_file("team.py", "")
    result = team.run_cli("replay", "histories")
    assert result.code == 2
    assert name.partition(":")[0] in result.stderr
    assert "Fix:" in result.stderr


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("workflow = ['tally']", "unknown key: workflow."),
        ("workflows = 'tally'", "it wants a list of strings"),
        ("deadline = 'soon'", "it wants a number of seconds"),
        ("deadline = 0", "must be above 0"),
        ("processes = -1", "must be 0 (one a core) or more"),
        ("drift = 'sometimes'", "one of fail, warn, ignore"),
        ("factory = 'team'", "names no function: team."),
        ("workflows = [", "is no valid TOML."),
    ],
)
def test_wrong_settings_are_usage_errors_that_name_the_key(setting: str, said: str) -> None:
    result = Project({"pyproject.toml": f"[tool.replaykit]\n{setting}\n"}).run_cli("replay", "histories")
    assert result.code == 2
    assert said in result.stderr
    assert "Fix:" in result.stderr
    assert "Traceback" not in result.stderr


def test_no_workflows_configured_is_a_usage_error_with_the_line_to_write(recorded: Mapping[str, str]) -> None:
    result = Project({"histories/good.json": recorded["tally"]}).run_cli("replay", "histories")
    assert result.code == 2
    assert "No workflows are configured" in result.stderr
    assert "[tool.replaykit] workflows = " in result.stderr


def test_nothing_to_replay_given_is_a_usage_error() -> None:
    result = Project({"pyproject.toml": settings("tally"), "tally.py": TALLY}).run_cli("replay")
    assert result.code == 2
    assert "There is nothing to replay." in result.stderr


def test_swapped_steps_beside_bad_input_are_still_found(recorded: Mapping[str, str]) -> None:
    text = swapped(source("order"), "(charge, args", "(reserve, order,")
    histories = {"a-empty": "", "b-cut": recorded["order-1"][:500], "order-1": recorded["order-1"]}
    result = project({"order": text}, histories).run_cli("replay", "histories", "--format", "json")
    assert judgement(result, "order-1")["verdict"] == "diverged"
    assert result.report["summary"]["inconclusive"] == 2
    assert result.code == 1
