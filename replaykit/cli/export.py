"""`replaykit export`: histories from a Temporal server or from files become a corpus."""

import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from replaykit.adapters.corpus import shown
from replaykit.cli.codec_options import codec_options
from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.export_options import connection_of, export_options
from replaykit.cli.faces import run, width
from replaykit.cli.options import config_of_project, replay_options, with_options
from replaykit.cli.progress import Progress
from replaykit.config import Config
from replaykit.errors import ConfigInvalid, ReplaykitError
from replaykit.jobs.export import Exported, Finished, Measured, NotExported, Planned, Warned, export
from replaykit.jobs.ordered import Ordered
from replaykit.model.exports import Exports
from replaykit.report.exports import exported_line, exports_json, exports_lines
from replaykit.report.strata import strata_json, strata_lines
from replaykit.rules.since import since as point_in_time


@click.command(name="export")
@click.argument("workflow_ids", nargs=-1, metavar="[WORKFLOW_ID]...")
@export_options
@codec_options
@replay_options
def command(workflow_ids: tuple[str, ...], form: str, **options: Any) -> None:  # noqa: ANN401 - click's values
    """Export histories as files that replay, the Web UI and the SDK all read.

    WORKFLOW_ID... names runs; --query, --stratify and --from choose them otherwise. Without any of these it is
    --stratify: some runs of every kind.

    The server comes from the environment (TEMPORAL_ADDRESS, ...) and temporal.toml, as for the temporal CLI; options
    override it. Payloads are decoded through your codec, and secrets and personal data replaced by pseudonyms, before
    anything touches the disk; then each history is replayed, redacted and not, and written if both say the same.

    Exit codes: 0 all exported, 2 something could not be exported, 3 there was nothing to export.
    """
