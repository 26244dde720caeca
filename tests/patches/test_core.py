"""What Core does with the histories of one version under the code of another is what the rules say of it."""

import asyncio
from collections.abc import Mapping

import pytest
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from replaykit.model.patches import Call, Change, Mark, PatchRun, PatchSite
from replaykit.rules.patch_changes import PatchChange
from replaykit.rules.patch_danger import danger_of
from tests.patches.code import code, left_waiting, workflow_of
from tests.recording import Server

PATCHED = (PatchSite("check-tone", Call.PATCHED, "Digest", "w.py", 1, "run"),)
DEPRECATED = (PatchSite("check-tone", Call.DEPRECATE, "Digest", "w.py", 1, "run"),)
MARKS = {
    "before": (),
    "patched": (Mark("check-tone", deprecated=False),),
    "deprecated": (Mark("check-tone", deprecated=True),),
}


@pytest.fixture(scope="module")
def histories(server: Server) -> Mapping[str, WorkflowHistory]:
    """One open history of each version that leaves a marker of its own, or none."""

    async def record(client: Client) -> dict[str, WorkflowHistory]:
        found = {}
        for version in MARKS:
            handle = await left_waiting(client, code(version, type_="CoreDigest"), "CoreDigest")
            found[version] = await handle.fetch_history()
            await handle.terminate()
        return found

    return server.run(record)


def replays(history: WorkflowHistory, text: str) -> bool:
    replayer = Replayer(workflows=[workflow_of(text)], workflow_runner=UnsandboxedWorkflowRunner())
    result = asyncio.run(replayer.replay_workflow(history, raise_on_replay_failure=False))
    return result.replay_failure is None


@pytest.mark.parametrize("recorded", MARKS)
@pytest.mark.parametrize(
    ("new", "patch", "kind", "change"),
    [
        ("patched", "check-tone", Change.KEPT, PatchChange("check-tone", "Digest", PATCHED, PATCHED)),
        ("deprecated", "check-tone", Change.DEPRECATED, PatchChange("check-tone", "Digest", PATCHED, DEPRECATED)),
        ("removed", "check-tone", Change.REMOVED, PatchChange("check-tone", "Digest", PATCHED, ())),
        ("patched", "check-tone", Change.RESTORED, PatchChange("check-tone", "Digest", DEPRECATED, PATCHED)),
        ("patched", "tone", Change.RENAMED, PatchChange("check-tone", "Digest", PATCHED, PATCHED, renamed_to="tone")),
        ("other", "check-tone", Change.REUSED, PatchChange("check-tone", "Digest", (), PATCHED)),
    ],
    ids=["kept", "deprecated", "removed", "restored", "renamed", "reused"],
)
def test_a_run_is_struck_as_core_says(
    histories: Mapping[str, WorkflowHistory], recorded: str, new: str, patch: str, kind: Change, change: PatchChange
) -> None:
    run = PatchRun("Digest", "digest-1", "run-1", 0.0, open=True, marks=MARKS[recorded])

    struck = danger_of(kind, change).strikes(run)

    assert replays(histories[recorded], code(new, type_="CoreDigest", patch=patch)) is not struck


@pytest.mark.parametrize("recorded", ["patched", "deprecated"])
@pytest.mark.parametrize(
    ("new", "patch", "change"),
    [
        ("removed", "check-tone", PatchChange("check-tone", "Digest", DEPRECATED, ())),
        ("deprecated", "tone", PatchChange("check-tone", "Digest", DEPRECATED, DEPRECATED, renamed_to="tone")),
    ],
    ids=["removed", "renamed"],
)
def test_after_deprecation_live_markers_alone_are_struck(
    histories: Mapping[str, WorkflowHistory], recorded: str, new: str, patch: str, change: PatchChange
) -> None:
    run = PatchRun("Digest", "digest-1", "run-1", 0.0, open=True, marks=MARKS[recorded])

    struck = danger_of(change.kind, change).strikes(run)

    assert struck is (recorded == "patched")
    assert replays(histories[recorded], code(new, type_="CoreDigest", patch=patch)) is not struck
