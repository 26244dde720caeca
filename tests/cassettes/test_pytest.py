"""The fixture and the marker in a user's own test suite, run by pytest as a real process on a real server."""

import pytest

from replaykit.adapters.prices import price_of
from replaykit.errors import CassetteBypass, CassetteMiss
from replaykit.report.bill import dollars_text
from replaykit.rules.usage import ModelCall, Usage
from tests.project import Project, Result
from tests.recording import Server

pytestmark = pytest.mark.long

# What a user has: activities, a workflow, and tests that run them on a server.
SHOP = """
import asyncio
import os
import uuid
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker


@activity.defn
async def answer(text: str) -> dict:
    with open(os.environ["CALLS"], "a") as calls:
        calls.write(text + "\\n")
    await asyncio.sleep(0.05)
    model = "gpt-4o-mini" if text == "one" else "a-model-of-our-own"
    usage = {"prompt_tokens": 1000, "completion_tokens": 200}
    return {"text": f"answer to {text}", "model": model, "usage": usage}


@workflow.defn
class Asking:
    @workflow.run
    async def run(self, text: str) -> str:
        said = await workflow.execute_activity(answer, text, start_to_close_timeout=timedelta(seconds=10))
        return said["text"]


def ask(cassette, text):
    return asking_with(cassette, text, answer)


def asking_with(interceptor, text, answer):
    async def story():
        client = await Client.connect(os.environ["SERVER"])
        queue = uuid.uuid4().hex
        async with Worker(
            client,
            task_queue=queue,
            workflows=[Asking],
            activities=[answer],
            interceptors=[interceptor],
            workflow_runner=UnsandboxedWorkflowRunner(),
        ):
            return await client.execute_workflow(Asking.run, text, id=queue, task_queue=queue)

    return asyncio.run(story())
"""
# A process that ends within milliseconds after a call of the client can die of SIGSEGV (temporalio 1.35).
GRACE = """
import time


def pytest_sessionfinish():
    time.sleep(0.5)
"""
OWN = """
from shop import ask


def test_first(cassette):
    assert ask(cassette, "one") == "answer to one"


def test_second(cassette):
    assert ask(cassette, "two") == "answer to two"
"""
SHARED = """
import pytest
from shop import ask

pytestmark = pytest.mark.cassette("shared.yaml")


@pytest.mark.parametrize("number", range(8))
def test_asks(cassette, number):
    assert ask(cassette, f"question {number}") == f"answer to question {number}"
"""
FILES = {"shop.py": SHOP, "conftest.py": GRACE}


def run(server: Server, project: Project, *args: str) -> Result:
    # The grace of half a second is longer than pytest-xdist's workers need: they are ended by their controller.
    return project.run_pytest("-p", "no:cacheprovider", *args, env={"SERVER": server.address, "CALLS": "calls.txt"})


def with_cassettes_of(project: Project, result: Result) -> Project:
    return project.with_files({name: text for name, text in result.files.items() if name.endswith(".yaml")})


def test_each_test_records_a_cassette_of_its_own_and_plays_it_ever_after(server: Server) -> None:
    project = Project({**FILES, "test_own.py": OWN})
    recorded = run(server, project, "--cassette-mode=once")
    assert recorded.code == 0, recorded.stdout
    names = {name for name in recorded.files if "cassettes/" in name}
    assert names == {"cassettes/test_own/test_first.yaml", "cassettes/test_own/test_second.yaml"}
    assert "replaykit: 2 cassettes: 0 played, 2 recorded\n" in recorded.stdout

    played = run(server, with_cassettes_of(project, recorded))
    assert played.code == 0, played.stdout
    assert "calls.txt" not in played.files
    price = price_of(ModelCall(Usage(1000, 200), ("gpt-4o-mini",)))
    assert price is not None
    models = f"2 of models (2,400 tokens, {dollars_text(price)} saved; 1 of unknown price)"
    assert f"replaykit: 2 cassettes: 2 played, {models}\n" in played.stdout


def test_tests_of_four_processes_share_a_cassette_without_loss(server: Server) -> None:
    project = Project({**FILES, "test_shared.py": SHARED})
    recorded = run(server, project, "--cassette-mode=once", "-n4")
    assert recorded.code == 0, recorded.stdout
    assert len(recorded.files["calls.txt"].splitlines()) == 8
    assert "total: 8\n" in recorded.files["shared.yaml"]
    assert not [name for name in recorded.files if ".journal" in name]
    assert "replaykit: 1 cassette: 0 played, 8 recorded\n" in recorded.stdout

    played = run(server, with_cassettes_of(project, recorded), "-n4")
    assert played.code == 0, played.stdout
    assert "calls.txt" not in played.files
    assert "Not asked for" not in played.stdout


def test_a_miss_fails_the_test_as_itself_with_the_field_and_the_line_of_the_test(server: Server) -> None:
    project = Project({**FILES, "test_own.py": OWN})
    recorded = run(server, project, "--cassette-mode=once")
    changed = with_cassettes_of(project, recorded).with_file("test_own.py", OWN.replace('"one") ==', '"won") =='))
    missed = run(server, changed)
    assert missed.code == 1
    assert "1 failed, 1 passed" in missed.stdout
    assert '  input[0]   "one" → "won"' in missed.stdout
    assert '>       assert ask(cassette, "won") == "answer to one"' in missed.stdout
    assert f"FAILED test_own.py::test_first - {CassetteMiss.__module__}.CassetteMiss: No recording" in missed.stdout
    assert "WorkflowFailureError" not in missed.stdout
    assert "1 missed" in missed.stdout
    assert "Not asked for in cassettes/test_own/test_first.yaml: #1 activity answer" in missed.stdout


def test_a_missing_cassette_is_an_error_that_says_how_to_record_it(server: Server) -> None:
    result = run(server, Project({**FILES, "test_own.py": OWN}), "-k", "first")
    assert result.code == 1
    assert "There is no cassette cassettes/test_own/test_first.yaml." in result.stdout
    assert "--cassette-mode=once" in result.stdout


def test_marker_chooses_the_mode_and_the_option_wins(server: Server) -> None:
    test = """
import pytest
from shop import ask


@pytest.mark.cassette("c.yaml", mode="new_episodes", volatile=["pattern:[0-9]+"])
def test_first(cassette):
    assert not cassette.replaying
    assert ask(cassette, "day 1").startswith("answer to day")
"""
    project = Project({**FILES, "test_own.py": test})
    recorded = run(server, project)
    assert recorded.code == 0, recorded.stdout
    again = with_cassettes_of(project, recorded).with_file("test_own.py", test.replace("day 1", "day 2"))
    strict = run(
        server,
        again.with_file("test_own.py", test.replace("day 1", "day 2").replace("not ", "")),
        "--cassette-mode=none",
    )
    assert strict.code == 0, strict.stdout


def test_unused_recordings_fail_a_test_that_wants_all_and_mask_no_failure(server: Server) -> None:
    test = """
import pytest
from shop import ask


@pytest.mark.cassette("c.yaml", fail_unused=True)
@pytest.mark.parametrize("asked", [True])
def test_first(cassette, asked):
    if asked:
        ask(cassette, "one")
"""
    project = Project({**FILES, "test_own.py": test})
    recorded = run(server, project, "--cassette-mode=once")
    assert recorded.code == 0, recorded.stdout
    kept = with_cassettes_of(project, recorded)
    unused = run(server, kept.with_file("test_own.py", test.replace("[True]", "[False]")))
    assert unused.code == 1
    assert "CassetteUnused: 1 of the 1 recordings in c.yaml were not used." in unused.stdout
    failed = run(
        server,
        kept.with_file(
            "test_own.py", test.replace("if asked:", "assert asked\n    if asked:").replace("[True]", "[False]")
        ),
    )
    assert "CassetteUnused" not in failed.stdout
    assert "AssertionError" in failed.stdout or "assert False" in failed.stdout


# The activities' own code runs, and its HTTP requests are answered; this one makes none.
PAST = """
import contextlib
import socket
import subprocess

import pytest
from shop import asking_with
from temporalio import activity

pytestmark = pytest.mark.cassette("c.yaml", layers="http")


@activity.defn(name="answer")
async def answer(port):
    subprocess.run(["true"], check=True)
    with contextlib.suppress(Exception):
        socket.create_connection(("127.0.0.1", int(port)))
    return {"text": "made up"}


def test_swallows(cassette):
    assert asking_with(cassette, "13", answer) == "made up"


@pytest.mark.cassette(allow_hosts=["127.0.0.1:7"])
@pytest.mark.parametrize("port", ["7", "9"])
def test_allowed(cassette, port):
    assert asking_with(cassette, port, answer) == "made up"
"""


def test_a_bypass_fails_the_test_as_itself_even_where_the_activity_swallows_it(server: Server) -> None:
    project = Project(
        {
            **FILES,
            "test_past.py": PAST,
            "c.yaml": "replaykit-cassette: 1\ninteractions: []\ntotal: 0\n",
            "pyproject.toml": '[tool.replaykit]\nallow-hosts = ["127.0.0.1:9"]\n',
        }
    )
    result = run(server, project)
    assert result.code == 1
    assert "1 failed, 2 passed" in result.stdout
    failed = f"FAILED test_past.py::test_swallows - {CassetteBypass.__module__}.CassetteBypass: Activity"
    assert failed in result.stdout
    assert "reached 127.0.0.1:13 past the cassette (cassette c.yaml, mode none)." in result.stdout
    assert "Cause: at test_past.py:17 in answer\n" in result.stdout
    assert "Not watched: 3 x activity answer started true at test_past.py:15\n" in result.stdout


def test_a_test_that_is_only_marked_gets_its_cassette_too() -> None:
    test = """
import pytest


@pytest.mark.cassette("missing.yaml")
def test_first():
    pass
"""
    result = Project({"test_own.py": test}).run_pytest()
    assert "There is no cassette missing.yaml." in result.stdout


def test_tests_whose_names_read_alike_as_file_names_have_cassettes_of_their_own() -> None:
    test = """
import pytest


@pytest.mark.parametrize("way", ["a/b", "a_b", "a" * 300])
def test_first(cassette, way):
    print("PATH", cassette.path.name)
"""
    result = Project({"test_own.py": test}).run_pytest("--cassette-mode=once", "-s")
    assert result.code == 0, result.stdout
    names = [line.partition("PATH ")[2] for line in result.stdout.splitlines() if "PATH " in line]
    assert len(set(names)) == 3
    assert "test_first[a_b].yaml" in names
    assert all(len(name) < 200 for name in names)


def test_a_recording_that_cannot_be_merged_ends_the_session_with_an_error() -> None:
    test = """
def test_first(cassette):
    cassette.path.parent.mkdir(parents=True)
    cassette.path.with_name(f".{cassette.path.name}.1-a.journal").write_text("scribbles")
"""
    result = Project({"test_own.py": test}).run_pytest("--cassette-mode=once")
    assert result.code == pytest.ExitCode.USAGE_ERROR
    assert "line 1: no journal" in result.stderr + result.stdout


@pytest.mark.parametrize("marker", ['"a.yaml", "b.yaml"', 'mod="once"'])
def test_marker_with_an_argument_nobody_knows_is_an_error(marker: str) -> None:
    test = f"import pytest\n\n\n@pytest.mark.cassette({marker})\ndef test_first():\n    pass\n"
    result = Project({"test_own.py": test}).run_pytest()
    assert result.code == 1
    assert "@pytest.mark.cassette of test_own.py::test_first takes a path and" in result.stdout
