"""Histories of older SDKs replay clean against the same code: the server's and the SDK's defaults are known."""

from pathlib import Path

import pytest

from tests.older_sdks.__main__ import VERSIONS
from tests.project import Project
from tests.stories import changed, settings, source

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
MODULES = ("order", "approval", "tally", "greeting")


def of_version(version: str) -> Project:
    files = {
        f"histories/{path.name}": path.read_text("utf-8")
        for path in (HERE / f"temporalio-{version}").glob("*.json")
        # Recorded by another generation of the greeting, which deprecates the patch.
        if path.stem != "greeting-deprecated"
    }
    modules = {f"{name}.py": source(name) for name in MODULES}
    return Project({**files, **modules, "pyproject.toml": settings(*MODULES)})


@pytest.mark.parametrize("version", VERSIONS)
def test_unchanged_code_does_not_drift_from_a_history_of_an_older_sdk(version: str) -> None:
    result = of_version(version).run_cli("replay", "histories")

    assert result.code == 0, result.stdout
    assert "9 histories" in result.stdout
    assert "9 clean, 0 drifted, 0 diverged, 0 inconclusive" in result.stdout


@pytest.mark.parametrize("version", VERSIONS)
def test_a_renamed_activity_diverges_from_a_history_of_an_older_sdk(version: str) -> None:
    renamed = changed(
        source("order"), "@activity.defn\nasync def reserve", '@activity.defn(name="hold")\nasync def reserve'
    )

    result = of_version(version).with_file("order.py", renamed).run_cli("replay", "histories", "--format", "json")

    [cluster] = result.report["clusters"]
    assert result.code == 1
    assert cluster["example"] == "histories/order-1.json"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_changed_timeout_drifts_from_a_history_of_an_older_sdk(version: str) -> None:
    slower = changed(source("order"), "SOON = timedelta(seconds=10)", "SOON = timedelta(seconds=20)")

    result = of_version(version).with_file("order.py", slower).run_cli("replay", "histories", "--format", "json")

    [cluster] = result.report["clusters"]
    assert result.code == 1
    assert cluster["headline"].endswith("activity charge #1, startToCloseTimeout")
