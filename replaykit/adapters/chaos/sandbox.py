"""replaykit is passed through the sandbox: else a test module that imports it imports it anew for each run."""

from dataclasses import replace
from typing import Any

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

_OURS = "replaykit"


def passing_ours(runner: Any) -> Any:  # noqa: ANN401 - any runner of the team's
    """Return a runner that imports replaykit once; any but the SDK's own sandbox is returned as it is."""
    if type(runner) is not SandboxedWorkflowRunner:
        return runner
    return replace(runner, restrictions=runner.restrictions.with_passthrough_modules(_OURS))
