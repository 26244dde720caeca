"""The marker's HTTP layer in a user's own test suite: no Temporal, openai's SDK, a server on loopback."""

import pytest

from tests.cassettes.web import Web
from tests.project import Project, Result

pytestmark = pytest.mark.long

TESTS = """
import os

import httpx2
import pytest

pytestmark = pytest.mark.cassette(layers="http", stream_timing=0.0, fail_unused=True)


@pytest.mark.parametrize("number", range(4))
def test_asks(number):
    assert httpx2.post(os.environ["SITE"] + "/echo", json=number).json() == {"heard": str(number)}


@pytest.fixture
def page():
    return httpx2.get(os.environ["SITE"] + "/text").text


def test_fixture_made_after_the_cassette_is_answered(cassette, page):
    assert page.startswith("ünïcode")
    assert cassette.name.endswith("test_fixture_made_after_the_cassette_is_answered.yaml")
"""


def run(site: Web, project: Project, *args: str) -> Result:
    return project.run_pytest("-p", "no:cacheprovider", *args, env={"SITE": site.url})


def test_marked_tests_ask_once_and_never_again(site: Web) -> None:
    project = Project({"test_site.py": TESTS})
    recorded = run(site, project, "--cassette-mode=once", "-n2")
    assert recorded.code == 0, recorded.stdout
    cassettes = {name: text for name, text in recorded.files.items() if name.endswith(".yaml")}
    assert len(cassettes) == 5
    asked = len(site.asked)
    kept = project.with_files(cassettes)
    played = run(site, kept)
    assert played.code == 0, played.stdout
    assert "replaykit: 5 cassettes: 5 played\n" in played.stdout
    missed = run(site, kept.with_file("test_site.py", TESTS.replace("json=number)", "json=number + 1)")), "-k", "asks")
    assert len(site.asked) == asked, "a request went out"
    assert missed.code == 1
    assert "4 failed" in missed.stdout
    assert "  body   0 → 1" in missed.stdout
    assert 'httpx2.post(os.environ["SITE"]' in missed.stdout
